"""Memberships: who belongs to which company, in which role."""

from datetime import datetime
from enum import Enum
from uuid import UUID

import msgspec

from shared.contract import Effect, Event, Method, Request, Response
from shared.contracts.identity.accounts.standing import Standing
from shared.contracts.identity.factors import Factor
from shared.contracts.identity.members.ownership import OwnershipOffer
from shared.contracts.identity.name import NAME
from shared.permissions import Permission


class Role(Enum):
    OWNER = "owner"
    ADMIN = "admin"
    BILLING = "billing"
    TECHNICAL = "technical"
    VIEWER = "viewer"


class CompanyMembership(Response, frozen=True, kw_only=True):
    """A company the user belongs to, and in which role.

    ``requires_two_factor``: its members need a second factor to act for it.
    """

    company_id: UUID
    company_name: str
    role: Role
    requires_two_factor: bool = False
    standing: Standing = Standing.OPEN


class ListMembers(Request, frozen=True, kw_only=True):
    pass


class Member(Response, frozen=True, kw_only=True):
    """``factors`` are an authenticator app and passkeys, without recovery codes.

    ``last_login_at`` is for who manages members, and None for others.
    """

    user_id: UUID
    name: str
    email: str
    role: Role
    two_factor_enabled: bool
    since: datetime
    factors: list[Factor] = msgspec.field(default_factory=list)
    last_login_at: datetime | None = None


class Members(Response, frozen=True, kw_only=True):
    """``offer`` is an offer of ownership that is open, if there is one."""

    members: list[Member]
    requires_two_factor: bool = False
    offer: OwnershipOffer | None = None


class AddMember(Request, frozen=True, kw_only=True):
    company_id: UUID
    user_id: UUID
    role: Role


class Membership(Response, frozen=True, kw_only=True):
    """A membership's full state; ``role`` is None once it has ended."""

    company_id: UUID
    user_id: UUID
    role: Role | None


LIST_MEMBERS = Method(
    NAME, "list_members", ListMembers, Members, Permission.READ_COMPANY
)

ADD_MEMBER = Method(
    NAME,
    "add_member",
    AddMember,
    Membership,
    Permission.OPERATE,
    Effect.CHANGE,
    recorded=("user_id", "role"),
)
"""NotFound ``no_such_user``, ``no_such_company``; Conflict ``already_member``."""
MEMBERSHIP_CHANGED = Event(NAME, "membership_changed", Membership)

METHODS = (
    LIST_MEMBERS,
    ADD_MEMBER,
)
EVENTS = (MEMBERSHIP_CHANGED,)
