"""Sums per company, kept with every change of a service, that the dashboard reads.

`contributions` says what one service adds to which rows. Keeping, rebuilding and
verifying all go by it, so they can't disagree.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.billing.companies import lock_company, time_zone_of
from services.billing.models import (
    Grain,
    RecurringCost,
    Renewal,
    Standing,
    Subscription,
)
from services.billing.slots import slots_of
from shared.contracts.inventory import Period, ServiceState, SuspensionReason
from shared.money import Money, currency_of, round_to_ledger

BATCH = 1000
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
_MODELS: Mapping[type[Key], type[RecurringCost | Renewal]] = {
    CostKey: RecurringCost,
    RenewalKey: Renewal,
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
    standing = standing_of(service)
    if standing is None:
        return
    whose = service.company_id, service.currency
    charge = Sum(1, charge_of(service))
    cost_key = CostKey(
        *whose, service.family_code, service.family_name, service.period, standing
    )
    if standing is Standing.OVERDUE:
        yield cost_key, charge
        return
    yield cost_key, Sum(1, service.price)
    if service.ends is None:
        assert service.activated_at is not None
        slots = slots_of(service.activated_at, service.period, zone)
        for grain, slot in slots.items():
            key = RenewalKey(*whose, service.period, grain, slot, service.family_code)
            yield key, charge


def standing_of(service: Subscription) -> Standing | None:
    """How it weighs: a one-time price never does."""
    if service.period is Period.ONCE:
        return None
    if service.state is ServiceState.ACTIVE:
        return Standing.ACTIVE
    awaits_payment = service.suspension_reason is SuspensionReason.PAYMENT
    is_suspended = service.state is ServiceState.SUSPENDED
    if is_suspended and awaits_payment and service.ends is None:
        return Standing.OVERDUE
    return None


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
    for model in (RecurringCost, Renewal):
        session.execute(delete(model).where(model.company_id == company_id))
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
    for key_type, model in _MODELS.items():
        columns = model.__table__.c
        wanted = select(
            *(columns[name] for name in key_type._fields),
            columns.service_count,
            columns.amount,
        ).where(columns.company_id == company_id)
        for *key, count, amount in session.execute(wanted):
            sums[key_type(*key)] = Sum(count, amount)
    return sums


def _add(session: Session, changes: Mapping[Key, Sum]) -> None:
    for key_type, model in _MODELS.items():
        ours = [key for key in changes if isinstance(key, key_type)]
        for start in range(0, len(ours), BATCH):
            keys = ours[start : start + BATCH]
            _add_rows(session, model, key_type, {key: changes[key] for key in keys})


def _add_rows(
    session: Session,
    model: type[RecurringCost | Renewal],
    key_type: type[Key],
    changes: Mapping[Key, Sum],
) -> None:
    rows = [{**key._asdict(), **vars(change)} for key, change in changes.items()]
    addition = insert(model).values(rows)
    session.execute(
        addition.on_conflict_do_update(
            index_elements=key_type._fields,
            set_={
                "service_count": model.service_count + addition.excluded.service_count,
                "amount": model.amount + addition.excluded.amount,
            },
        )
    )
    shrunk = [key for key, change in changes.items() if change.service_count < 0]
    if shrunk:
        columns = [getattr(model, name) for name in key_type._fields]
        empty = tuple_(*columns).in_(shrunk), model.service_count == 0
        session.execute(
            delete(model).where(*empty),
            execution_options={"synchronize_session": False},
        )
