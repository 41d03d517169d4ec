"""What keeps a browser safe with us: headers, hosts, cookies, forms."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from shared.settings import LOOPBACK_HOSTS
from web.settings import WebSettings
from web.site.csrf import MaskedCSRFProtect

MAX_FORM_BYTES = 256 * 1024

_CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' {logo}; object-src 'none'; "
    "base-uri 'none'; form-action 'self' {payment_pages}; frame-ancestors 'none'"
)

# A browser shows a PDF by markup of its own, with styles and an object in it, which the
# pages' policy would apply to; there is nothing of ours in it to be kept in.
_PDF_POLICY = "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

# A mail's page in development: as in a mail program, it may load nothing but pictures.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src * data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_YEAR_S = 365 * 24 * 3600

_Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

csrf = MaskedCSRFProtect()


@dataclass(frozen=True)
class ForeignSources:
    """Origins, by spaces, that a page may load scripts and frames from or ask."""

    scripts: str
    frames: str
    connections: str

    @property
    def directives(self) -> str:
        return (
            f"script-src 'self' {self.scripts}; frame-src {self.frames}; "
            f"connect-src 'self' {self.connections}"
        )


class _OwnSessions(SecureCookieSessionInterface):
    """Doesn't begin a session in the answer to a form that another site sent.

    The browser sends no cookies with such a form, but it would keep the new one, and
    so its customer would be logged out.
    """

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        return super().should_set_cookie(app, session) and not _is_sent_elsewhere()


def show_mail() -> None:
    """Let the answer of this request be a mail's page, which has styles of its own."""
    g.is_mail = True


def widen_policy(sources: ForeignSources) -> None:
    """Let the page that this request is answered with use sources of others, too."""
    g.foreign_sources = sources


def protect(app: Flask, settings: WebSettings, secret: bytes) -> None:
    """Set up cookies, hosts, CSRF protection and the headers of every answer."""
    app.config.update(
        SECRET_KEY=secret,
        SESSION_COOKIE_NAME=settings.cookie_name("session"),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.is_secure,
        MAX_CONTENT_LENGTH=MAX_FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_FORM_BYTES,
        WTF_CSRF_TIME_LIMIT=None,  # a form lives as long as its session
        TRUSTED_HOSTS=_hosts(settings),
    )
    app.session_interface = _OwnSessions()
    csrf.init_app(app)
    app.wsgi_app = _with_lower_host(app.wsgi_app)  # type: ignore[method-assign,assignment]
    common = headers_of_every_answer(settings)
    policy = common["Content-Security-Policy"]

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        foreign: ForeignSources | None = g.pop("foreign_sources", None)
        wider = f"; {foreign.directives}" if foreign else ""
        headers.update(common)
        headers["Content-Security-Policy"] = policy + wider
        if response.mimetype == "application/pdf":
            headers["Content-Security-Policy"] = _PDF_POLICY
        elif g.pop("is_mail", False):
            headers["Content-Security-Policy"] = _MAIL_POLICY
        if not request.path.startswith(("/static/", "/theme.css")):
            headers["Cache-Control"] = "no-store"
        return response


def headers_of_every_answer(settings: WebSettings) -> dict[str, str]:
    headers = {
        "Content-Security-Policy": _CONTENT_SECURITY_POLICY.format(
            logo=settings.provider.logo_origin,
            # A browser follows a form's redirect only to where the form may go.
            payment_pages=settings.sandbox_url,
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
    if settings.is_secure:
        below = "; includeSubDomains" if settings.hsts_subdomains else ""
        headers["Strict-Transport-Security"] = f"max-age={_YEAR_S}{below}"
    return headers


def _is_sent_elsewhere() -> bool:
    """Return whether a form is from another site, as its browser says.

    Old browsers only name the origin.
    """
    if request.method in {"GET", "HEAD"}:
        return False
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "cross-site"
    origin = request.headers.get("Origin")
    return origin is not None and not _is_our_host(origin)


def _is_our_host(origin: str) -> bool:
    """Compare hosts without their ports, which proxies change.

    An origin that is ``null`` or malformed has no host.
    """
    try:
        host = urlsplit(origin).hostname
    except ValueError:
        return False
    return host is not None and host == urlsplit(f"//{request.host}").hostname


def _with_lower_host(app: _Application) -> _Application:
    """Names of hosts are the same in small letters and in capitals."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["HTTP_HOST"] = environ.get("HTTP_HOST", "").lower()
        return app(environ, start_response)

    return answer


def _hosts(settings: WebSettings) -> list[str]:
    if settings.is_loopback:
        return [host for host in sorted(LOOPBACK_HOSTS) if ":" not in host]
    return [settings.hostname]
