"""Invitations: what members do with them, and what the people invited do."""

from sqlalchemy.orm import Session

from services.identity.companies import invitations
from services.identity.surface.room_methods import RoomMethods
from shared.contract import Nothing
from shared.contracts.identity.members.invitations import (
    ACCEPT_INVITATION,
    APPROVE_INVITATION,
    DECLINE_INVITATION,
    INVITE_MEMBER,
    JOIN_COMPANY,
    LIST_INVITATIONS,
    OPEN_INVITATION,
    RESEND_INVITATION,
    REVOKE_INVITATION,
    AcceptedInvitation,
    ChangeInvitation,
    Invitation,
    Invitations,
    InviteMember,
    JoinCompany,
    JoinedCompany,
    ListInvitations,
    OpenedInvitation,
)
from shared.contracts.identity.members.links import OpenLink
from shared.rpc.call import Call
from shared.rpc.service import handles, in_transaction


class InvitationMethods(RoomMethods, is_part=True):
    @in_transaction(LIST_INVITATIONS)
    def list_invitations(
        self, db: Session, call: Call, _request: ListInvitations
    ) -> Invitations:
        company_id = call.principal.require_company()
        return Invitations(
            invitations=invitations.list_invitations(db, company_id, call.now),
            needs_phone=invitations.needs_phone(db, company_id),
        )

    @in_transaction(INVITE_MEMBER)
    def invite_member(
        self, db: Session, call: Call, request: InviteMember
    ) -> Invitation:
        return invitations.invite(self.change(db, call), self._limits, request)

    @in_transaction(RESEND_INVITATION)
    def resend_invitation(
        self, db: Session, call: Call, request: ChangeInvitation
    ) -> Invitation:
        change, invitation_id = self.change(db, call), request.invitation_id
        return invitations.resend(change, self._limits, invitation_id)

    @in_transaction(REVOKE_INVITATION)
    def revoke_invitation(
        self, db: Session, call: Call, request: ChangeInvitation
    ) -> Nothing:
        invitations.revoke(self.change(db, call), request.invitation_id)
        return Nothing()

    @in_transaction(APPROVE_INVITATION)
    def approve_invitation(
        self, db: Session, call: Call, request: ChangeInvitation
    ) -> Nothing:
        invitations.approve(self.change(db, call), request.invitation_id)
        return Nothing()

    @handles(OPEN_INVITATION)
    def open_invitation(self, call: Call, request: OpenLink) -> OpenedInvitation:
        return self._accepting.open(call, request)

    @handles(ACCEPT_INVITATION)
    def accept_invitation(self, call: Call, request: OpenLink) -> AcceptedInvitation:
        return self._accepting.accept(call, request)

    @handles(JOIN_COMPANY)
    def join_company(self, call: Call, request: JoinCompany) -> JoinedCompany:
        return self._accepting.join(call, request)

    @handles(DECLINE_INVITATION)
    def decline_invitation(self, call: Call, request: OpenLink) -> Nothing:
        self._accepting.decline(call, request)
        return Nothing()
