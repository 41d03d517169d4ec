"""Handing over a company: an owner offers it, and a member accepts."""

from datetime import datetime
from uuid import UUID

from shared.contract import Effect, Method, Nothing, Request, Response
from shared.contracts.identity.name import NAME
from shared.permissions import Permission


class OfferOwnership(Request, frozen=True, kw_only=True):
    """``stays_owner``: the giver stays an owner too, else becomes an administrator."""

    user_id: UUID
    stays_owner: bool = False


class AnswerOwnership(Request, frozen=True, kw_only=True):
    pass


class OwnershipOffer(Response, frozen=True, kw_only=True):
    """An open offer; both people are members."""

    from_user_id: UUID
    to_user_id: UUID
    stays_owner: bool
    expires_at: datetime


OFFER_OWNERSHIP = Method(
    NAME,
    "offer_ownership",
    OfferOwnership,
    OwnershipOffer,
    Permission.MANAGE_OWNERSHIP,
    Effect.CHANGE,
    needs_proof=True,
    recorded=("user_id",),
)
"""Replaces an offer that is open. NotFound ``no_such_member``; Conflict
``already_owner``."""

WITHDRAW_OWNERSHIP = Method(
    NAME,
    "withdraw_ownership",
    AnswerOwnership,
    Nothing,
    Permission.MANAGE_OWNERSHIP,
    Effect.CHANGE,
)
"""NotFound ``no_ownership_offer``."""

ACCEPT_OWNERSHIP = Method(
    NAME,
    "accept_ownership",
    AnswerOwnership,
    Nothing,
    Permission.READ_COMPANY,
    Effect.CHANGE,
    needs_proof=True,
)
"""By the member to whom it was offered. NotFound ``no_ownership_offer``, also if it has
expired, is another's, or the giver is not an owner any more."""

DECLINE_OWNERSHIP = Method(
    NAME,
    "decline_ownership",
    AnswerOwnership,
    Nothing,
    Permission.READ_COMPANY,
    Effect.CHANGE,
)
"""As `ACCEPT_OWNERSHIP`."""

METHODS = (OFFER_OWNERSHIP, WITHDRAW_OWNERSHIP, ACCEPT_OWNERSHIP, DECLINE_OWNERSHIP)
