"""The sandbox: a stand-in for a hosted payment page, spoken to over HTTP.

It is what the demo and QA pay with, and refused on a public address. Its other side is
`launcher.sandbox`. Notices are signed with HMAC-SHA256 over ``<time>.<body>``.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import msgspec
import requests

from services.billing.gateways.gateway import (
    Checkout,
    Gateway,
    Order,
    Outcome,
    Repayment,
    RepaymentRefusedError,
    Report,
    unreachable,
)
from shared.contracts.billing.payments import MAX_TEXT_LENGTH, GatewayName
from shared.contracts.billing.top_ups import NextStep
from shared.contracts.notes import Note, NoteCode, card_note
from shared.errors import InvalidInput, Unauthenticated
from shared.money import (
    Money,
    decode_money,
    encode_money,
    fits_ledger,
    round_to_minor_unit,
)
from shared.text import clean_line
from shared.wire import describe_error

Message = TypeVar("Message")

TIMEOUT_S = 5
TOLERANCE_S = 300
"""How old a notice may be: one that was overheard can't be sent again for ever."""
SIGNATURE_HEADER = "sandbox-signature"
_CONFLICT = 409


class _Transaction(msgspec.Struct, frozen=True):
    id: str
    order_id: UUID
    outcome: Outcome
    amount: dict[str, str]
    card_brand: str = ""
    card_last4: str = ""
    failure: str | None = None
    card_country: str = ""

    def report(self) -> Report:
        """What it says, if that can be kept.

        Raises:
            InvalidInput: ``malformed_message``.
        """
        failure = self.failure
        return Report(
            payment_id=self.order_id,
            transaction=_line(self.id, required=True),
            outcome=self.outcome,
            amount=_money(self.amount),
            paid_with=self._paid_with(),
            failure=None if failure is None else _line(failure),
            payer_country=_line(self.card_country),
        )

    def _paid_with(self) -> Note:
        brand, last4 = _line(self.card_brand), _line(self.card_last4)
        return card_note(brand, last4) if last4 else Note(code=NoteCode.TEST_PAYMENT)


class _Checkout(msgspec.Struct, frozen=True):
    id: str
    url: str
    transactions: list[_Transaction]


@dataclass(frozen=True)
class SandboxGateway(Gateway):
    """``url`` is the sandbox's, ``secret`` what both sides know."""

    url: str
    secret: str
    notify_url: str
    name: ClassVar[GatewayName] = GatewayName.SANDBOX
    next_step: ClassVar[NextStep] = NextStep.REDIRECT

    def open_checkout(self, order: Order) -> Checkout:
        answer = self._ask(
            "POST",
            "/checkouts",
            {
                "order_id": str(order.payment_id),
                "reference": order.reference,
                "amount": encode_money(order.amount),
                "return_url": order.return_url,
                "notify_url": self.notify_url,
            },
        )
        checkout = _read(answer, _Checkout)
        return Checkout(checkout.id, checkout.url)

    def ask(self, checkout: str) -> Sequence[Report]:
        answer = _read(self._ask("GET", f"/checkouts/{checkout}"), _Checkout)
        return [each.report() for each in answer.transactions]

    def close_checkout(self, checkout: str) -> bool:  # noqa: ARG002
        """Its page stays open: QA shall be able to pay what has ended."""
        return False

    def read_notice(self, headers: Mapping[str, str], body: str) -> Sequence[Report]:
        signed_at, _, signature = headers.get(SIGNATURE_HEADER, "").partition(".")
        expected = sign(self.secret, signed_at, body).encode()
        if not hmac.compare_digest(expected, signature.encode(errors="replace")):
            raise Unauthenticated("notice_forged")
        if not _is_recent(signed_at):
            raise Unauthenticated("notice_forged", "signed at another time")
        return [_read(body.encode(), _Transaction).report()]

    def repay(self, repayment: Repayment) -> bool:
        body = {
            "id": str(repayment.refund_id),
            "transaction": repayment.transaction,
            "amount": encode_money(repayment.amount),
        }
        answer = self._send("POST", "/refunds", body)
        if answer.status_code == _CONFLICT:
            raise RepaymentRefusedError("refused")
        _require_done(answer)
        return True

    def _ask(self, method: str, path: str, body: Any = None) -> bytes:
        answer = self._send(method, path, body)
        _require_done(answer)
        return answer.content

    def _send(self, method: str, path: str, body: Any) -> requests.Response:
        try:
            return requests.request(
                method,
                self.url + path,
                json=body,
                headers={"Authorization": f"Bearer {self.secret}"},
                timeout=TIMEOUT_S,
            )
        except requests.RequestException as error:
            raise unreachable(type(error).__name__) from error


def sign(secret: str, signed_at: str, body: str) -> str:
    """The signature of a notice, at seconds since the epoch, as text."""
    message = f"{signed_at}.{body}".encode()
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def _require_done(answer: requests.Response) -> None:
    if not answer.ok:
        raise unreachable(f"HTTP {answer.status_code}")


def _is_recent(signed_at: str) -> bool:
    """By the machine's own clock, as the sandbox signs by that one."""
    if not (signed_at.isascii() and signed_at.isdecimal()):
        return False
    return abs(time.time() - int(signed_at[:15])) <= TOLERANCE_S


def _line(text: str, *, required: bool = False) -> str:
    return clean_line(
        text, MAX_TEXT_LENGTH, code="malformed_message", required=required
    )


def _money(amount: dict[str, str]) -> Money:
    try:
        money = decode_money(amount)
    except ValueError as error:
        raise InvalidInput("malformed_message", str(error)) from error
    if not (money.amount > 0 and fits_ledger(money)):
        raise InvalidInput("malformed_message", "nobody can pay this amount")
    if money != round_to_minor_unit(money):
        raise InvalidInput("malformed_message", "finer than what can be paid")
    return money


def _read(body: bytes, kind: type[Message]) -> Message:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InvalidInput("malformed_message", describe_error(error)) from error
