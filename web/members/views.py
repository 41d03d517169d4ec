"""A company's members; acts for the company in the address."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _

from shared.contracts import identity
from shared.contracts.identity.members.security import (
    REQUIRE_TWO_FACTOR,
    RequireTwoFactor,
)
from shared.permissions import Permission
from web.members.changes import change_and_say
from web.members.members_view import MembersView
from web.members.parts import Parts
from web.page.addresses import form_on
from web.page.page import begin_page
from web.page.session.signed_in import signed_in
from web.page.values import read_uuid

bp = Blueprint("members", __name__, url_prefix="/companies/<company_id>/members")

_PAGE = "members.list_members"


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
    parts = Parts(page)
    answer = page.answer("answer")
    reader = page.visit.identify().user_id
    view = MembersView.of(answer, reader) if answer else None
    return page.show(
        "members/page.html",
        company_id=company,
        view=view,
        owns=page.may(Permission.MANAGE_OWNERSHIP),
        **parts.wait(),
    )


@bp.post("/two-factor")
@form_on(_PAGE)
@signed_in
def require_two_factor(company_id: str) -> ResponseReturnValue:
    """Require Two-Factor Authentication of all members, or no longer."""
    is_required = "is_required" in request.form
    done = (
        _("All members now need Two-Factor Authentication.")
        if is_required
        else _("Two-Factor Authentication is no longer required.")
    )
    wanted = RequireTwoFactor(is_required=is_required)
    return change_and_say(read_uuid(company_id), REQUIRE_TWO_FACTOR, wanted, done)
