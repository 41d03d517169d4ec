"""A company's profile with its tax details; acts for the company in the address."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shared.contracts import billing, identity
from shared.errors import Conflict, ContractError, InvalidInput, Unavailable
from shared.permissions import Permission
from web.language.refusals import sentence
from web.page.forms import change, key_to_keep
from web.page.page import begin_page
from web.page.signed_in import signed_in
from web.page.values import read_uuid
from web.page.visit import prepare_reader, visit_company

bp = Blueprint("profile", __name__, url_prefix="/companies/<company_id>")


@bp.get("/profile")
@signed_in
def show_profile(company_id: str) -> ResponseReturnValue:
    return _show(read_uuid(company_id))


@bp.get("/profile/tax")
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
        may_set_tax_id=Permission.MANAGE_BILLING in visit.identify().permissions,
        typed=None,
        tax_id_error="",
        form_key_kept="",
    )


@bp.get("/tax-id")
@signed_in
def back_to_profile(company_id: str) -> ResponseReturnValue:
    """The form's own address, which stays in the browser after a refusal."""
    company = read_uuid(company_id)
    return redirect(url_for("profile.show_profile", company_id=company), code=303)


@bp.post("/tax-id")
@signed_in
def set_tax_id(company_id: str) -> ResponseReturnValue:
    company = read_uuid(company_id)
    number = request.form.get("tax_id", "")
    try:
        change(company, billing.tax.SET_TAX_ID, billing.tax.SetTaxId(number=number))
    except (InvalidInput, Conflict, Unavailable) as refusal:
        return _show(company, number, refusal)
    done = "The VAT ID is saved." if number.strip() else "The VAT ID is removed."
    flash(done, "success")
    return redirect(url_for("profile.show_profile", company_id=company), code=303)


def _show(
    company: UUID, typed: str | None = None, refusal: ContractError | None = None
) -> ResponseReturnValue:
    """The page; after a refusal with what was typed, and why it was refused."""
    page = begin_page(acts_for=company)
    page.ask(
        "company",
        "This company",
        identity.companies.GET_COMPANY,
        identity.companies.GetCompany(),
    )
    may_read = page.may(Permission.READ_BILLING)
    if may_read:
        page.ask(
            "tax",
            "Its tax details",
            billing.tax.GET_TAX_PROFILE,
            billing.tax.GetTaxProfile(),
            optional=True,
        )
    return page.show(
        "profile/page.html",
        status=refusal.http_status if refusal else 200,
        may_read_billing=may_read,
        may_set_tax_id=page.may(Permission.MANAGE_BILLING),
        may_edit=page.may(Permission.MANAGE_COMPANY),
        typed=typed,
        tax_id_error=sentence(refusal) if refusal else "",
        form_key_kept=key_to_keep(refusal) if refusal else "",
    )
