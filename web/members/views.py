"""A company's members; acts for the company in the address."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from shared.contracts import identity
from web.members.members_view import MembersView
from web.page.page import begin_page
from web.page.session.signed_in import signed_in
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
    answer = page.answer("answer")
    reader = page.visit.identify().user_id
    view = MembersView.of(answer.members, reader) if answer else None
    return page.show("members/page.html", company_id=company, view=view)
