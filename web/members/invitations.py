"""Inviting people to a company, and what is done with an open invitation."""

from typing import Any, ClassVar

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString
from wtforms import RadioField, StringField
from wtforms.widgets import EmailInput

from shared.contract import Method, ResponseT
from shared.contracts.identity.members.invitations import (
    APPROVE_INVITATION,
    INVITE_MEMBER,
    INVITED_ROLES,
    LIST_INVITATIONS,
    RESEND_INVITATION,
    REVOKE_INVITATION,
    ChangeInvitation,
    InviteMember,
    ListInvitations,
)
from shared.contracts.identity.memberships import Role
from shared.errors import Conflict, InvalidInput, Throttled, Unavailable
from web.language.refusals import retry_after
from web.language.words import words_for
from web.members.changes import change_and_say
from web.page.addresses import form_on
from web.page.forms import ChangeForm
from web.page.page import begin_page
from web.page.session.signed_in import signed_in
from web.page.values import read_choice, read_uuid

bp = Blueprint("invitations", __name__, url_prefix="/companies/<company_id>/members")

_MEMBERS = "members.list_members"


class InviteForm(ChangeForm):
    about: ClassVar = "email"
    refusals: ClassVar = {"role_not_offered": "role"}

    email = StringField(
        lazy_gettext("Email"),
        widget=EmailInput(),
        render_kw={"autocomplete": "off", "maxlength": 254},
    )
    role = RadioField(lazy_gettext("Role"), default=Role.VIEWER.value)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        words = words_for("role")
        self.role.choices = [(it.value, words[it.value]) for it in INVITED_ROLES]


@bp.get("/invite")
@signed_in
def show_form(company_id: str) -> ResponseReturnValue:
    return _show(company_id, InviteForm.from_address())


def _show(company_id: str, form: InviteForm) -> tuple[str, int]:
    company = read_uuid(company_id)
    page = begin_page(acts_for=company)
    page.ask("invited", LIST_INVITATIONS, ListInvitations())
    return page.show(
        "members/invite.html", company_id=company, form=form, status=form.status
    )


@bp.post("/invite")
@form_on("invitations.show_form", keeps=("email", "role"))
@signed_in
def invite(company_id: str) -> ResponseReturnValue:
    form, company = InviteForm(), read_uuid(company_id)
    try:
        role = read_choice(form.role.data or "", Role, "role")
        wanted = InviteMember(email=form.email.data or "", role=role)
        sent = form.change(company, INVITE_MEMBER, wanted)
    except (InvalidInput, Conflict, Throttled, Unavailable) as refusal:
        return *_show(company_id, form.refuse(refusal)), retry_after(refusal)
    flash(gettext("We sent an invitation to %(email)s.", email=sent.email), "success")
    return redirect(url_for(_MEMBERS, company_id=company), code=303)


@bp.post("/invitations/<invitation_id>/resend")
@form_on(_MEMBERS)
@signed_in
def resend(company_id: str, invitation_id: str) -> ResponseReturnValue:
    done = lazy_gettext("We sent the invitation again. The earlier link has ended.")
    return _change(company_id, invitation_id, RESEND_INVITATION, done)


@bp.post("/invitations/<invitation_id>/revoke")
@form_on(_MEMBERS)
@signed_in
def revoke(company_id: str, invitation_id: str) -> ResponseReturnValue:
    done = lazy_gettext("The invitation is withdrawn. Its link has ended.")
    return _change(company_id, invitation_id, REVOKE_INVITATION, done)


@bp.post("/invitations/<invitation_id>/approve")
@form_on(_MEMBERS)
@signed_in
def approve(company_id: str, invitation_id: str) -> ResponseReturnValue:
    done = lazy_gettext("They are a member now.")
    return _change(company_id, invitation_id, APPROVE_INVITATION, done)


def _change(
    company_id: str,
    invitation_id: str,
    method: Method[ChangeInvitation, ResponseT],
    done: LazyString,
) -> ResponseReturnValue:
    wanted = ChangeInvitation(invitation_id=read_uuid(invitation_id))
    return change_and_say(read_uuid(company_id), method, wanted, done)
