"""Log in, log out, switch company."""

from collections.abc import Mapping

import structlog
from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from flask_login import current_user
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import EmailInput

from shared.contracts import identity
from shared.errors import (
    InvalidInput,
    NotFound,
    RemoteFault,
    Throttled,
    Unauthenticated,
    Unavailable,
)
from shared.rpc.readiness import find_missing
from web.auth import resets
from web.auth.entering import enter, next_page, user_agent
from web.auth.second_step import ask_for_second_step
from web.auth.turns import TURNS
from web.language.refusals import retry_after
from web.page.addresses import form_on
from web.page.context import call_public, context
from web.page.errors import error_page
from web.page.forms import PageForm
from web.page.session.device import device_token
from web.page.session.signed_in import sign_out, signed_in
from web.page.values import read_uuid
from web.page.visit import Visit, set_principal_cookie

bp = Blueprint("auth", __name__)
resets.register(bp)
log = structlog.get_logger()

FAULT = lazy_gettext(
    "Something went wrong on our side, so you are not logged in. Try again."
)
_NOT_SWITCHED = lazy_gettext(
    "The login service did not answer in time, so you may not have switched company. "
    "The top of each page shows the company you are in."
)


class LogInForm(PageForm):
    """``link`` is the token of a login link.

    ``offers_link``: too many attempts were wrong, and such a link helps.
    """

    email = StringField(
        lazy_gettext("Email"),
        [InputRequired(lazy_gettext("Enter your email address.")), Length(max=254)],
        widget=EmailInput(),
        # Where the browser offers passkeys as well.
        render_kw={"autocomplete": "username webauthn"},
    )
    password = PasswordField(
        lazy_gettext("Password"),
        [InputRequired(lazy_gettext("Enter your password.")), Length(max=1000)],
        render_kw={"autocomplete": "current-password"},
    )
    link = HiddenField()
    offers_link = False


class SwitchForm(PageForm):
    """Its buttons are the companies; the pages with menus show it themselves."""

    company = StringField()
    next = HiddenField()


@bp.get("/login")
def log_in() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(next_page(request.args.get("next")))
    if find_missing(context().client, [identity.CONTRACT], g.request_id):
        form = LogInForm()
        form.status = 503
        return show_log_in(form, is_open=False)
    return show_log_in(LogInForm())


def _log_in_again() -> ResponseReturnValue:
    """The form with the email, after it has expired."""
    return show_log_in(LogInForm.expired())


@bp.post("/login")
@form_on("auth.log_in", again=_log_in_again, needs_sign_in=False)
def submit_log_in() -> ResponseReturnValue:
    form = LogInForm()
    if not form.validate():
        form.status = 422
        return show_log_in(form)
    try:
        logged_in = _call_log_in(
            form.email.data or "", form.password.data or "", form.link.data or ""
        )
    except (
        Unauthenticated,
        InvalidInput,
        NotFound,
        Throttled,
        Unavailable,
    ) as refusal:
        form.refuse(refusal)
        form.offers_link = isinstance(refusal, Throttled)
        return *show_log_in(form), retry_after(refusal)
    except RemoteFault:
        log.exception("remote_fault", path=request.path)
        form.form_errors.append(FAULT)
        form.status = 500
        return show_log_in(form)
    return _lead_on(logged_in)


@bp.post("/logout")
@form_on("auth.ask_to_log_out")
@signed_in
def log_out() -> ResponseReturnValue:
    """End the session at identity; without identity, at least forget it here."""
    token = current_user.get_id()
    principal = Visit(token).known_principal
    if principal is not None:
        # The event comes to all processes, but a moment later.
        context().changes.end_session(principal.session_id)
    arguments = identity.signing_in.LogOut(token=token)
    try:
        call_public(identity.signing_in.LOG_OUT, arguments)
    except (Unavailable, RemoteFault):
        return sign_out(
            gettext(
                "You are logged out on this device. We could not reach the "
                "login service, so your session ends when it expires."
            )
        )
    return sign_out(gettext("You are logged out."))


@bp.get("/logout")
def ask_to_log_out() -> ResponseReturnValue:
    """Logging out takes a button: a link must not be able to do it."""
    if not current_user.is_authenticated:
        return redirect(url_for("auth.log_in"))
    return render_template("auth/logout.html", form=PageForm())


@bp.post("/companies/switch")
@form_on("dashboard.dashboard")
@signed_in
def switch_company() -> ResponseReturnValue:
    form = SwitchForm()
    arguments = identity.signing_in.SwitchCompany(
        token=current_user.get_id(), company_id=read_uuid(form.company.data)
    )
    try:
        session = call_public(identity.signing_in.SWITCH_COMPANY, arguments)
    except Unavailable as outage:
        return error_page(
            outage.http_status, _NOT_SWITCHED, lazy_gettext("Not switched")
        )
    target = next_page(form.next.data)
    response = current_app.make_response(redirect(target, code=303))
    set_principal_cookie(response, session.principal)
    return response


def show_log_in(
    form: LogInForm,
    *,
    is_open: bool = True,
    offers_passkeys: bool = True,
    signals: Mapping[str, object] | None = None,
) -> tuple[str, int]:
    """Show the page; ``signals`` are for the browser's password manager.

    ``offers_passkeys``: the browser does, before anybody asks for one.
    """
    page = render_template(
        "auth/login.html",
        form=form,
        is_open=is_open,
        passkeys_at=context().settings.address_for_passkeys(request.host),
        offers_passkeys=offers_passkeys,
        signals=signals or {},
    )
    return page, form.status


def log_in_as(email: str, password: str) -> ResponseReturnValue:
    """Log in with a password that was just set.

    Raises:
        ContractError: as `LOG_IN` does.
    """
    return _lead_on(_call_log_in(email, password))


def _lead_on(logged_in: identity.signing_in.LoggedIn) -> ResponseReturnValue:
    if logged_in.pending is not None:
        return ask_for_second_step(logged_in.pending)
    if logged_in.session is None:
        raise RemoteFault("neither a session nor a pending log-in")
    return enter(logged_in.session)


def _call_log_in(
    email: str, password: str, link: str = ""
) -> identity.signing_in.LoggedIn:
    arguments = identity.signing_in.LogIn(
        email=email,
        password=password,
        address=request.remote_addr or "",
        user_agent=user_agent(),
        device=device_token(),
        link=link,
    )
    with TURNS.turn():
        return call_public(identity.signing_in.LOG_IN, arguments)
