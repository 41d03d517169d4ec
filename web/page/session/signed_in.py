"""Flask-Login's side: a signed-in person holds a session token from identity."""

from collections.abc import Callable
from typing import TypeVar, cast

from flask import Response, flash, redirect, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_login import (
    LoginManager,
    UserMixin,
    login_required,
    login_user,
    logout_user,
)

from shared.contracts import identity
from shared.contracts.identity.renewed_session import RenewedSession
from web.page.addresses import return_address
from web.page.htmx import make_response, request
from web.page.session.device import set_device_cookie
from web.page.visit import Visit, forget_principal, set_principal_cookie

login_manager = LoginManager()
login_manager.session_protection = None  # identity decides whether a session lives


View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


def signed_in(view: View) -> View:
    """Show this view to signed-in people only; others are asked to sign in."""
    return cast("View", login_required(view))


class SignedIn(UserMixin):  # type: ignore[misc]
    """Holds the opaque session token; who it is, identity says at each visit."""

    def __init__(self, token: str) -> None:
        self.id = token


@login_manager.user_loader  # type: ignore[untyped-decorator]
def _load(token: str) -> SignedIn:
    return SignedIn(token)


@login_manager.unauthorized_handler  # type: ignore[untyped-decorator]
def ask_to_sign_in() -> Response:
    """Send a page to the login, and back afterwards; htmx leaves the page for it."""
    after = return_address()
    login = url_for("auth.log_in", next=None if after == "/" else after)
    if request.htmx:
        return make_response("", 401, redirect=login)
    return cast("Response", redirect(login, code=303))


def sign_in(session: identity.signing_in.Session, response: Response) -> None:
    """Begin a fresh cookie session: nothing of the one before is kept."""
    cookie.clear()
    login_user(SignedIn(session.token))
    set_principal_cookie(response, session.principal)
    set_device_cookie(response, session.device)


def renew_session(session: identity.signing_in.Session, response: Response) -> None:
    """Hold the session's new token after a proof; forms that are open stay good."""
    login_user(SignedIn(session.token))
    set_principal_cookie(response, session.principal)


def renew_own_session(visit: Visit, session: RenewedSession) -> None:
    """Hold the new token that a change of what protects the account has brought."""
    visit.renew(session)
    login_user(SignedIn(session.token))


def sign_out(
    message: str, kind: str = "message", *, comes_back: bool = True
) -> Response:
    """Forget both cookies and show the login with a message of this kind.

    ``comes_back``: the login leads back to the page that was open.
    """
    logout_user()
    cookie.clear()
    flash(message, kind)
    response: Response = (
        ask_to_sign_in()
        if comes_back
        else cast("Response", redirect(url_for("auth.log_in"), code=303))
    )
    forget_principal(response)
    return response
