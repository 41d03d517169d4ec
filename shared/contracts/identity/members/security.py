"""Two-factor authentication of a company's members: reminding, and requiring it."""

from uuid import UUID

from shared.contract import Effect, Method, Nothing, Request
from shared.contracts.identity.name import NAME
from shared.permissions import Permission


class RemindMember(Request, frozen=True, kw_only=True):
    user_id: UUID


class RequireTwoFactor(Request, frozen=True, kw_only=True):
    is_required: bool


REMIND_MEMBER = Method(
    NAME,
    "remind_member",
    RemindMember,
    Nothing,
    Permission.MANAGE_MEMBERS,
    Effect.CHANGE,
    recorded=("user_id",),
)
"""Asks a member to turn on Two-Factor Authentication, at most once a day. NotFound
``no_such_member``; Conflict ``two_factor_is_on``; Throttled ``too_many_reminders``."""

REQUIRE_TWO_FACTOR = Method(
    NAME,
    "require_two_factor",
    RequireTwoFactor,
    Nothing,
    Permission.MANAGE_MEMBERS,
    Effect.CHANGE,
    needs_proof=True,
    recorded=("is_required",),
)
"""Members without a factor may then act for this company only once they have one."""

METHODS = (REMIND_MEMBER, REQUIRE_TWO_FACTOR)
