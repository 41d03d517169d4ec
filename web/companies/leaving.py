"""Leaving a company; acts for the company in the address."""

from flask import Blueprint, flash, make_response, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shared.contracts.identity.companies import GET_COMPANY, GetCompany
from shared.contracts.identity.members.roles import LEAVE_COMPANY, LeaveCompany
from shared.contracts.identity.memberships import (
    LIST_MEMBERS,
    ListMembers,
    Members,
    Role,
)
from shared.errors import Conflict, Unavailable
from web.page.addresses import form_on
from web.page.forms import ChangeForm
from web.page.page import Page, begin_page
from web.page.session.signed_in import signed_in
from web.page.values import read_uuid
from web.page.visit import forget_principal

bp = Blueprint("leaving", __name__, url_prefix="/companies/<company_id>/leave")


@bp.get("")
@signed_in
def ask(company_id: str) -> ResponseReturnValue:
    """Say what leaving means, before it is done."""
    return _show(company_id, ChangeForm(formdata=None))


@bp.post("")
@form_on("leaving.ask")
@signed_in
def leave(company_id: str) -> ResponseReturnValue:
    form = ChangeForm()
    try:
        form.change(read_uuid(company_id), LEAVE_COMPANY, LeaveCompany())
    except (Conflict, Unavailable) as refusal:
        return _show(company_id, form.refuse(refusal))
    flash(_("You have left the company."), "success")
    response = make_response(redirect(url_for("account.account", company=None), 303))
    # It may be the principal of that company.
    forget_principal(response)
    return response


def _show(company_id: str, form: ChangeForm) -> tuple[str, int]:
    page = begin_page(acts_for=read_uuid(company_id))
    page.ask("company", GET_COMPANY, GetCompany())
    page.ask("answer", LIST_MEMBERS, ListMembers(), optional=True)
    found: Members | None = page.answer("answer")
    return page.show(
        "companies/leave.html",
        status=form.status,
        form=form,
        is_only=len(page.load_frame().companies) == 1,
        is_last_owner=_is_last_owner(page, found),
        is_alone=found is not None and len(found.members) == 1,
    )


def _is_last_owner(page: Page, found: Members | None) -> bool:
    owners = (
        [it.user_id for it in found.members if it.role is Role.OWNER] if found else []
    )
    return owners == [page.visit.identify().user_id]
