"""Sums per company, kept with every change of a service, that the dashboard reads.

`contributions` says what one service adds to which rows. Keeping, rebuilding and
verifying all go by it, so they can't disagree.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Table, delete, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.orm import Session

from services.billing.charging.slots import slots_of
from services.billing.models.charging import (
    Grain,
    RecurringCost,
    Renewal,
    Standing,
    Subscription,
)
from services.billing.parties.companies import lock_company, time_zone_of
from shared.contracts.inventory import Period, ServiceState, SuspensionReason
from shared.money import Money, currency_of, round_to_ledger

BATCH = 5000
"""Rows read or written by one statement."""


class CostKey(NamedTuple):
    """The primary key of a row of `RecurringCost`."""

    company_id: UUID
    currency: str
    family_code: str
    family_name: str
    period: Period
    standing: Standing


class RenewalKey(NamedTuple):
    """The primary key of a row of `Renewal`."""

    company_id: UUID
    currency: str
    period: Period
    grain: Grain
    slot: int
    family_code: str


Key = CostKey | RenewalKey


_TABLES: Mapping[type[Key], Table] = {
    CostKey: cast("Table", RecurringCost.__table__),
    RenewalKey: cast("Table", Renewal.__table__),
}


@dataclass(frozen=True)
class Sum:
    service_count: int = 0
    amount: Decimal = Decimal(0)

    def __add__(self, other: "Sum") -> "Sum":
        count = self.service_count + other.service_count
        return Sum(count, self.amount + other.amount)

    def __neg__(self) -> "Sum":
        return Sum(-self.service_count, -self.amount)


Contribution = tuple[Key, Sum]
Sums = defaultdict[Key, Sum]


def contributions(service: Subscription, zone: ZoneInfo) -> Iterator[Contribution]:
    """What the service adds to the roll-ups; nothing when it neither runs nor owes."""
    charge = charge_of(service)
    for standing, amount in costs(service):
        key = CostKey(
            service.company_id,
            service.currency,
            service.family_code,
            service.family_name,
            service.period,
            standing,
        )
        yield key, Sum(1, amount)
    if renews(service):
        anchor = service.anchor or service.activated_at
        assert anchor is not None
        for grain, slot in slots_of(anchor, service.period, zone).items():
            renewal = RenewalKey(
                service.company_id,
                service.currency,
                service.period,
                grain,
                slot,
                service.family_code,
            )
            yield renewal, Sum(1, charge)


def renews(service: Subscription) -> bool:
    is_active = service.state is ServiceState.ACTIVE
    return is_active and service.ends is None and service.period is not Period.ONCE


def costs(service: Subscription) -> Iterator[tuple[Standing, Decimal]]:
    """Its price while it runs, and what it owes; at most one of each standing."""
    charge = charge_of(service)
    recurs = service.period is not Period.ONCE
    if service.state is ServiceState.ACTIVE:
        if recurs:
            yield Standing.ACTIVE, service.price
        arrears = service.unpaid_periods * charge + service.owed
        if arrears and service.ends is None:
            yield Standing.ARREARS, arrears
    elif waits_for_money(service) and not is_paid(service):
        if not has_paid_time(service):
            yield Standing.OVERDUE, charge
        if service.owed:
            yield Standing.OWED, service.owed


def waits_for_money(service: Subscription) -> bool:
    """Whether it is suspended, and money is all that it takes to resume it."""
    awaits_payment = service.suspension_reason is SuspensionReason.PAYMENT
    is_suspended = service.state is ServiceState.SUSPENDED
    return is_suspended and awaits_payment and service.ends is None


def is_paid(service: Subscription) -> bool:
    """Whether money is all there for a suspended service to go on."""
    return not service.owed and has_paid_time(service)


def has_paid_time(service: Subscription) -> bool:
    """Whether a suspended service needs no new period to go on.

    A one-time price is paid once, here or before it came here: then nothing is due any
    more. Any other service has paid time left that was charged here; what it owes is
    what a price change left.
    """
    until, since = service.paid_through, service.suspended_at
    if service.period is Period.ONCE:
        return until is None
    is_ahead = until is not None and since is not None and until > since
    return service.is_charged and is_ahead


def charge_of(service: Subscription) -> Decimal:
    """What one period is charged: the price, rounded to the ledger's places."""
    price = Money(service.price, currency_of(service.currency))
    return round_to_ledger(price).amount


def replace(
    session: Session, before: Iterable[Contribution], after: Iterable[Contribution]
) -> None:
    """Take away what a service added before and add what it adds now."""
    changes: Sums = defaultdict(Sum)
    for key, amount in before:
        changes[key] += -amount
    for key, amount in after:
        changes[key] += amount
    _add(session, {key: change for key, change in changes.items() if change != Sum()})


def rebuild(session: Session, company_id: UUID) -> None:
    """Make one company's roll-ups anew, from its subscriptions."""
    lock_company(session, company_id)
    for table in _TABLES.values():
        session.execute(delete(table).where(table.c.company_id == company_id))
    _add(session, expected_sums(session, company_id))


def expected_sums(session: Session, company_id: UUID) -> Sums:
    """What a company's roll-ups must be, by its subscriptions."""
    zone = time_zone_of(session, company_id)
    sums: Sums = defaultdict(Sum)
    wanted = (
        select(Subscription)
        .where(Subscription.company_id == company_id)
        .order_by(Subscription.service_id)
        .limit(BATCH)
    )
    page = session.scalars(wanted).all()
    while page:
        for service in page:
            for key, amount in contributions(service, zone):
                sums[key] += amount
        last_id = page[-1].service_id
        session.expunge_all()
        page = session.scalars(wanted.where(Subscription.service_id > last_id)).all()
    return sums


def stored_sums(session: Session, company_id: UUID) -> Mapping[Key, Sum]:
    """What a company's roll-ups are."""
    sums: dict[Key, Sum] = {}
    for key_type, table in _TABLES.items():
        columns = table.c
        wanted = select(
            *(columns[name] for name in key_type._fields),
            columns.service_count,
            columns.amount,
        ).where(columns.company_id == company_id)
        for *key, count, amount in session.execute(wanted):
            sums[key_type(*key)] = Sum(count, amount)
    return sums


def _add(session: Session, changes: Mapping[Key, Sum]) -> None:
    for key_type, table in _TABLES.items():
        ours = [key for key in changes if isinstance(key, key_type)]
        for start in range(0, len(ours), BATCH):
            keys = ours[start : start + BATCH]
            rows = [(*key, *vars(changes[key]).values()) for key in keys]
            session.execute(_addition(table, rows))
            shrunk = [key for key in keys if changes[key].service_count < 0]
            _drop_empty(session, table, shrunk)


def _addition(table: Table, rows: Sequence[tuple[Any, ...]]) -> Insert:
    """Add rows, given as values of all columns, to those that have the same key."""
    # Arrays make one statement of any number of rows, which is compiled once.
    arrays = [
        literal(list(values), ARRAY(column.type))
        for column, values in zip(table.c, zip(*rows, strict=True), strict=True)
    ]
    names = [column.name for column in table.c]
    given = func.unnest(*arrays).table_valued(*names, name="given").render_derived()
    addition = insert(table).from_select(names, select(*given.c))
    return addition.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_={
            name: table.c[name] + addition.excluded[name]
            for name in ("service_count", "amount")
        },
    )


def _drop_empty(session: Session, table: Table, keys: Sequence[Key]) -> None:
    """Delete those rows that no service adds to any more."""
    if keys:
        columns = tuple_(*(table.c[name] for name in keys[0]._fields))
        session.execute(
            delete(table).where(columns.in_(keys), table.c.service_count == 0)
        )
