"""One member of a company: their role, a reminder, taking them out.

Acts for the company in the address, as the list of members does.
"""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import RadioField

from shared.contracts import identity
from shared.contracts.identity.members.roles import (
    CHANGE_ROLE,
    REMOVE_MEMBER,
    ChangeRole,
    RemoveMember,
)
from shared.contracts.identity.members.security import REMIND_MEMBER, RemindMember
from shared.contracts.identity.memberships import Members, Role
from shared.errors import Conflict, Forbidden, NotFound
from shared.permissions import Permission
from web.language.words import words_for
from web.members.changes import change_and_say
from web.members.members_view import MemberView
from web.page.addresses import form_on
from web.page.forms import ChangeForm
from web.page.page import Page, begin_page
from web.page.session.signed_in import signed_in
from web.page.values import read_uuid

bp = Blueprint(
    "member", __name__, url_prefix="/companies/<company_id>/members/<user_id>"
)

_PAGE = "member.show_member"
_ALL = "members.list_members"
_GIVEN = (Role.ADMIN, Role.BILLING, Role.TECHNICAL, Role.VIEWER)
"""The roles that are given; an owner's is handed over."""


class RoleForm(ChangeForm):
    about = "role"
    role = RadioField(lazy_gettext("Role"), choices=[])

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        names = words_for("role")
        self.role.choices = [(it.value, names[it.value]) for it in _GIVEN]


@bp.get("")
@signed_in
def show_member(company_id: str, user_id: str) -> ResponseReturnValue:
    """Show a member to who may change something about them."""
    return _show(read_uuid(company_id), read_uuid(user_id), None)


@bp.post("/role")
@form_on(_PAGE, keeps=("role",))
@signed_in
def change_role(company_id: str, user_id: str) -> ResponseReturnValue:
    company, user, form = read_uuid(company_id), read_uuid(user_id), RoleForm()
    try:
        role = Role(form.role.data)
    except ValueError:
        form.role.errors = [_("Choose a role.")]
        form.status = 422
        return _show(company, user, form)
    try:
        form.change(company, CHANGE_ROLE, ChangeRole(user_id=user, role=role))
    except Conflict as refusal:
        return _show(company, user, form.refuse(refusal))
    flash(_("The role is now %(role)s.", role=words_for("role")[role.value]), "success")
    return redirect(url_for(_ALL, company_id=company), code=303)


@bp.post("/remind")
@form_on(_ALL)
@signed_in
def remind(company_id: str, user_id: str) -> ResponseReturnValue:
    company, user = read_uuid(company_id), read_uuid(user_id)
    done = lazy_gettext("We sent the reminder.")
    return change_and_say(company, REMIND_MEMBER, RemindMember(user_id=user), done)


@bp.post("/remove")
@form_on(_PAGE)
@signed_in
def remove(company_id: str, user_id: str) -> ResponseReturnValue:
    company, user = read_uuid(company_id), read_uuid(user_id)
    done = lazy_gettext("The member was removed.")
    return change_and_say(company, REMOVE_MEMBER, RemoveMember(user_id=user), done)


def _show(company: UUID, user: UUID, form: RoleForm | None) -> ResponseReturnValue:
    page = begin_page(acts_for=company)
    page.ask(
        "answer",
        identity.memberships.LIST_MEMBERS,
        identity.memberships.ListMembers(),
    )
    answer: Members | None = page.answer("answer")
    if not page.may(Permission.MANAGE_MEMBERS):
        raise Forbidden("permission_missing")
    view = _find(answer, user, page) if answer else None
    owners = [it for it in answer.members if it.role is Role.OWNER] if answer else []
    current = view.member.role.value if view else ""
    shown = form or RoleForm.from_address(data={"role": current})
    return page.show(
        "members/member.html",
        status=shown.status,
        company_id=company,
        view=view,
        form=shown,
        owners=len(owners),
        hands_over=page.may(Permission.MANAGE_OWNERSHIP),
    )


def _find(found: Members, user: UUID, page: Page) -> MemberView:
    reader = page.visit.identify().user_id
    for member in found.members:
        if member.user_id == user:
            return MemberView.of(member, reader)
    raise NotFound("no_such_member")
