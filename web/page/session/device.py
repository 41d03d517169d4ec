"""The cookie by which identity knows a device, long after a session has ended.

Identity gives it at a login; what it means there is in its own `devices`.
"""

from datetime import timedelta

from flask import Response, request

from web.page.context import context

_COOKIE = "device"
_LIFETIME = timedelta(days=365)
_LONGEST = 200


def device_token() -> str:
    """Return the device's token, or an empty text."""
    return request.cookies.get(_name(), "")[:_LONGEST]


def set_device_cookie(response: Response, token: str) -> None:
    response.set_cookie(
        _name(),
        token,
        max_age=int(_LIFETIME.total_seconds()),
        secure=context().settings.is_secure,
        httponly=True,
        samesite="Lax",
    )


def _name() -> str:
    return context().settings.cookie_name(_COOKIE)
