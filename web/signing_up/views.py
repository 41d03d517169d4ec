"""Sign up: an email first, and everything else by the link that is mailed to it.

No answer tells whether somebody has an account. Opening the link uses nothing up.
"""

from http import HTTPStatus

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from shared.contracts.identity.accounts.signing_up import (
    ASK_TO_SIGN_UP,
    FIND_SIGN_UP,
    SIGN_UP,
    AskToSignUp,
    FindSignUp,
    SignedUp,
    SignUp,
)
from shared.errors import Conflict, InvalidInput, NotFound, Throttled, Unavailable
from web.auth.entering import enter, user_agent
from web.auth.second_step import ask_for_second_step
from web.auth.turns import TURNS
from web.language.locale import reader_locale
from web.language.refusals import retry_after
from web.page.addresses import form_on
from web.page.context import call_public, context
from web.page.session.device import device_token
from web.signing_up.forms import EmailForm, SignUpForm

bp = Blueprint("signing_up", __name__, url_prefix="/sign-up")


@bp.before_request
def check_on() -> None:
    """Answer as if there were no such page, unless the provider offers it."""
    if not context().settings.sign_up.is_on:
        abort(404)


@bp.get("")
def ask() -> ResponseReturnValue:
    return _show_ask(EmailForm())


def _ask_again() -> ResponseReturnValue:
    """The form with the email, after it has expired."""
    return _show_ask(EmailForm.expired())


@bp.post("")
@form_on("signing_up.ask", again=_ask_again, needs_sign_in=False)
def send_link() -> ResponseReturnValue:
    form = EmailForm()
    if not form.validate():
        form.status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _show_ask(form)
    arguments = AskToSignUp(
        email=form.email.data or "",
        address=request.remote_addr or "",
        locale=_locale(),
    )
    try:
        call_public(ASK_TO_SIGN_UP, arguments)
    except (InvalidInput, Throttled, Unavailable) as refusal:
        return *_show_ask(form.refuse(refusal)), retry_after(refusal)
    return redirect(url_for("signing_up.link_sent"), code=303)


@bp.get("/sent")
def link_sent() -> ResponseReturnValue:
    return render_template("signing_up/sent.html")


@bp.get("/<token>")
def show(token: str) -> ResponseReturnValue:
    return _show(token, SignUpForm(kind=request.args.get("kind")))


def _show_again(token: str) -> ResponseReturnValue:
    """The form with the entries but the password, after it has expired."""
    return _show(token, SignUpForm.expired())


@bp.post("/<token>")
@form_on("signing_up.show", again=_show_again, needs_sign_in=False, has_secret=True)
def sign_up(token: str) -> ResponseReturnValue:
    form = SignUpForm()
    if not form.validate():
        form.status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _show(token, form)
    try:
        with TURNS.turn():
            signed_up = call_public(SIGN_UP, _arguments(token, form))
    except NotFound as refusal:
        return _show_useless(refusal)
    except (InvalidInput, Conflict, Throttled, Unavailable) as refusal:
        return *_show(token, form.refuse(refusal)), retry_after(refusal)
    return _lead_on(signed_up)


def _lead_on(signed_up: SignedUp) -> ResponseReturnValue:
    """Let the person in; what is missing next is a wallet, and so its currency."""
    logged_in = signed_up.logged_in
    if logged_in.session is not None:
        target = url_for("wallets.show_wallets", company_id=signed_up.company_id)
        response = enter(logged_in.session, target)
        # Only now: the session's cookie begins empty.
        flash(gettext("Your account is open. Add a wallet to pay from."), "success")
        return response
    if logged_in.pending is not None:
        return ask_for_second_step(logged_in.pending)
    return redirect(url_for("auth.log_in"), code=303)


def _arguments(token: str, form: SignUpForm) -> SignUp:
    return SignUp(
        token=token,
        name=form.name.data or "",
        password=form.new.data or "",
        is_business=form.is_business,
        company_name=form.company_name.data or "",
        country=form.country.data or "",
        locale=_locale(),
        terms_version=form.terms_version.data or "",
        address=request.remote_addr or "",
        user_agent=user_agent(),
        device=device_token(),
    )


def _locale() -> str:
    return str(reader_locale()).replace("_", "-")


def _show_ask(form: EmailForm) -> tuple[str, int]:
    return render_template("signing_up/ask.html", form=form), form.status


def _show(token: str, form: SignUpForm) -> tuple[str, int]:
    try:
        found = call_public(FIND_SIGN_UP, FindSignUp(token=token))
    except NotFound as refusal:
        return _show_useless(refusal)
    form.terms_version.data = found.terms_version
    page = render_template("signing_up/sign_up.html", form=form, link=found)
    return page, form.status


def _show_useless(refusal: NotFound) -> tuple[str, int]:
    """The link is unknown, used or has expired; there can be another one."""
    page = render_template("signing_up/useless_link.html", code=refusal.code)
    return page, refusal.http_status
