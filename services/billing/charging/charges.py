"""What is taken from a wallet for services: one entry of the ledger, a row for each."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from services.billing.charging.paid_time import MICROSECOND, Span
from services.billing.ledger.entries import Reason, credit, debit, ensure_account, post
from services.billing.models.charging import (
    Charge,
    PastPrice,
    Subscription,
    WriteOff,
)
from services.billing.models.ledger import AccountKind, EntryKind, Wallet
from shared.contracts.billing.charging import ChargeKind
from shared.contracts.notes import Note, NoteCode
from shared.money import Money, currency_of
from shared.rpc.change import Change

_ROWS = 100
"""Read at a time: mostly one is enough."""

_NONE = Span(timedelta(0), 0)


@dataclass(frozen=True)
class Taking:
    """``amount`` for a service's time; negative when it is given back."""

    service: Subscription
    kind: ChargeKind
    starts_at: datetime
    ends_at: datetime
    amount: Decimal


def take(
    change: Change, wallet: Wallet, kind: EntryKind, takings: Sequence[Taking]
) -> None:
    """Move the sum of ``takings`` between a locked wallet and the revenue.

    The caller has checked that the wallet can pay, and emits the event.
    """
    rows = [each for each in takings if each.amount]
    if not rows:
        return
    total = sum((each.amount for each in rows), Decimal(0))
    entry_id = change.runtime.new_id() if total else None
    if entry_id is not None:
        services = {each.service.service_id for each in rows}
        post_sum(change, wallet, Entry(entry_id, kind, total, len(services)))
    change.db.execute(
        insert(Charge),
        [
            {
                "service_id": each.service.service_id,
                "starts_at": _free_start(change, each),
                "kind": each.kind,
                "ends_at": each.ends_at,
                "company_id": wallet.company_id,
                "currency": wallet.currency,
                "amount": each.amount,
                "periods": 1,
                "entry_id": entry_id,
                "charged_at": change.call.now,
            }
            for each in rows
        ],
    )


def charged_before_last(change: Change, service: Subscription) -> Generator[Span]:
    """The periods charged before the last one, backwards; merged hours are one span."""
    assert service.paid_from is not None
    assert service.paid_through is not None
    rows = change.db.execute(
        select(Charge.starts_at, Charge.ends_at, Charge.periods)
        .where(
            Charge.service_id == service.service_id, Charge.kind == ChargeKind.CHARGE
        )
        .order_by(Charge.starts_at.desc())
        .execution_options(yield_per=_ROWS)
    )
    last = Span(service.paid_through - service.paid_from)
    with rows:
        for starts_at, ends_at, periods in rows:
            span = Span(ends_at - starts_at - last.length, periods - last.periods)
            if span.periods:
                yield span
            last = _NONE


def charged_for(change: Change, service: Subscription) -> Decimal:
    """Return a service's charges less refunds of unused time."""
    charged = select(func.coalesce(func.sum(Charge.amount), 0)).where(
        Charge.service_id == service.service_id
    )
    return change.db.scalars(charged).one()


def write_off(change: Change, service: Subscription, at: datetime) -> None:
    """Note what a service owes when it ends unpaid."""
    change.db.add(
        WriteOff(
            service_id=service.service_id,
            at=at,
            company_id=service.company_id,
            currency=service.currency,
            amount=service.owed,
        )
    )


def keep_price(change: Change, service: Subscription, until: datetime) -> None:
    """Keep the price that a service has, before it changes or the service ends.

    Time after the paid period of one that was to end with it is not charged, and
    neither are earlier periods when a free one gets a price: they leave no charges.
    """
    if service.ends is not None and service.paid_through is not None:
        until = min(until, service.paid_through)
    if not service.price and service.paid_from is not None:
        until = max(until, service.paid_from)
    change.db.execute(
        insert(PastPrice)
        .values(
            service_id=service.service_id,
            until=until,
            company_id=service.company_id,
            price=service.price,
            suspended_us=service.suspended_us,
        )
        # A price may change twice at one moment.
        .on_conflict_do_nothing()
    )


@dataclass(frozen=True)
class Entry:
    """A sum taken for so many services; negative when it is given back."""

    id: UUID
    kind: EntryKind
    total: Decimal
    service_count: int


def post_sum(change: Change, wallet: Wallet, entry: Entry) -> None:
    revenue = ensure_account(change, AccountKind.REVENUE, wallet.currency)
    money = Money(abs(entry.total), currency_of(wallet.currency))
    payer, payee = wallet.id, revenue
    if entry.total < 0:
        payer, payee = payee, payer
    count = entry.service_count
    reason = Reason(
        company_id=wallet.company_id,
        kind=entry.kind,
        note=Note(code=NoteCode.SERVICES, parameters={"count": str(count)}),
        cause="charging",
    )
    lines = [debit(payer, money), credit(payee, money)]
    post(change, entry.id, reason, lines)


def _free_start(change: Change, taking: Taking) -> datetime:
    """A price may change twice at one moment; periods never begin twice."""
    starts_at = taking.starts_at
    while taking.kind is not ChargeKind.CHARGE and change.db.scalar(
        select(Charge.amount).where(
            Charge.service_id == taking.service.service_id,
            Charge.starts_at == starts_at,
            Charge.kind == taking.kind,
        )
    ):
        starts_at += MICROSECOND
    return starts_at
