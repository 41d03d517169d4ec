"""The token of forms, which looks different in every answer.

The length of a compressed page reveals repetition in it. An attacker who makes a
browser ask for pages and sees how long the answers are could guess a token that stays
the same (BREACH). So each answer has it under a mask of its own.
"""

import binascii
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

from flask import Flask, g
from flask_wtf.csrf import CSRFProtect, generate_csrf


class MaskedCSRFProtect(CSRFProtect):  # type: ignore[misc]
    def init_app(self, app: Flask) -> None:
        super().init_app(app)
        app.add_template_global(masked_token, "csrf_token")
        app.context_processor(lambda: {"csrf_token": masked_token})

    def _get_csrf_token(self) -> str | None:
        return unmask(super()._get_csrf_token() or "")


def masked_token() -> str:
    """The session's token, the same within one answer."""
    if "masked_csrf_token" not in g:
        g.masked_csrf_token = mask(generate_csrf())
    token: str = g.masked_csrf_token
    return token


def mask(token: str) -> str:
    plain = token.encode()
    key = secrets.token_bytes(len(plain))
    return urlsafe_b64encode(key + _xor(plain, key)).decode()


def unmask(text: str) -> str | None:
    """The token under the mask; None where there can't be one."""
    try:
        both = urlsafe_b64decode(text.encode())
        half = len(both) // 2
        return _xor(both[half:], both[:half]).decode()
    except (binascii.Error, ValueError):
        return None


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
