"""Read frames whose text can't be decoded.

RabbitMQ passes on properties and routing keys without looking at them. Where they can't
be decoded, py-amqp ends the connection; the message comes again and ends the next one.
Here such a message arrives without its properties, to be put aside like any other that
makes no sense.

py-amqp takes `tolerant_frame_handler` as its connection's parameter ``frame_handler``;
nothing of it is replaced. A later place would not work: outside, the error leaves the
connection in the middle of a message.
"""

import struct
from collections.abc import Callable
from typing import Any

from amqp import spec
from amqp.exceptions import FrameSyntaxError
from amqp.method_framing import frame_handler

_METHOD, _HEADER = 1, 2
_PROPERTIES_AT = 12
_NO_PROPERTIES = b"\0\0"
_UNREADABLE = (
    ArithmeticError,
    LookupError,
    OSError,
    ValueError,
    struct.error,
    FrameSyntaxError,
)

Frame = tuple[int, int, bytes]


def tolerant_frame_handler(
    connection: Any, callback: Callable[..., None], **options: Any
) -> Callable[[Frame], bool]:
    """Return the frame handler that replaces py-amqp's."""
    handle: Callable[[Frame], bool] = frame_handler(connection, callback, **options)

    def on_frame(frame: Frame) -> bool:
        frame_type, channel, payload = frame
        if frame_type == _METHOD:
            return handle((frame_type, channel, _with_ascii_key(payload)))
        if frame_type != _HEADER:
            return handle(frame)
        try:
            return handle(frame)
        except _UNREADABLE:
            bare = payload[:_PROPERTIES_AT] + _NO_PROPERTIES
            return handle((frame_type, channel, bare))

    return on_frame


def _with_ascii_key(payload: bytes) -> bytes:
    """Replace non-ASCII characters in a delivery's routing key, its last field."""
    if struct.unpack_from(">HH", payload) != spec.Basic.Deliver or payload.isascii():
        return payload
    at = 4
    at += 1 + payload[at]  # the consumer tag
    at += 8 + 1  # the delivery tag, and whether it comes again
    at += 1 + payload[at]  # the exchange
    key = payload[at + 1 :]
    return payload[: at + 1] + bytes(byte if byte < 128 else 63 for byte in key)  # noqa: PLR2004
