"""Encode and decode calls and replies as nameko's plain JSON.

    call   {"args": [], "kwargs": {…}}      to exchange calls, key service.method
    reply  {"result": …, "error": null}     to exchange calls, key reply_to
    error  {"exc_type": …, "exc_path": …, "exc_args": […], "value": …}

For a refusal ``exc_args`` is ``[code, detail, parameters as JSON text]``. Both sides of
the wire are written here, so that they can't drift apart.
"""

import re
from typing import Any

import msgspec

from shared.errors import ContractError, InvalidInput, RemoteFault, rebuild
from shared.wire import describe_error, json_decoder, to_json

RPC_EXCHANGE = "calls"
"""Ours alone. Nameko's own clients declare their exchange, ``nameko-rpc``, which takes
the right to delete it: the set-up connects that one with this."""
DEAD, JUNK = "dead", "junk"
"""The keys for what a service could not handle, and for what nobody genuine has sent;
on `dead_letter_exchange`."""
CONTENT_TYPE = "application/json"
CONTENT_ENCODING = "utf-8"
HEADER_PREFIX = "nameko."

SENT_AT = "nameko.sent_at"
"""A reply's header: when it was sent by its sender's clock, in seconds of the epoch."""

UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
REPLY_KEY = rf"(reply\.[A-Za-z0-9_-]+\.)?{UUID}"
"""The keys that a service may publish replies to: ours begin with the account's name,
those of nameko's own clients are bare. The broker refuses any other by closing the
channel, and everything on it would come again, and again."""

_reply_key = re.compile(REPLY_KEY)

MAX_CALL_BYTES = 1024 * 1024
"""Larger calls are refused unread: reading them would hold up all others."""


class _Call(msgspec.Struct, frozen=True):
    args: list[Any]
    kwargs: dict[str, Any]


class _Error(msgspec.Struct, frozen=True):
    exc_type: str
    exc_path: str
    exc_args: list[str]
    value: str


class _Reply(msgspec.Struct, frozen=True):
    result: msgspec.Raw
    error: _Error | None = None


_call_decoder = msgspec.json.Decoder(_Call)
_reply_decoder = msgspec.json.Decoder(_Reply)


def event_exchange(service: str) -> str:
    return f"{service}.events"


def dead_letter_exchange(service: str) -> str:
    """Name a service's own exchange: the broker doesn't check keys of copies (CC)."""
    return f"{service}.dead-letters"


def is_reply_key(reply_to: object) -> bool:
    return isinstance(reply_to, str) and _reply_key.fullmatch(reply_to) is not None


def encode_call(request: Any) -> bytes:
    """Encode a call.

    Raises:
        InvalidInput: ``malformed_message``; a text holds half a surrogate pair.
    """
    try:
        return b'{"args":[],"kwargs":' + to_json(request) + b"}"
    except UnicodeEncodeError as error:
        raise InvalidInput("malformed_message", error.reason) from error


def decode_call(body: bytes) -> dict[str, Any]:
    """Decode the arguments of a call.

    Raises:
        InvalidInput: ``malformed_message``.
    """
    if len(body) > MAX_CALL_BYTES:
        raise InvalidInput("malformed_message", f"more than {MAX_CALL_BYTES} bytes")
    try:
        call = _call_decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InvalidInput("malformed_message", describe_error(error)) from error
    if call.args:
        raise InvalidInput("malformed_message", "arguments are keywords")
    return call.kwargs


def encode_result(result: Any) -> bytes:
    """Encode a reply.

    Raises:
        TypeError, ValueError, RecursionError: JSON can't hold the result.
    """
    return b'{"result":' + msgspec.json.encode(result) + b',"error":null}'


def encode_error(error: ContractError | RemoteFault) -> bytes:
    exc_type = type(error).__name__
    wire = _Error(
        exc_type=exc_type,
        exc_path=f"shared.errors.{exc_type}",
        exc_args=[str(part) for part in error.args],
        value=str(error.args[0]) if error.args else "",
    )
    return b'{"result":null,"error":' + msgspec.json.encode(wire) + b"}"


def decode_reply(body: bytes, response_type: type[Any]) -> Any:
    """Decode a reply.

    Raises:
        ContractError: the service refused.
        RemoteFault: the service failed, or its answer breaks the contract.
    """
    try:
        reply = _reply_decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise RemoteFault(f"malformed reply: {error}") from error
    if reply.error is not None:
        raise rebuild(reply.error.exc_type, reply.error.exc_args)
    try:
        return json_decoder(response_type).decode(reply.result)
    except msgspec.MsgspecError as error:
        raise RemoteFault(f"malformed result: {describe_error(error)}") from error
