"""The effects of a paid top-up: what was charged at once.

Charging follows within a moment; nothing notes down which money a charge was paid from,
so what counts as its effect are the charges that come right after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from services.billing.forecast.settlement import foresee
from services.billing.models.charging import Charge
from services.billing.models.ledger import EntryKind, JournalEntry, Wallet
from services.billing.models.payments import PAID, Payment
from services.billing.models.top_ups import TopUp
from services.billing.models.transactions import Transaction
from services.billing.top_ups.lifecycle import get
from services.billing.top_ups.views import payments_of
from shared.contracts.billing.settlement import (
    MOST_DEBTS,
    FoundEffects,
    GetTopUpEffects,
    ServiceCharge,
    TopUpEffects,
)
from shared.money import Money, currency_of

AT_ONCE = timedelta(minutes=5)
"""Charges that come later have reasons of their own."""

_MOST_ENTRIES = 20


@dataclass(frozen=True)
class _Movements:
    """The first payment's, and the charges right after it, oldest first."""

    payment: Payment
    paid: Transaction
    charges: Sequence[Transaction]

    @property
    def after(self) -> Decimal:
        last = self.charges[-1] if self.charges else self.paid
        return last.balance


def find(session: Session, request: GetTopUpEffects, now: datetime) -> FoundEffects:
    """Read them; the session is the company's.

    Raises:
        NotFound: ``no_such_top_up``.
    """
    top_up = get(session, request.top_up_id)
    movements = _read(session, top_up)
    if movements is None:
        return FoundEffects(effects=None)
    wallet = session.scalars(select(Wallet).where(Wallet.id == top_up.wallet_id)).one()
    waiting = foresee(session, wallet, Decimal(0), now).settlement
    charges, count = _by_service(session, movements)
    currency = currency_of(top_up.currency)
    paid_at = movements.payment.settled_at or movements.paid.at
    return FoundEffects(
        effects=TopUpEffects(
            paid_at=paid_at,
            before=Money(movements.paid.balance - movements.paid.amount, currency),
            credited=Money(movements.paid.amount, currency),
            charged=Money(movements.paid.balance - movements.after, currency),
            charges=charges,
            charged_count=count,
            after=Money(movements.after, currency),
            is_settling=waiting.charged.amount > 0 and now - paid_at < AT_ONCE,
            waiting=waiting,
        )
    )


def _read(session: Session, top_up: TopUp) -> _Movements | None:
    paid = [each for each in payments_of(session, top_up) if each.state in PAID]
    if not paid:
        return None
    payment = min(paid, key=lambda each: each.settled_at or each.created_at)
    credited = session.scalars(
        select(Transaction)
        .join(JournalEntry, JournalEntry.id == Transaction.entry_id)
        .where(
            Transaction.currency == top_up.currency,
            Transaction.kind == EntryKind.TOP_UP,
            Transaction.at >= payment.settled_at,
            JournalEntry.cause == f"payment:{payment.id}",
        )
        .order_by(Transaction.at, Transaction.number)
        .limit(1)
    ).one_or_none()
    if credited is None:
        return None
    return _Movements(payment, credited, _charges_after(session, credited))


def _charges_after(session: Session, paid: Transaction) -> list[Transaction]:
    """Read the charges that follow a movement with nothing else in between."""
    following = session.scalars(
        select(Transaction)
        .where(
            Transaction.currency == paid.currency,
            tuple_(Transaction.at, Transaction.number) > (paid.at, paid.number),
            Transaction.at <= paid.at + AT_ONCE,
        )
        .order_by(Transaction.at, Transaction.number)
        .limit(_MOST_ENTRIES)
    )
    charges = []
    for each in following:
        if each.kind is not EntryKind.CHARGE:
            break
        charges.append(each)
    return charges


def _by_service(
    session: Session, movements: _Movements
) -> tuple[list[ServiceCharge], int]:
    """The largest sums by service, and how many services there are."""
    entries = [each.entry_id for each in movements.charges]
    total = func.sum(Charge.amount)
    sums = (
        select(Charge.service_id, total)
        .where(Charge.entry_id.in_(entries))
        .group_by(Charge.service_id)
        .order_by(total.desc(), Charge.service_id)
    )
    rows = session.execute(sums).all()
    currency = currency_of(movements.paid.currency)
    largest = [
        ServiceCharge(service_id=service_id, amount=Money(amount, currency))
        for service_id, amount in rows[:MOST_DEBTS]
    ]
    return largest, len(rows)
