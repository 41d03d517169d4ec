"""Last refunds: what closed companies have paid in and not spent.

Closing a company requests them. Its services give unused time back as they end, and a
transfer may still arrive, so the amount is that of the moment.
"""

from datetime import datetime
from uuid import UUID

from shared.contract import Effect, Method, Request, Response
from shared.contracts.billing.name import NAME
from shared.money import Money
from shared.permissions import Permission


class ListLastRefunds(Request, frozen=True, kw_only=True):
    """The oldest first; at most 100."""


class LastRefund(Response, frozen=True, kw_only=True):
    """``net`` can be refunded; the rest of ``balance`` is goodwill or fractions.

    ``live_services`` is how many services have not ended yet: the refund waits for
    them. ``seller`` is as for refund requests.
    """

    company_id: UUID
    company: str
    closed_at: datetime
    net: Money
    balance: Money
    live_services: int
    seller: str


class LastRefunds(Response, frozen=True, kw_only=True):
    refunds: list[LastRefund]


class GrantLastRefund(Request, frozen=True, kw_only=True):
    company_id: UUID
    currency: str


class LastRefundGranted(Response, frozen=True, kw_only=True):
    """What goes back: ``net`` from the wallet, and its ``tax``."""

    net: Money
    tax: Money


LIST_LAST_REFUNDS = Method(
    NAME, "list_last_refunds", ListLastRefunds, LastRefunds, Permission.OPERATE
)

GRANT_LAST_REFUND = Method(
    NAME,
    "grant_last_refund",
    GrantLastRefund,
    LastRefundGranted,
    Permission.OPERATE,
    Effect.CHANGE,
    recorded=("currency", "net"),
)
"""Refunds the newest payments first, with credit notes. NotFound ``no_such_wallet``;
Conflict ``company_open``, ``services_not_ended``, ``nothing_to_refund``."""

METHODS = (LIST_LAST_REFUNDS, GRANT_LAST_REFUND)
