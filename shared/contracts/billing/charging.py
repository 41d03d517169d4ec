"""Charging: what services were charged, and what inventory is told of it."""

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

    ``dry_run`` says what would be charged and changes nothing.
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
    """What a new price made of a period that was paid."""
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
    """``amount`` was taken for [``starts_at``, ``ends_at``), or given if negative.

    ``entry_id`` is None once the hours of a past day are one row of so many
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
    """``next`` is the cursor of what came before, None at the end.

    ``transaction`` is the one that an entry made, where it is narrowed to an entry, and
    alone says what that came to once its hours are summed up.
    """

    charges: list[ChargeRow]
    next: str | None
    transaction: Transaction | None = None


class FundsExhausted(Response, frozen=True, kw_only=True):
    """A wallet can't pay for all services; ``until`` then they go on."""

    wallet_id: UUID
    lacking: Money
    until: datetime


class ServicePayment(Response, frozen=True, kw_only=True):
    """``version`` grows with each thing said of the service's payment."""

    service_id: UUID
    version: int


class PaymentNews(Response, frozen=True, kw_only=True):
    """At most 500 services of one company."""

    services: list[ServicePayment]


class GetSubscription(Request, frozen=True, kw_only=True):
    service_id: UUID


class Subscription(Response, frozen=True, kw_only=True):
    """What a service has paid and owes, in its currency.

    ``paid_through`` is None while nothing is paid, and of a one-time price.
    ``renewal`` is charged then; None where it renews no more. ``owed`` is what it waits
    for: what was used and not paid, or left by a new price, and ``new_period`` in it,
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
    """None while billing has not heard of such a service of the company's."""

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
"""Inventory is told again of all services that it should suspend, resume or end."""

METHODS = (CHARGE_DUE, LIST_CHARGES, GET_SUBSCRIPTION, REPUBLISH_PAYMENTS)

FUNDS_EXHAUSTED = Event(NAME, "funds_exhausted", FundsExhausted)
SERVICES_OVERDUE = Event(NAME, "services_overdue", PaymentNews)
"""Their grace period is over."""

FUNDS_RESTORED = Event(NAME, "funds_restored", PaymentNews)
"""Services suspended for payment are paid again."""

PERIODS_ENDED = Event(NAME, "periods_ended", PaymentNews)
"""What is paid of services that are to end with their period is used up."""

EVENTS = (FUNDS_EXHAUSTED, SERVICES_OVERDUE, FUNDS_RESTORED, PERIODS_ENDED)
