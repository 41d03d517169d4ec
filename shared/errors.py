"""Refusals that services and their callers share.

    ContractError
    ├── InvalidInput      422  the request breaks a documented limit; mend and resend
    ├── Unauthenticated   401  no valid principal; sign in again
    ├── Forbidden         403  the principal lacks the permission
    ├── NotFound          404  nothing there for this company (or at all)
    ├── Conflict          409  the request does not fit the present state
    ├── Throttled         429  too many attempts; wait as the parameters say
    └── Unavailable       503  no answer in time; the only one to retry

A refusal is a code for machines, a detail for logs and parameters for the sentence
that the web front end says to people. On the wire it is three strings, because nameko
turns the arguments of an exception into strings. A bug is not one of these.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec


class ContractError(Exception):
    """A refusal that the caller must handle; rebuilt there from three strings."""

    http_status: ClassVar[int] = 500

    def __init__(
        self,
        code: str,
        detail: str = "",
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        self.code = code
        self.detail = detail
        self.parameters = dict(parameters or {})
        super().__init__(code, detail, msgspec.json.encode(self.parameters).decode())


class InvalidInput(ContractError):
    """The request breaks a documented limit; repeating it cannot help."""

    http_status = 422


class Unauthenticated(ContractError):
    """The principal is missing, expired, forged or revoked."""

    http_status = 401


class Forbidden(ContractError):
    """The principal is genuine but lacks the permission."""

    http_status = 403


class NotFound(ContractError):
    """Not found for this company, whether it exists elsewhere or not."""

    http_status = 404


class Conflict(ContractError):
    """The request is not possible in the current state."""

    http_status = 409


class Throttled(ContractError):
    """Too many attempts; wait ``parameters["retry_after_s"]`` seconds."""

    http_status = 429


class Unavailable(ContractError):
    """No answer in time; the call may have taken effect."""

    http_status = 503


REFUSALS: Mapping[str, type[ContractError]] = {
    refusal.__name__: refusal
    for refusal in (
        InvalidInput,
        Unauthenticated,
        Forbidden,
        NotFound,
        Conflict,
        Throttled,
        Unavailable,
    )
}


_parameters = msgspec.json.Decoder(dict[str, Any])


class RemoteFault(Exception):
    """The service failed in a way its contract doesn't name: a bug there."""


def rebuild(exc_type: str, exc_args: list[str]) -> Exception:
    """Rebuild the exception that a reply carries.

    ``exc_args`` is ``[code, detail, parameters as JSON text]`` for a refusal. Anything
    else becomes `RemoteFault`, whose text is for logs only.
    """
    refusal = REFUSALS.get(exc_type)
    fault = RemoteFault(f"{exc_type}: {exc_args}")
    match exc_args:
        case [code, detail, parameters] if refusal is not None:
            try:
                return refusal(code, detail, _parameters.decode(parameters))
            except msgspec.MsgspecError:
                return fault
        case _:
            return fault
