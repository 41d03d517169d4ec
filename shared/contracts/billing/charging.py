"""Charging: charges of services, and the events for inventory."""

from datetime import date, datetime
from enum import Enum
from uuid import UUID

from shared.contract import Effect, Event, Method, Nothing, Request, Response
from shared.contracts.billing.name import NAME
from shared.contracts.billing.transactions import Transaction
from shared.money import Money
from shared.permissions import Permission


class ChargeDue(Request, frozen=True, kw_only=True):
    """Charge the next ``limit`` wallets after one, in the order of their ids.

    ``dry_run`` returns what would be charged and changes nothing.
    """

    dry_run: bool = False
    after_wallet_id: UUID | None = None
    limit: int = 50


class ChargedSum(Response, frozen=True, kw_only=True):
    """``periods`` of ``services``; in a dry run, whether or not there is money."""

    services: int
    periods: int
    amount: Money


class Charged(Response, frozen=True, kw_only=True):
    """``last_wallet_id`` is None when there were no more. ``sums`` are by currency."""

    wallets: int
    sums: list[ChargedSum]
    last_wallet_id: UUID | None


class ChargeKind(Enum):
    CHARGE = "charge"
    GRACE = "grace"
    """What was used before it could be paid."""
    PRORATION = "proration"
    """The difference of a new price within a paid period."""
    CREDIT = "credit"
    """Paid time of a service that ended."""


class ListCharges(Request, frozen=True, kw_only=True):
    """Narrowed to a service, an entry of the ledger, a day (UTC); the newest first."""

    service_id: UUID | None = None
    entry_id: UUID | None = None
    day: date | None = None
    cursor: str | None = None
    limit: int = 25


class ChargeRow(Response, frozen=True, kw_only=True):
    """``amount`` was charged for [``starts_at``, ``ends_at``), or credited if negative.

    ``entry_id`` is None once the hours of a past day are merged into one row of
    ``periods``: then the day opens to its services.
    """

    service_id: UUID
    kind: ChargeKind
    starts_at: datetime
    ends_at: datetime
    amount: Money
    periods: int
    entry_id: UUID | None
    charged_at: datetime


class ChargePage(Response, frozen=True, kw_only=True):
    """``next`` is the cursor of older charges, None at the end.

    ``transaction`` is the one that an entry made, where it is narrowed to an entry, and
    alone says what that came to once its hours are summed up.
    """

    charges: list[ChargeRow]
    next: str | None
    transaction: Transaction | None = None


class FundsExhausted(Response, frozen=True, kw_only=True):
    """A balance doesn't cover all services; they continue ``until`` then."""

    wallet_id: UUID
    lacking: Money
    until: datetime


class ServicePayment(Response, frozen=True, kw_only=True):
    """``version`` grows with each event about the service's payment."""

    service_id: UUID
    version: int


class PaymentNews(Response, frozen=True, kw_only=True):
    """At most 500 services of one company."""

    services: list[ServicePayment]


class GetSubscription(Request, frozen=True, kw_only=True):
    service_id: UUID


class Subscription(Response, frozen=True, kw_only=True):
    """What a service has paid and owes, in its currency.

    ``paid_through`` is None while nothing is paid, and for one-time prices.
    ``renewal`` is charged then; None if it doesn't renew. ``owed`` is what was used and
    not paid, or remains from a new price, including ``new_period``,
    which a service suspended for payment resumes with. ``all_owed`` is the same of all
    services that one wallet pays, the oldest debts first; ``available``, what that
    wallet has, credit included; ``missing``, what it lacks for all of them, rounded up
    to what can be paid.
    """

    service_id: UUID
    paid_through: datetime | None
    renewal: Money | None
    owed: Money
    new_period: Money
    all_owed: Money
    available: Money
    missing: Money


class FoundSubscription(Response, frozen=True, kw_only=True):
    """None while billing doesn't have this service of the company."""

    subscription: Subscription | None


class RepublishPayments(Request, frozen=True, kw_only=True):
    pass


CHARGE_DUE = Method(
    NAME, "charge_due", ChargeDue, Charged, Permission.OPERATE, Effect.ONCE
)
"""InvalidInput ``bad_limit`` with ``max_limit``."""

LIST_CHARGES = Method(
    NAME, "list_charges", ListCharges, ChargePage, Permission.READ_BILLING
)
"""InvalidInput ``bad_cursor``, ``bad_day`` with ``value``, ``bad_limit`` with
``max_limit``."""

GET_SUBSCRIPTION = Method(
    NAME,
    "get_subscription",
    GetSubscription,
    FoundSubscription,
    Permission.READ_BILLING,
)

REPUBLISH_PAYMENTS = Method(
    NAME,
    "republish_payments",
    RepublishPayments,
    Nothing,
    Permission.OPERATE,
    Effect.CHANGE,
)
"""Sends inventory all services to suspend, resume or terminate again."""

METHODS = (CHARGE_DUE, LIST_CHARGES, GET_SUBSCRIPTION, REPUBLISH_PAYMENTS)

FUNDS_EXHAUSTED = Event(NAME, "funds_exhausted", FundsExhausted)
SERVICES_OVERDUE = Event(NAME, "services_overdue", PaymentNews)
"""Their grace period is over."""

FUNDS_RESTORED = Event(NAME, "funds_restored", PaymentNews)
"""Services suspended for payment are paid again."""

PERIODS_ENDED = Event(NAME, "periods_ended", PaymentNews)
"""Services that end with their period have used up their paid time."""

EVENTS = (FUNDS_EXHAUSTED, SERVICES_OVERDUE, FUNDS_RESTORED, PERIODS_ENDED)
