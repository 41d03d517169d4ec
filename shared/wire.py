"""Convert between typed messages and JSON values.

Decimals, UUIDs and times are strings on the wire; money is an object of two strings.
"""

import re
from typing import Any, TypeVar

import msgspec

from shared.errors import InvalidInput
from shared.money import Money, decode_money, encode_money

Message = TypeVar("Message")

_PLACE = re.compile(r" - at `\$[^`]*`$")

_decoders: dict[type[Any], msgspec.json.Decoder[Any]] = {}


def to_wire(message: Any) -> Any:
    """Convert a message to JSON values."""
    return msgspec.to_builtins(message, enc_hook=_encode)


def from_wire(data: Any, message_type: type[Message]) -> Message:
    """Rebuild a message from JSON values.

    Raises:
        InvalidInput: ``malformed_message``; the detail names the field and what is
            wrong with it, never the value.
    """
    try:
        return msgspec.convert(data, message_type, dec_hook=_decode)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        # The latter is half a surrogate pair where a UUID or a time should be.
        raise InvalidInput("malformed_message", describe_error(error)) from error


def describe_error(error: Exception) -> str:
    """Describe what is wrong in a message and where, without the value."""
    text = str(error)
    if "'" not in text and '"' not in text:
        return text
    place = _PLACE.search(text)
    return f"Invalid value{place[0] if place else ''}"


def to_json(message: Any) -> bytes:
    return msgspec.json.encode(message, enc_hook=_encode)


def json_decoder(message_type: type[Any]) -> msgspec.json.Decoder[Any]:
    """Return a message type's decoder, cached because creating it is slow."""
    decoder = _decoders.get(message_type)
    if decoder is None:
        decoder = msgspec.json.Decoder(message_type, dec_hook=_decode)
        _decoders[message_type] = decoder
    return decoder


def _encode(value: Any) -> Any:
    if isinstance(value, Money):
        return encode_money(value)
    raise NotImplementedError(f"{type(value).__name__} has no place in a message")


def _decode(wanted: type[Any], value: Any) -> Any:
    if wanted is Money:
        return decode_money(value)
    raise NotImplementedError(f"{wanted.__name__} has no place in a message")
