"""What we keep of a person: download it, or delete the account."""

from base64 import b64decode
from typing import ClassVar

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import StringField
from wtforms.validators import InputRequired
from wtforms.widgets import EmailInput

from shared.contracts import identity
from shared.contracts.identity.accounts.leaving import (
    ERASE_ACCOUNT,
    EXPORT_ACCOUNT,
    EraseAccount,
    ExportAccount,
)
from shared.errors import Conflict, InvalidInput, Unavailable
from web.page.addresses import form_on
from web.page.forms import PageForm
from web.page.page import begin_page
from web.page.session.signed_in import sign_out, signed_in
from web.page.visit import begin_live_visit

bp = Blueprint("personal_data", __name__, url_prefix="/account/personal-data")

_PAGE = "personal_data.show"


class EraseForm(PageForm):
    about: ClassVar[str] = "email"

    email = StringField(
        _("Your email address"),
        [InputRequired(_("Enter your email address."))],
        widget=EmailInput(),
        description=_("Enter it to confirm that you delete your account permanently."),
        render_kw={"autocomplete": "off", "maxlength": 254},
    )


@bp.get("")
@signed_in
def show() -> ResponseReturnValue:
    return _show(EraseForm(formdata=None))


@bp.post("/export")
@form_on(_PAGE)
@signed_in
def export() -> ResponseReturnValue:
    """Answer with the file; it is small, as it holds a year of one person."""
    visit = begin_live_visit()
    made = visit.start(EXPORT_ACCOUNT, ExportAccount()).result()
    response = Response(b64decode(made.content), content_type="application/zip")
    response.headers.set("Content-Disposition", "attachment", filename=made.file_name)
    return response


@bp.post("/erase")
@form_on(_PAGE)
@signed_in
def erase() -> ResponseReturnValue:
    form = EraseForm()
    if not form.validate():
        form.status = 422
        return _show(form)
    try:
        wanted = EraseAccount(email=form.email.data or "")
        begin_live_visit().start(ERASE_ACCOUNT, wanted).result()
    except (InvalidInput, Conflict, Unavailable) as refusal:
        return _show(form.refuse(refusal))
    return sign_out(gettext("Your account is deleted."), "success", comes_back=False)


def _show(form: EraseForm) -> ResponseReturnValue:
    page = begin_page()
    page.ask("account", identity.people.GET_ACCOUNT, identity.people.GetAccount())
    return page.show("account/personal_data.html", status=form.status, form=form)
