"""Handing over a company: offering it, and the answer of the member.

Acts for the company in the address, as the list of members does.
"""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _

from shared.contracts.identity.members.ownership import (
    ACCEPT_OWNERSHIP,
    DECLINE_OWNERSHIP,
    OFFER_OWNERSHIP,
    WITHDRAW_OWNERSHIP,
    AnswerOwnership,
    OfferOwnership,
)
from web.members.changes import change_and_say
from web.page.addresses import form_on
from web.page.session.signed_in import signed_in
from web.page.values import read_uuid

bp = Blueprint(
    "ownership", __name__, url_prefix="/companies/<company_id>/members/ownership"
)

_PAGE = "members.list_members"


@bp.post("/offer/<user_id>")
@form_on("member.show_member")
@signed_in
def offer(company_id: str, user_id: str) -> ResponseReturnValue:
    wanted = OfferOwnership(
        user_id=read_uuid(user_id), stays_owner="stays_owner" in request.form
    )
    done = _("We asked the member to confirm. You stay the owner until then.")
    return change_and_say(read_uuid(company_id), OFFER_OWNERSHIP, wanted, done)


@bp.post("/withdraw")
@form_on(_PAGE)
@signed_in
def withdraw(company_id: str) -> ResponseReturnValue:
    done = _("The offer is withdrawn.")
    company = read_uuid(company_id)
    return change_and_say(company, WITHDRAW_OWNERSHIP, AnswerOwnership(), done)


@bp.post("/accept")
@form_on(_PAGE)
@signed_in
def accept(company_id: str) -> ResponseReturnValue:
    done = _("You are now an owner of this company.")
    company = read_uuid(company_id)
    return change_and_say(company, ACCEPT_OWNERSHIP, AnswerOwnership(), done)


@bp.post("/decline")
@form_on(_PAGE)
@signed_in
def decline(company_id: str) -> ResponseReturnValue:
    done = _("You declined. Nothing has changed.")
    company = read_uuid(company_id)
    return change_and_say(company, DECLINE_OWNERSHIP, AnswerOwnership(), done)
