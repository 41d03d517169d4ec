"""Handing a service over: it goes to another company, with the time that is paid.

    offered → accepted → done
       │         └─────→ failed
       └→ declined, withdrawn, expired

An owner of the giver offers it, and an owner of the receiver accepts. Both companies
buy from the same seller, the receiver has a wallet in the service's currency, and the
giver owes nothing in it. No money moves; the receiver is charged from then on.
"""

from datetime import datetime
from enum import Enum
from uuid import UUID

from shared.contract import Effect, Event, Method, Request, Response
from shared.contracts.billing.name import NAME
from shared.contracts.inventory.services import Period
from shared.money import Money
from shared.permissions import Permission


class HandoverState(Enum):
    OFFERED = "offered"
    ACCEPTED = "accepted"
    """Agreed on; inventory is about to hand it over."""
    DONE = "done"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    FAILED = "failed"
    """The service ended before it was handed over."""


class Handover(Response, frozen=True, kw_only=True):
    """One service's way from a giver to a receiver, both of them companies.

    ``price`` is per ``period``; ``paid_through`` is up to when it is paid, None for a
    one-time price. It can be accepted until ``expires_at``. ``obstacles`` are codes of
    what an acceptance would be refused for now.
    """

    id: UUID
    service_id: UUID
    service_name: str
    family_name: str
    price: Money
    period: Period
    paid_through: datetime | None
    giver_id: UUID
    giver_name: str
    receiver_id: UUID
    receiver_name: str
    state: HandoverState
    offered_at: datetime
    expires_at: datetime
    obstacles: list[str]


class OfferService(Request, frozen=True, kw_only=True):
    """``receiver_id`` is the company that is to have the service."""

    service_id: UUID
    receiver_id: UUID


class HandoverRequest(Request, frozen=True, kw_only=True):
    handover_id: UUID


class ListHandovers(Request, frozen=True, kw_only=True):
    """Those that are open, of one service if it is given."""

    service_id: UUID | None = None


class Handovers(Response, frozen=True, kw_only=True):
    """Open ones of the caller's company: what it offers, and what it is offered."""

    handovers: list[Handover]


LIST_HANDOVERS = Method(
    NAME, "list_handovers", ListHandovers, Handovers, Permission.MANAGE_OWNERSHIP
)

GET_HANDOVER = Method(
    NAME, "get_handover", HandoverRequest, Handover, Permission.MANAGE_OWNERSHIP
)
"""NotFound ``no_such_handover``; also where the caller's company has no part in it."""

OFFER_SERVICE = Method(
    NAME,
    "offer_service",
    OfferService,
    Handover,
    Permission.MANAGE_OWNERSHIP,
    Effect.ONCE,
    needs_proof=True,
    recorded=("service_id", "receiver_id"),
)
"""The same offer again is the one that is open.

NotFound ``no_such_service``, ``no_such_receiver``; Conflict ``handover_open`` (to
another company), ``handover_to_itself``, and the giver's obstacles:
``handover_not_active``, ``handover_ending`` (its termination is requested),
``handover_owed`` (the giver owes something in the currency); Throttled
``too_many_handovers`` with ``retry_after_s``, after many that came to nothing."""

ACCEPT_HANDOVER = Method(
    NAME,
    "accept_handover",
    HandoverRequest,
    Handover,
    Permission.MANAGE_OWNERSHIP,
    Effect.ONCE,
    needs_proof=True,
    recorded=("service_id", "giver_id"),
)
"""By the receiver. NotFound ``no_such_handover``; Conflict ``handover_over`` (ended or
expired), ``company_closed``, the giver's obstacles as `OFFER_SERVICE` has them, and the
receiver's: ``handover_other_seller``, ``handover_no_wallet`` (in the currency)."""

DECLINE_HANDOVER = Method(
    NAME,
    "decline_handover",
    HandoverRequest,
    Handover,
    Permission.MANAGE_OWNERSHIP,
    Effect.ONCE,
    recorded=("service_id",),
)
"""By the receiver. NotFound ``no_such_handover``; Conflict ``handover_over``."""

WITHDRAW_HANDOVER = Method(
    NAME,
    "withdraw_handover",
    HandoverRequest,
    Handover,
    Permission.MANAGE_OWNERSHIP,
    Effect.ONCE,
    recorded=("service_id",),
)
"""By the giver. NotFound ``no_such_handover``; Conflict ``handover_over``."""

HANDOVER_CHANGED = Event(NAME, "handover_changed", Handover)
"""It was offered, or has come into another state. The event's company is the giver;
inventory hands over what is accepted, and both companies' owners are told."""

METHODS = (
    LIST_HANDOVERS,
    GET_HANDOVER,
    OFFER_SERVICE,
    ACCEPT_HANDOVER,
    DECLINE_HANDOVER,
    WITHDRAW_HANDOVER,
)
EVENTS = (HANDOVER_CHANGED,)
