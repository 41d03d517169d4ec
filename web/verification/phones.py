"""Verifying a mobile number: the forms of the Verification Center, and a page of them.

What is refused is shown on that page, with what was typed.
"""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shared.contracts.identity.verification.phones import (
    ASK_FOR_PHONE_CODE,
    CONFIRM_PHONE,
    REMOVE_PHONE,
    AskForPhoneCode,
    ConfirmPhone,
    RemovePhone,
)
from shared.errors import Conflict, InvalidInput, NotFound, Throttled, Unavailable
from web.language.phones import phone_number
from web.language.refusals import retry_after
from web.page.addresses import form_on
from web.page.forms import PageForm
from web.page.page import begin_page
from web.page.session.signed_in import signed_in
from web.page.visit import Visit, begin_live_visit, begin_visit, prepare_reader
from web.verification.phones_view import (
    NumberForm,
    PhoneCodeForm,
    PhoneForms,
    ask_for_phone,
    phone_of,
)

bp = Blueprint("phones", __name__, url_prefix="/account/verification/phone")

_PAGE = "phones.show_phone"
_REFUSALS = (InvalidInput, NotFound, Conflict, Throttled, Unavailable)


@bp.get("")
@signed_in
def show_phone() -> ResponseReturnValue:
    return _show(PhoneForms(number=NumberForm.from_address()))


@bp.post("")
@form_on(_PAGE, keeps=("number",))
@signed_in
def ask_for_code() -> ResponseReturnValue:
    """Have a code sent to a number."""
    form, visit = NumberForm(), begin_visit()
    wanted = AskForPhoneCode(
        number=form.number.data or "", address=request.remote_addr or ""
    )
    try:
        visit.require_live_session()
        form.send(visit, ASK_FOR_PHONE_CODE, wanted)
    except _REFUSALS as refusal:
        form.refuse(refusal)
        return *_show(PhoneForms(number=form), visit), retry_after(refusal)
    return redirect(url_for(_PAGE), code=303)


@bp.post("/code")
@form_on(_PAGE, has_secret=True)
@signed_in
def confirm() -> ResponseReturnValue:
    form, visit = PhoneCodeForm(), begin_live_visit()
    try:
        wanted = ConfirmPhone(code=form.code.data or "")
        used = visit.start(CONFIRM_PHONE, wanted).result()
    except _REFUSALS as refusal:
        form.refuse(refusal)
        return _show(PhoneForms(code=form), visit)
    prepare_reader(visit)
    number = phone_number(used.number)
    return _done(_("Your mobile number %(number)s is verified.", number=number))


@bp.post("/remove")
@form_on(_PAGE)
@signed_in
def remove() -> ResponseReturnValue:
    form, visit = PageForm(), begin_live_visit()
    try:
        visit.start(REMOVE_PHONE, RemovePhone()).result()
    except _REFUSALS as refusal:
        form.refuse(refusal)
        return _show(PhoneForms(removal=form), visit)
    prepare_reader(visit)
    return _done(_("Your mobile number is removed."))


def _show(forms: PhoneForms, visit: Visit | None = None) -> tuple[str, int]:
    page = begin_page(visit=visit)
    ask_for_phone(page, optional=False)
    view = phone_of(page, forms)
    return page.show("verification/phone.html", phone_view=view, status=forms.status)


def _done(words: str) -> ResponseReturnValue:
    flash(words, "success")
    return redirect(url_for("verification.show_center"), code=303)
