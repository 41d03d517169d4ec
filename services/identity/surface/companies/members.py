"""The members of a company, their roles, and who owns it."""

from sqlalchemy.orm import Session

from services.identity import memberships, roles
from services.identity.companies import (
    companies,
    members,
    ownership,
    required_factor,
)
from services.identity.people import users
from services.identity.surface.room_methods import RoomMethods
from shared.contract import Nothing
from shared.contracts import identity
from shared.rpc.call import Call
from shared.rpc.service import handles, in_transaction


class MemberMethods(RoomMethods, is_part=True):
    @handles(identity.members.roles.LIST_ROLES)
    def list_roles(
        self, _call: Call, _request: identity.members.roles.ListRoles
    ) -> identity.members.roles.RoleTable:
        return roles.view()

    @in_transaction(identity.memberships.LIST_MEMBERS)
    def list_members(
        self, db: Session, call: Call, _request: identity.memberships.ListMembers
    ) -> identity.memberships.Members:
        return members.list_members(db, call)

    @in_transaction(identity.memberships.ADD_MEMBER)
    def add_member(
        self, db: Session, call: Call, request: identity.memberships.AddMember
    ) -> identity.memberships.Membership:
        companies.get_company(db, request.company_id)
        users.get_user(db, request.user_id)
        change = self.change(db, call)
        return memberships.add_member(change, request)

    @in_transaction(identity.members.roles.CHANGE_ROLE)
    def change_role(
        self, db: Session, call: Call, request: identity.members.roles.ChangeRole
    ) -> identity.memberships.Membership:
        return members.change_role(self.change(db, call), request)

    @in_transaction(identity.members.roles.REMOVE_MEMBER)
    def remove_member(
        self, db: Session, call: Call, request: identity.members.roles.RemoveMember
    ) -> identity.memberships.Membership:
        return members.remove_member(self.change(db, call), request.user_id)

    @in_transaction(identity.members.roles.LEAVE_COMPANY, spans_companies=True)
    def leave_company(
        self, db: Session, call: Call, _request: identity.members.roles.LeaveCompany
    ) -> identity.memberships.Membership:
        return members.leave_company(self.change(db, call))

    @in_transaction(identity.members.security.REMIND_MEMBER)
    def remind_member(
        self, db: Session, call: Call, request: identity.members.security.RemindMember
    ) -> Nothing:
        members.remind_member(self.change(db, call), self._limits, request.user_id)
        return Nothing()

    @in_transaction(identity.members.security.REQUIRE_TWO_FACTOR)
    def require_two_factor(
        self,
        db: Session,
        call: Call,
        request: identity.members.security.RequireTwoFactor,
    ) -> Nothing:
        change = self.change(db, call)
        required_factor.require_two_factor(change, is_required=request.is_required)
        return Nothing()

    @in_transaction(identity.members.ownership.OFFER_OWNERSHIP)
    def offer_ownership(
        self,
        db: Session,
        call: Call,
        request: identity.members.ownership.OfferOwnership,
    ) -> identity.members.ownership.OwnershipOffer:
        return ownership.offer(self.change(db, call), request)

    @in_transaction(identity.members.ownership.WITHDRAW_OWNERSHIP)
    def withdraw_ownership(
        self,
        db: Session,
        call: Call,
        _request: identity.members.ownership.AnswerOwnership,
    ) -> Nothing:
        ownership.withdraw(self.change(db, call))
        return Nothing()

    @in_transaction(identity.members.ownership.ACCEPT_OWNERSHIP)
    def accept_ownership(
        self,
        db: Session,
        call: Call,
        _request: identity.members.ownership.AnswerOwnership,
    ) -> Nothing:
        ownership.accept(self.change(db, call))
        return Nothing()

    @in_transaction(identity.members.ownership.DECLINE_OWNERSHIP)
    def decline_ownership(
        self,
        db: Session,
        call: Call,
        _request: identity.members.ownership.AnswerOwnership,
    ) -> Nothing:
        ownership.decline(self.change(db, call))
        return Nothing()
