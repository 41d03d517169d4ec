"""The company's profile and members; acts for the company in the address."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from shared.contracts import identity
from web.auth.signed_in import signed_in
from web.frame import Page
from web.values import read_uuid

bp = Blueprint("companies", __name__, url_prefix="/companies/<company_id>")


@bp.get("/profile")
@signed_in
def profile(company_id: str) -> ResponseReturnValue:
    page = Page(acts_for=read_uuid(company_id))
    page.ask("company", "This company", identity.GET_COMPANY, identity.GetCompany())
    return page.show("companies/profile.html")


@bp.get("/members")
@signed_in
def members(company_id: str) -> ResponseReturnValue:
    company = read_uuid(company_id)
    page = Page(acts_for=company)
    page.ask("answer", "The members", identity.LIST_MEMBERS, identity.ListMembers())
    return page.show("companies/members.html", company_id=company)
