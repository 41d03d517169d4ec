"""Set a new password by a mailed link, for people who have forgotten theirs.

Opening a link shows a page and uses nothing up, as mail scanners open links, too. No
answer tells whether somebody has an account.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar

from flask import (
    Blueprint,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from wtforms import StringField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import EmailInput

from shared.contracts import identity
from shared.errors import InvalidInput, NotFound, Throttled, Unavailable
from web.language.refusals import retry_after
from web.page.addresses import form_on
from web.page.context import call_public
from web.page.forms import PageForm, about_new_password, new_password_field
from web.page.session.signed_in import sign_out


class ForgotPasswordForm(PageForm):
    email = StringField(
        lazy_gettext("Email"),
        [InputRequired(lazy_gettext("Enter your email address.")), Length(max=254)],
        widget=EmailInput(),
        render_kw={"autocomplete": "username"},
    )


class ResetPasswordForm(PageForm):
    refusals: ClassVar[Mapping[str, str]] = {
        "too_many_passwords": "new",
        **about_new_password("new"),
    }

    new = new_password_field()


def register(bp: Blueprint) -> None:
    """Add these pages to those of logging in."""
    bp.get("/login/forgot")(forgot_password)
    bp.post("/login/forgot")(ask_for_reset)
    bp.get("/login/forgot/sent")(reset_sent)
    bp.get("/reset-password/<token>")(show_reset)
    bp.post("/reset-password/<token>")(reset_password)


def forgot_password() -> ResponseReturnValue:
    return _show_forgot(ForgotPasswordForm())


def _ask_again() -> ResponseReturnValue:
    """The form with the email, after it has expired."""
    return _show_forgot(ForgotPasswordForm.expired())


@form_on("auth.forgot_password", again=_ask_again, needs_sign_in=False)
def ask_for_reset() -> ResponseReturnValue:
    form = ForgotPasswordForm()
    if not form.validate():
        form.status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _show_forgot(form)
    wanted = identity.passwords.AskForReset(
        email=form.email.data or "", address=request.remote_addr or ""
    )
    try:
        call_public(identity.passwords.ASK_FOR_RESET, wanted)
    except (Throttled, Unavailable) as refusal:
        return *_show_forgot(form.refuse(refusal)), retry_after(refusal)
    return redirect(url_for("auth.reset_sent"), code=303)


def reset_sent() -> ResponseReturnValue:
    return render_template("auth/reset_sent.html")


def show_reset(token: str) -> ResponseReturnValue:
    return _show_reset(token, ResetPasswordForm())


@form_on("auth.show_reset", needs_sign_in=False)
def reset_password(token: str) -> ResponseReturnValue:
    form = ResetPasswordForm()
    if not form.validate():
        form.status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _show_reset(token, form)
    wanted = identity.passwords.ResetPassword(token=token, new=form.new.data or "")
    try:
        call_public(identity.passwords.RESET_PASSWORD, wanted)
    except NotFound as refusal:
        return _show_useless(refusal)
    except (InvalidInput, Throttled, Unavailable) as refusal:
        return *_show_reset(token, form.refuse(refusal)), retry_after(refusal)
    # The session that this browser may have had has ended, too.
    message = gettext("Your password is changed. Log in with the new one.")
    return sign_out(message, "success", comes_back=False)


def _show_forgot(form: ForgotPasswordForm) -> tuple[str, int]:
    return render_template("auth/forgot_password.html", form=form), form.status


def _show_reset(token: str, form: ResetPasswordForm) -> tuple[str, int]:
    wanted = identity.passwords.FindReset(token=token)
    try:
        found = call_public(identity.passwords.FIND_RESET, wanted)
    except NotFound as refusal:
        return _show_useless(refusal)
    page = render_template("auth/reset_password.html", form=form, email=found.email)
    return page, form.status


def _show_useless(refusal: NotFound) -> tuple[str, int]:
    """The link is unknown, used or has expired; there can be another one."""
    page = render_template("auth/useless_link.html", code=refusal.code)
    return page, refusal.http_status
