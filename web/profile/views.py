"""A company's profile with its tax details; acts for the company in the address."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from shared.contracts import billing, identity
from shared.errors import Conflict, InvalidInput, Unavailable
from shared.permissions import Permission
from web.page.addresses import form_on, fragment_of
from web.page.page import begin_page
from web.page.session.signed_in import signed_in
from web.page.values import read_uuid
from web.page.visit import prepare_reader, visit_company
from web.profile.company_view import CompanyView
from web.profile.tax_view import TaxIdForm, TaxView

bp = Blueprint("profile", __name__, url_prefix="/companies/<company_id>")


@bp.get("/profile")
@signed_in
def show_profile(company_id: str) -> ResponseReturnValue:
    return _show(read_uuid(company_id), None)


@bp.get("/profile/tax")
@fragment_of("profile.show_profile")
@signed_in
def tax_details(company_id: str) -> ResponseReturnValue:
    """The tax details as soon as billing knows the profile as it is now."""
    visit = visit_company(read_uuid(company_id), polling=True)
    known = visit.read(billing.tax.GET_TAX_PROFILE, billing.tax.GetTaxProfile())
    company = visit.start(
        identity.companies.GET_COMPANY, identity.companies.GetCompany()
    ).result()
    if known.company_version < company.version:
        return "", HTTPStatus.NO_CONTENT
    prepare_reader(visit)
    return render_template(
        "profile/_tax.html",
        company=company,
        tax=known,
        tax_as_of=None,
        view=TaxView.of(
            company,
            known,
            may_set=Permission.MANAGE_BILLING in visit.identify().permissions,
        ),
    )


def _typed_again(company_id: str) -> ResponseReturnValue:
    """The page with the VAT ID that was typed, after the form has expired."""
    return _show(read_uuid(company_id), TaxIdForm.expired())


@bp.post("/tax-id")
@form_on("profile.show_profile", again=_typed_again)
@signed_in
def set_tax_id(company_id: str) -> ResponseReturnValue:
    company, form = read_uuid(company_id), TaxIdForm()
    number = form.tax_id.data or ""
    wanted = billing.tax.SetTaxId(number=number)
    try:
        form.change(company, billing.tax.SET_TAX_ID, wanted)
    except (InvalidInput, Conflict, Unavailable) as refusal:
        form.refuse(refusal)
        return _show(company, form)
    if number.strip():
        flash(gettext("The VAT ID is saved."), "success")
    else:
        flash(gettext("The VAT ID is removed."), "success")
    return redirect(url_for("profile.show_profile", company_id=company), code=303)


def _show(company: UUID, form: TaxIdForm | None) -> ResponseReturnValue:
    """Show the page, with a form that was sent."""
    page = begin_page(acts_for=company)
    page.ask(
        "company",
        identity.companies.GET_COMPANY,
        identity.companies.GetCompany(),
    )
    may_read = page.may(Permission.READ_BILLING)
    if may_read:
        page.ask(
            "tax",
            billing.tax.GET_TAX_PROFILE,
            billing.tax.GetTaxProfile(),
            optional=True,
        )
    memberships = page.load_frame().companies
    known = page.answer("company")
    about = CompanyView.of(known, memberships) if known else None
    view = TaxView.of(
        known,
        page.answer("tax") if may_read else None,
        may_set=page.may(Permission.MANAGE_BILLING),
        shown=form,
    )
    return page.show(
        "profile/page.html",
        status=form.status if form else 200,
        may_read_billing=may_read,
        may_edit=page.may(Permission.MANAGE_COMPANY),
        may_close=page.may(Permission.MANAGE_OWNERSHIP),
        about=about,
        view=view,
    )
