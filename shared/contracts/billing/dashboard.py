"""The dashboard: balances, recommendations and recurring costs."""

from datetime import datetime
from enum import Enum
from uuid import UUID

import msgspec

from shared.contract import Method, Request, Response
from shared.contracts.billing.name import NAME
from shared.contracts.inventory.services import Period
from shared.contracts.notes import Note
from shared.money import Money
from shared.permissions import Permission


class Dashboard(Request, frozen=True, kw_only=True):
    pass


class Posting(Response, frozen=True, kw_only=True):
    """One movement of a wallet: ``amount`` is positive when money came in.

    ``kind`` is the journal entry's, ``note`` why, as a code with parameters;
    ``balance`` is the wallet's right after it.
    """

    entry_id: UUID
    at: datetime
    kind: str
    note: Note
    amount: Money
    balance: Money


class DueLine(Response, frozen=True, kw_only=True):
    """What is due for services of one family and period within the horizon.

    ``service_count`` are those with at least one charge in it. Each charge is the price
    rounded to six places. ``after_resuming``: they are suspended for payment, and this
    is what they renew for once resumed, beside the period that resumes them.
    """

    family_code: str
    family_name: str
    period: Period
    service_count: int
    amount: Money
    after_resuming: bool = False


class Recommendation(Response, frozen=True, kw_only=True):
    """Recommended Add Funds with its parts, all in the wallet's currency.

    ``amount`` = due + overdue + comfort_buffer - balance, never below zero, rounded up
    to a whole unit and to the top-up minimum. It is a net amount. ``exact`` is the sum
    before any of that, and may be negative. ``overdue`` is what has been used and could
    not be paid, and what resumes the ``overdue_service_count`` services suspended for
    payment: one period each, starting now, so that what they renew for after
    it is part of ``due``; a one-time price, if it is not paid yet. A service that has
    a termination request needs no more money. ``due_until`` is the end of the
    horizon (UTC).
    """

    amount: Money
    due: Money
    overdue: Money
    overdue_service_count: int
    comfort_buffer: Money
    balance: Money
    exact: Money
    minimum: Money
    horizon_days: int
    due_until: datetime
    due_lines: list[DueLine]


class BalanceLevel(Enum):
    """Whether a balance asks for attention."""

    FINE = "fine"
    LOW = "low"
    """It covers less than `LOW_DAYS` of what active services cost."""
    BELOW_ZERO = "below_zero"


LOW_DAYS = 3


class Wallet(Response, frozen=True, kw_only=True):
    """``available`` = balance + credit_limit. ``recent`` is newest first, at most 5.

    ``level`` is fine for an older billing, which doesn't send it.
    """

    id: UUID
    currency: str
    is_primary: bool
    balance: Money
    credit_limit: Money
    available: Money
    comfort_buffer: Money
    recommendation: Recommendation
    recent: list[Posting]
    level: BalanceLevel = BalanceLevel.FINE


class CostLine(Response, frozen=True, kw_only=True):
    """Active services of one family and period.

    ``amount`` is their prices' sum per ``period``; ``monthly`` the same normalised.
    Both are rounded to six places, once each.
    """

    family_code: str
    family_name: str
    period: Period
    service_count: int
    amount: Money
    monthly: Money


class FamilyCosts(Response, frozen=True, kw_only=True):
    """Active services of one family, normalised: what they cost for each period."""

    family_code: str
    family_name: str
    service_count: int
    hourly: Money
    daily: Money
    weekly: Money
    monthly: Money
    yearly: Money


class CostBreakdown(Response, frozen=True, kw_only=True):
    """Recurring Cost Breakdown of one currency: active services, normalised.

    1 year = 365 days = 8760 hours, 1 month = 730 hours. One-time prices don't count.
    Rounded to 6 decimal places, once each. ``families``, the most expensive first, are
    empty for an older billing, which doesn't send them.
    """

    currency: str
    hourly: Money
    daily: Money
    weekly: Money
    monthly: Money
    yearly: Money
    service_count: int
    lines: list[CostLine]
    families: list[FamilyCosts] = msgspec.field(default_factory=list)


class BillingDashboard(Response, frozen=True, kw_only=True):
    """Wallets, primary first, and the costs of each currency in the same order.

    Currencies that have services but no wallet come last. ``catching_up_since`` is set
    while billing is behind with changes of services: changes from then on
    may not be in the costs yet.
    """

    wallets: list[Wallet]
    costs: list[CostBreakdown]
    catching_up_since: datetime | None = None


DASHBOARD = Method(
    NAME, "dashboard", Dashboard, BillingDashboard, Permission.READ_BILLING
)

METHODS = (DASHBOARD,)
