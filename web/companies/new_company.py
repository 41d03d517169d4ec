"""Creating a further company, which its creator owns. A wallet is the next step."""

from typing import Any

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from shared.contracts.identity.companies import CREATE_OWN_COMPANY, CreateOwnCompany
from shared.errors import InvalidInput, Throttled, Unavailable
from web.language.refusals import retry_after
from web.page.addresses import form_on
from web.page.page import begin_page
from web.page.session.signed_in import signed_in
from web.page.visit import Visit, begin_visit, prepare_reader
from web.profile.legal_details import DetailsForm

bp = Blueprint("new_company", __name__, url_prefix="/account/companies/new")


class NewCompanyForm(DetailsForm):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.country.description = lazy_gettext("Determines the VAT rate.")
        self.time_zone.description = lazy_gettext(
            "Determines when a day starts, for charges by the day or longer."
        )

    def wanted(self) -> CreateOwnCompany:
        """Return what the form asks for.

        Raises:
            InvalidInput: ``unknown_choice``, of its kind.
        """
        typed = self.arguments()
        return CreateOwnCompany(
            name=typed.name,
            address=typed.address,
            time_zone=typed.time_zone,
            is_business=typed.is_business,
        )


@bp.get("")
@signed_in
def show_form() -> ResponseReturnValue:
    return _show(None)


def _typed_again() -> ResponseReturnValue:
    """Show the page with the entries, after the form has expired."""
    return _show(NewCompanyForm.expired())


@bp.post("")
@form_on("new_company.show_form", again=_typed_again)
@signed_in
def create() -> ResponseReturnValue:
    form, visit = NewCompanyForm(), begin_visit()
    try:
        visit.require_live_session()
        made = form.send(visit, CREATE_OWN_COMPANY, form.wanted())
    except (InvalidInput, Throttled, Unavailable) as refusal:
        return *_show(form.refuse(refusal), visit), retry_after(refusal)
    prepare_reader(visit)
    words = _("%(name)s is created. Choose the currency of its wallet.", name=made.name)
    flash(words, "success")
    target = url_for("wallets.show_wallets", company_id=made.id, company=None)
    return redirect(target, code=303)


def _show(form: NewCompanyForm | None, visit: Visit | None = None) -> tuple[str, int]:
    page = begin_page(visit=visit)
    if form is None:
        zone = page.load_frame().user.time_zone
        form = NewCompanyForm(formdata=None, kind="business", time_zone=zone)
    return page.show("companies/new_company.html", form=form, status=form.status)
