"""What billing offers: wallets, the ledger, recurring costs, recommendations."""

from datetime import datetime
from enum import Enum
from uuid import UUID

from shared.contract import (
    Effect,
    Event,
    Method,
    Request,
    Response,
    ServiceContract,
)
from shared.contracts.billing import (
    cards,
    charging,
    documents,
    exchange_rates,
    refund_requests,
    tax,
    top_ups,
    transactions,
    wallets,
)
from shared.contracts.billing.name import NAME
from shared.contracts.billing.wallets import WalletView
from shared.contracts.inventory import Period
from shared.money import Money
from shared.permissions import Permission

__all__ = ["NAME", "WalletView"]


class Dashboard(Request, frozen=True, kw_only=True):
    pass


class Posting(Response, frozen=True, kw_only=True):
    """One movement of a wallet: ``amount`` is positive when money came in.

    ``kind`` is the journal entry's, ``balance`` the wallet's right after it.
    """

    entry_id: UUID
    at: datetime
    kind: str
    memo: str
    amount: Money
    balance: Money


class DueLine(Response, frozen=True, kw_only=True):
    """What falls due for services of one family and period within the horizon.

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
    """Recommended Add Funds and its working-out, all in the wallet's currency.

    ``amount`` = due + overdue + comfort_buffer - balance, never below zero, rounded up
    to a whole unit and to the top-up minimum. It is a net amount. ``exact`` is the sum
    before any of that, and may be negative. ``overdue`` is what has been used and could
    not be paid, and what resumes the ``overdue_service_count`` services suspended for
    payment: one period each, which begins anew now, so that what they renew for after
    it is part of ``due``; a one-time price, if it is not paid yet. A service that bears
    a termination request asks for no more money. ``due_until`` is the end of the
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


class Wallet(Response, frozen=True, kw_only=True):
    """``available`` = balance + credit_limit. ``recent`` is newest first, at most 5."""

    id: UUID
    currency: str
    is_primary: bool
    balance: Money
    credit_limit: Money
    available: Money
    comfort_buffer: Money
    recommendation: Recommendation
    recent: list[Posting]


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


class CostBreakdown(Response, frozen=True, kw_only=True):
    """Recurring Cost Breakdown of one currency: active services, normalised.

    1 year = 365 days = 8760 hours, 1 month = 730 hours. One-time prices don't count.
    Rounded to 6 decimal places.
    """

    currency: str
    hourly: Money
    daily: Money
    weekly: Money
    monthly: Money
    yearly: Money
    service_count: int
    lines: list[CostLine]


class BillingDashboard(Response, frozen=True, kw_only=True):
    """Wallets, primary first, and the costs of each currency in the same order.

    Currencies that have services but no wallet come last.
    """

    wallets: list[Wallet]
    costs: list[CostBreakdown]


class OpenWallet(Request, frozen=True, kw_only=True):
    """The first wallet of a company is its primary one."""

    company_id: UUID
    currency: str


class SetCreditLimit(Request, frozen=True, kw_only=True):
    """``limit`` is how far below zero the balance may go; zero or more."""

    company_id: UUID
    limit: Money


class SetComfortBuffer(Request, frozen=True, kw_only=True):
    """``buffer`` is what the customer wants left in the wallet; zero or more.

    ``horizon_days`` is how far ahead is looked, 1 to 366.
    """

    buffer: Money
    horizon_days: int = 30


class AdjustmentKind(Enum):
    """Why an operator moves money by hand."""

    OPENING_BALANCE = "opening_balance"
    CORRECTION = "correction"
    GOODWILL = "goodwill"


class AdjustWallet(Request, frozen=True, kw_only=True):
    """``amount`` is added to the wallet; negative to take away. Six decimal places.

    It may take the balance below the credit limit: it states what is so. ``reason`` is
    told to the customer.
    """

    company_id: UUID
    amount: Money
    kind: AdjustmentKind
    reason: str


class VerifyBooks(Request, frozen=True, kw_only=True):
    pass


class Verified(Response, frozen=True, kw_only=True):
    """What a check of the ledger and the roll-ups found; empty when all is right."""

    differences: list[str]


class RebuildRollups(Request, frozen=True, kw_only=True):
    """Of ``company_id`` alone, or else of the next ``limit`` companies by their ids.

    Safe while services change, and to be repeated.
    """

    company_id: UUID | None = None
    after_company_id: UUID | None = None
    limit: int = 20


class RebuiltRollups(Response, frozen=True, kw_only=True):
    """``last_company_id`` is None when there were no more."""

    count: int
    last_company_id: UUID | None


DASHBOARD = Method(
    NAME, "dashboard", Dashboard, BillingDashboard, Permission.READ_BILLING
)
OPEN_WALLET = Method(
    NAME, "open_wallet", OpenWallet, WalletView, Permission.OPERATE, Effect.CHANGE
)
"""Conflict ``wallet_exists``; InvalidInput ``no_such_currency``, or
``currency_not_invoiced``: it has more decimal places than an invoice."""

SET_CREDIT_LIMIT = Method(
    NAME,
    "set_credit_limit",
    SetCreditLimit,
    WalletView,
    Permission.OPERATE,
    Effect.CHANGE,
)
"""NotFound ``no_such_wallet``; InvalidInput ``bad_amount``."""

SET_COMFORT_BUFFER = Method(
    NAME,
    "set_comfort_buffer",
    SetComfortBuffer,
    WalletView,
    Permission.MANAGE_BILLING,
    Effect.CHANGE,
)
"""NotFound ``no_such_wallet`` with ``currency``; InvalidInput ``bad_amount``,
``bad_horizon`` with ``max_days``."""

ADJUST_WALLET = Method(
    NAME, "adjust_wallet", AdjustWallet, WalletView, Permission.OPERATE, Effect.CHANGE
)
"""NotFound ``no_such_wallet``; InvalidInput ``bad_amount`` (zero, more than six places,
or more than a wallet can hold), ``reason_missing``, ``bad_reason``."""

VERIFY_BOOKS = Method(NAME, "verify_books", VerifyBooks, Verified, Permission.OPERATE)

REBUILD_ROLLUPS = Method(
    NAME,
    "rebuild_rollups",
    RebuildRollups,
    RebuiltRollups,
    Permission.OPERATE,
    Effect.CHANGE,
)
"""InvalidInput ``bad_limit`` with ``max_limit``."""

WALLET_CHANGED = Event(NAME, "wallet_changed", WalletView)
"""A wallet was opened, its balance moved, or one of its settings is another."""

CONTRACT = ServiceContract(
    name=NAME,
    methods=(
        DASHBOARD,
        OPEN_WALLET,
        SET_CREDIT_LIMIT,
        SET_COMFORT_BUFFER,
        *wallets.METHODS,
        ADJUST_WALLET,
        VERIFY_BOOKS,
        *top_ups.METHODS,
        *refund_requests.METHODS,
        *cards.METHODS,
        *transactions.METHODS,
        *charging.METHODS,
        *documents.METHODS,
        *exchange_rates.METHODS,
        REBUILD_ROLLUPS,
        *tax.METHODS,
    ),
    events=(
        WALLET_CHANGED,
        *charging.EVENTS,
        *documents.EVENTS,
        *tax.EVENTS,
        *top_ups.EVENTS,
    ),
)
