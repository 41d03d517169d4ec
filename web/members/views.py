"""A company's members; acts for the company in the address."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from shared.contracts import identity
from web.page.page import begin_page
from web.page.signed_in import signed_in
from web.page.values import read_uuid

bp = Blueprint("members", __name__, url_prefix="/companies/<company_id>/members")


@bp.get("")
@signed_in
def list_members(company_id: str) -> ResponseReturnValue:
    company = read_uuid(company_id)
    page = begin_page(acts_for=company)
    page.ask(
        "answer",
        identity.memberships.LIST_MEMBERS,
        identity.memberships.ListMembers(),
    )
    return page.show("members/page.html", company_id=company)
