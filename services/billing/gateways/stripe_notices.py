"""Stripe's notices: who signed them, and which thing they are about."""

from collections.abc import Mapping
from typing import Any

import msgspec
from stripe import SignatureVerificationError, WebhookSignature

from shared.errors import InvalidInput, Unauthenticated
from shared.wire import describe_error

TOLERANCE_S = 300
"""A notice signed longer ago is refused."""

SIGNATURE_HEADER = "stripe-signature"


class Subject(msgspec.Struct, frozen=True):
    """What a notice is about; those of other kinds than ours may have anything here."""

    object: Any = None
    id: Any = None


class _Data(msgspec.Struct, frozen=True):
    object: Subject


class _Notice(msgspec.Struct, frozen=True):
    data: _Data


def read_subject(headers: Mapping[str, str], body: str, secret: str) -> Subject:
    """Verify a notice and return what it is about.

    Raises:
        Unauthenticated: ``notice_forged``.
        InvalidInput: ``malformed_message``.
    """
    signature = headers.get(SIGNATURE_HEADER, "")
    if not signature.isascii():
        # The SDK's comparison can't take it, and would raise a TypeError.
        raise Unauthenticated("notice_forged")
    try:
        # By the wall clock and not by ours: it is Stripe's time that it compares.
        WebhookSignature.verify_header(body, signature, secret, TOLERANCE_S)
        return msgspec.json.decode(body, type=_Notice).data.object
    except SignatureVerificationError as error:
        raise Unauthenticated("notice_forged") from error
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InvalidInput("malformed_message", describe_error(error)) from error
