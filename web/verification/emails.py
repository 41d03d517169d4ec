"""Verifying one's email: by a code on the Verification Center, or by a mailed link.

Opening a link changes nothing, since programs that scan mail open links as well.
"""

from typing import ClassVar

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from shared.contracts.identity.people import GET_ACCOUNT, GetAccount
from shared.contracts.identity.verification.emails import (
    ASK_TO_VERIFY_EMAIL,
    FIND_EMAIL_LINK,
    USE_EMAIL_LINK,
    VERIFY_EMAIL,
    AskToVerifyEmail,
    EmailLink,
    VerifiedEmail,
    VerifyEmail,
)
from shared.errors import Conflict, InvalidInput, NotFound, Throttled, Unavailable
from web.language.refusals import retry_after
from web.page.addresses import form_on
from web.page.authenticator_apps import CodeField
from web.page.context import call_public
from web.page.forms import ChangeForm, PageForm
from web.page.page import begin_page
from web.page.session.signed_in import signed_in
from web.page.visit import Visit, begin_live_visit, begin_visit, prepare_reader

bp = Blueprint("email_verification", __name__)

_PAGE = "email_verification.show_email"
_REFUSALS = (InvalidInput, NotFound, Conflict, Throttled, Unavailable)


class EmailCodeForm(PageForm):
    refusals: ClassVar = {"wrong_email_code": "code", "email_code_ended": "code"}

    code = CodeField(lazy_gettext("Code from the email"))


class SendForm(ChangeForm):
    """A button that has a link and a code mailed."""


@bp.get("/account/verification/email")
@signed_in
def show_email() -> ResponseReturnValue:
    return _show()


@bp.post("/account/verification/email")
@form_on(_PAGE)
@signed_in
def send() -> ResponseReturnValue:
    """Have a link and a code mailed."""
    form, visit = SendForm(), begin_visit()
    try:
        visit.require_live_session()
        asked = form.send(visit, ASK_TO_VERIFY_EMAIL, AskToVerifyEmail())
    except _REFUSALS as refusal:
        return *_show(send=form.refuse(refusal), visit=visit), retry_after(refusal)
    words = gettext("We sent a link and a code to %(email)s.", email=asked.email)
    return _done(words)


@bp.post("/account/verification/email/code")
@form_on(_PAGE, has_secret=True)
@signed_in
def verify() -> ResponseReturnValue:
    form, visit = EmailCodeForm(), begin_live_visit()
    try:
        visit.start(VERIFY_EMAIL, VerifyEmail(code=form.code.data or "")).result()
    except _REFUSALS as refusal:
        return *_show(code=form.refuse(refusal), visit=visit), retry_after(refusal)
    prepare_reader(visit)
    return _done(gettext("Your email is verified."))


@bp.get("/verify-email/<token>")
def ask_to_verify(token: str) -> ResponseReturnValue:
    """Say which email the link verifies, with a button if it can still be used."""
    form = PageForm(formdata=None)
    try:
        found = call_public(FIND_EMAIL_LINK, EmailLink(token=token))
    except NotFound as refusal:
        return _show_link(token, form.refuse(refusal))
    return _show_link(token, form, found)


@bp.post("/verify-email/<token>")
@form_on("email_verification.ask_to_verify", needs_sign_in=False)
def use_link(token: str) -> ResponseReturnValue:
    try:
        call_public(USE_EMAIL_LINK, EmailLink(token=token))
    except (NotFound, Unavailable) as refusal:
        return _show_link(token, PageForm().refuse(refusal))
    return _done(gettext("Your email is verified."))


def _done(words: str) -> ResponseReturnValue:
    flash(words, "success")
    return redirect(url_for("verification.show_center"), code=303)


def new_forms() -> dict[str, PageForm]:
    """Return the forms of the step, as its part of a page needs them."""
    return {
        "send_email": SendForm(formdata=None),
        "email_code": EmailCodeForm(formdata=None),
    }


def _show(
    *,
    send: SendForm | None = None,
    code: EmailCodeForm | None = None,
    visit: Visit | None = None,
) -> tuple[str, int]:
    page = begin_page(visit=visit)
    page.ask("account", GET_ACCOUNT, GetAccount())
    forms = new_forms()
    if send is not None:
        forms["send_email"] = send
    if code is not None:
        forms["email_code"] = code
    status = max(form.status for form in forms.values())
    return page.show("verification/email.html", status=status, **forms)


def _show_link(
    token: str, form: PageForm, found: VerifiedEmail | None = None
) -> ResponseReturnValue:
    page = render_template(
        "verification/email_link.html", form=form, token=token, found=found
    )
    return page, form.status
