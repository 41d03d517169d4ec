"""VIES, the Commission's register of VAT IDs, by its REST interface.

A question is ``POST {url}/check-vat-number``. An answer that could not be had comes in
several shapes: as ``errorWrappers``, as ``userError`` beside a ``valid`` that is false
and means nothing, as an HTTP status, or not at all. Only a ``valid`` without any of
these is an answer.
"""

from dataclasses import dataclass
from typing import Protocol

import msgspec
import requests
from urllib3.exceptions import HTTPError

CONNECT_TIMEOUT_S = 3.0
READ_TIMEOUT_S = 10.0
MAX_ANSWER_BYTES = 100_000

_ANSWERED = frozenset({"", "VALID", "INVALID"})
_QUESTION_REFUSED = frozenset({"INVALID_INPUT"})
_REQUESTER_REFUSED = frozenset({"INVALID_REQUESTER_INFO", "VAT_BLOCKED"})
_ADDRESS_REFUSED = frozenset({"IP_BLOCKED"})
_OK = 200
_TOO_MANY = 429
_SERVER_FAULT = 500


class NoAnswerError(Exception):
    """The register said neither yes nor no; ``code`` says why. Ask again soon."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class QuestionRefusedError(NoAnswerError):
    """It won't answer this: asking again soon does not help, an operator may."""


class RequesterRefusedError(QuestionRefusedError):
    """Nor anything else that is asked in the name of this seller's VAT ID."""


class AddressRefusedError(QuestionRefusedError):
    """Nor anything else, whoever asks from here."""


@dataclass(frozen=True)
class Answer:
    """``name`` and ``address`` are empty where the member state discloses none."""

    is_valid: bool
    name: str = ""
    address: str = ""
    proof: str = ""


class Register(Protocol):
    def ask(self, vat_id: str, requester: str) -> Answer:
        """Whether a VAT ID (with its prefix) is valid, and whose it is.

        ``requester`` is the seller's own: with it, there is a proof.

        Raises:
            NoAnswerError: ask again later.
            QuestionRefusedError: there will be no answer to this; or, if a
                RequesterRefusedError, to nothing that this one asks; or, if an
                AddressRefusedError, to nothing.
        """
        ...


class NoRegister:
    """Stands where no register is configured."""

    def ask(self, vat_id: str, requester: str) -> Answer:  # noqa: ARG002
        raise QuestionRefusedError("not_configured")


class _Fault(msgspec.Struct):
    error: str = ""


class _Reply(msgspec.Struct, rename="camel"):
    valid: bool | None = None
    user_error: str = ""
    name: str | None = None
    address: str | None = None
    request_identifier: str | None = None
    error_wrappers: list[_Fault] = []


@dataclass(frozen=True)
class Vies:
    url: str
    connect_timeout_s: float = CONNECT_TIMEOUT_S
    read_timeout_s: float = READ_TIMEOUT_S

    def ask(self, vat_id: str, requester: str) -> Answer:
        reply = self._decode(self._post(vat_id, requester))
        codes = [fault.error for fault in reply.error_wrappers] + [reply.user_error]
        for code in codes:
            if code not in _ANSWERED:
                raise _no_answer(code)
        if reply.valid is None:
            raise NoAnswerError("malformed_answer")
        return Answer(
            is_valid=reply.valid,
            name=_disclosed(reply.name),
            address=_disclosed(reply.address),
            proof=(reply.request_identifier or "").strip(),
        )

    def _post(self, vat_id: str, requester: str) -> bytes:
        question = {
            "countryCode": vat_id[:2],
            "vatNumber": vat_id[2:],
            "requesterMemberStateCode": requester[:2],
            "requesterNumber": requester[2:],
        }
        try:
            with requests.post(
                f"{self.url.rstrip('/')}/check-vat-number",
                json=question,
                timeout=(self.connect_timeout_s, self.read_timeout_s),
                allow_redirects=False,
                stream=True,
            ) as response:
                body: bytes = response.raw.read(MAX_ANSWER_BYTES, decode_content=True)
        except requests.Timeout as error:
            raise NoAnswerError("timeout") from error
        except (requests.RequestException, OSError, HTTPError) as error:
            raise NoAnswerError("unreachable") from error
        if response.status_code != _OK:
            raise _by_status(response.status_code, body)
        return body

    def _decode(self, body: bytes) -> _Reply:
        try:
            return msgspec.json.decode(body, type=_Reply)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise NoAnswerError("malformed_answer") from error


def _by_status(status: int, body: bytes) -> NoAnswerError:
    """What an HTTP failure means; VIES may still say a code in its body."""
    try:
        faults = msgspec.json.decode(body, type=_Reply).error_wrappers
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        faults = []
    if faults and faults[0].error:
        return _no_answer(faults[0].error)
    may_help = status == _TOO_MANY or status >= _SERVER_FAULT
    return (NoAnswerError if may_help else QuestionRefusedError)(f"http_{status}")


def _no_answer(code: str) -> NoAnswerError:
    kind = NoAnswerError
    if code in _ADDRESS_REFUSED:
        kind = AddressRefusedError
    elif code in _REQUESTER_REFUSED:
        kind = RequesterRefusedError
    elif code in _QUESTION_REFUSED:
        kind = QuestionRefusedError
    return kind(code.lower()[:60])


def _disclosed(text: str | None) -> str:
    """Some member states say ``---`` instead of a name."""
    plain = " ".join((text or "").split())
    return "" if set(plain) <= {"-", " "} else plain
