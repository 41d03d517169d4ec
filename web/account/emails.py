"""Changing one's email: the form, and the pages that the mails' links lead to.

Opening a link changes nothing, since programs that scan mail open links as well.
"""

from typing import ClassVar

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from wtforms import StringField
from wtforms.widgets import EmailInput

from shared.contracts.identity.email_changes import (
    CHANGE_EMAIL,
    CONFIRM_EMAIL,
    FIND_UNDO_EMAIL,
    UNDO_EMAIL,
    ChangeEmail,
    ConfirmEmail,
    FindUndoEmail,
    UndoableEmail,
    UndoEmail,
)
from shared.contracts.identity.people import GET_ACCOUNT, GetAccount
from shared.errors import Conflict, InvalidInput, NotFound, Throttled, Unavailable
from web.language.refusals import retry_after
from web.page.addresses import form_on
from web.page.context import call_public
from web.page.forms import ChangeForm, PageForm
from web.page.page import begin_page
from web.page.session.signed_in import sign_out, signed_in
from web.page.visit import Visit, begin_visit

bp = Blueprint("emails", __name__)


class EmailForm(ChangeForm):
    about: ClassVar = "email"

    email = StringField(
        lazy_gettext("New email"),
        widget=EmailInput(),
        render_kw={"autocomplete": "email", "maxlength": 254},
    )


@bp.get("/account/email")
@signed_in
def show_form() -> ResponseReturnValue:
    return _show_form(EmailForm())


def _typed_again() -> ResponseReturnValue:
    """The form with what was typed, after it has expired."""
    return _show_form(EmailForm.expired())


@bp.post("/account/email")
@form_on("emails.show_form", again=_typed_again)
@signed_in
def change_email() -> ResponseReturnValue:
    """Have a link sent to the new email."""
    form, visit = EmailForm(), begin_visit()
    wanted = ChangeEmail(email=form.email.data or "")
    try:
        visit.require_live_session()
        asked = form.send(visit, CHANGE_EMAIL, wanted)
    except (InvalidInput, Throttled, Unavailable) as refusal:
        shown = _show_form(form.refuse(refusal), visit)
        return *shown, retry_after(refusal)
    flash(gettext("We sent a link to %(email)s.", email=asked.email), "success")
    return redirect(url_for("emails.show_form"), code=303)


@bp.get("/confirm-email/<token>")
@signed_in
def ask_to_confirm(token: str) -> ResponseReturnValue:
    """Show a button to the person who opened the link sent to the new email."""
    return _show_confirming(token, ChangeForm(formdata=None))


@bp.post("/confirm-email/<token>")
@form_on("emails.ask_to_confirm")
@signed_in
def confirm_email(token: str) -> ResponseReturnValue:
    form, visit = ChangeForm(), begin_visit()
    try:
        visit.require_live_session()
        now = form.send(visit, CONFIRM_EMAIL, ConfirmEmail(token=token))
    except (NotFound, Conflict, Unavailable) as refusal:
        return _show_confirming(token, form.refuse(refusal), visit)
    flash(gettext("You now log in with %(email)s.", email=now.email), "success")
    return redirect(url_for("account.account"), code=303)


@bp.get("/undo-email/<token>")
def ask_to_undo(token: str) -> ResponseReturnValue:
    """Say what the link does, with a button if it can still be used."""
    form = PageForm(formdata=None)
    try:
        found = call_public(FIND_UNDO_EMAIL, FindUndoEmail(token=token))
    except NotFound as refusal:
        return _show_undoing(token, form.refuse(refusal), is_usable=False)
    return _show_undoing(token, form, found)


@bp.post("/undo-email/<token>")
@form_on("emails.ask_to_undo", needs_sign_in=False)
def undo_email(token: str) -> ResponseReturnValue:
    """Change the email back; everybody is logged out, this browser too."""
    arguments = UndoEmail(token=token)
    try:
        now = call_public(UNDO_EMAIL, arguments)
    except NotFound as refusal:
        return _show_undoing(token, PageForm().refuse(refusal), is_usable=False)
    except (Conflict, Unavailable) as refusal:
        return _show_undoing(token, PageForm().refuse(refusal))
    return sign_out(
        gettext(
            "Your email is %(email)s again, and you are logged out everywhere. If you "
            "did not change it yourself, set a new password.",
            email=now.email,
        ),
        comes_back=False,
    )


def _show_form(form: EmailForm, visit: Visit | None = None) -> tuple[str, int]:
    page = begin_page(visit=visit)
    page.ask("account", GET_ACCOUNT, GetAccount())
    return page.show("account/email.html", form=form, status=form.status)


def _show_confirming(
    token: str, form: ChangeForm, visit: Visit | None = None
) -> ResponseReturnValue:
    page = begin_page(visit=visit)
    page.ask("account", GET_ACCOUNT, GetAccount())
    return page.show(
        "account/confirm_email.html", form=form, token=token, status=form.status
    )


def _show_undoing(
    token: str,
    form: PageForm,
    found: UndoableEmail | None = None,
    *,
    is_usable: bool = True,
) -> ResponseReturnValue:
    page = render_template(
        "auth/undo_email.html",
        form=form,
        token=token,
        found=found,
        is_usable=is_usable,
    )
    return page, form.status
