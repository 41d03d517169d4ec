"""How much of a balance is goodwill: it buys services and is never paid out.

Goodwill is spent before money that was paid in. What services give back undoes the
latest charges first, so it is goodwill again as far as those were paid from it.

So is what a service gives back that another company paid before it was handed over: a
company is paid out no more than it has paid in and not spent.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from sqlalchemy import and_, select, tuple_
from sqlalchemy.orm import Session

from services.billing.models.charging import Charge
from services.billing.models.handovers import Handover
from services.billing.models.ledger import EntryKind, Wallet
from services.billing.models.transactions import Transaction
from shared.contracts.billing.handovers import HandoverState
from shared.contracts.billing.transactions import TransactionGroup

_OF_SERVICES = frozenset({EntryKind.CHARGE, EntryKind.PRORATION, EntryKind.UNUSED_TIME})
_NOTHING = Decimal(0)


@dataclass(frozen=True)
class Movement:
    """``amount`` is positive when it came in; ``balance`` is the wallet's after it.

    ``of_others`` is what of it another company paid for the service.
    """

    kind: EntryKind
    amount: Decimal
    balance: Decimal
    of_others: Decimal = _NOTHING


def unspent_goodwill(session: Session, wallet: Wallet) -> Decimal:
    """What of a locked wallet's balance is goodwill."""
    of_wallet = (
        Transaction.company_id == wallet.company_id,
        Transaction.currency == wallet.currency,
    )
    of_others = _paid_by_others(session, wallet)
    is_goodwill = (
        Transaction.group == TransactionGroup.ADJUSTMENTS,
        Transaction.kind == EntryKind.GOODWILL,
    )
    place = tuple_(Transaction.at, Transaction.number)
    first = session.execute(
        select(Transaction.at, Transaction.number)
        .where(*of_wallet, and_(*is_goodwill) | Transaction.entry_id.in_(of_others))
        .order_by(Transaction.at, Transaction.number)
        .limit(1)
    ).first()
    if first is None:
        return _NOTHING
    rows = session.execute(
        select(
            Transaction.kind,
            Transaction.amount,
            Transaction.balance,
            Transaction.entry_id,
        )
        .where(*of_wallet, place >= (first.at, first.number))
        .order_by(Transaction.at, Transaction.number)
    )
    return left_of_goodwill(
        Movement(kind, amount, balance, of_others.get(entry_id, _NOTHING))
        for kind, amount, balance, entry_id in rows
    )


def _paid_by_others(session: Session, wallet: Wallet) -> dict[UUID, Decimal]:
    """Return the entries that gave a company back more than it was charged before.

    That can only be for services that were handed over to it.
    """
    received = select(Handover.service_id).where(
        Handover.receiver_id == wallet.company_id,
        Handover.state == HandoverState.DONE,
    )
    rows = session.execute(
        select(Charge.service_id, Charge.amount, Charge.entry_id)
        .where(
            Charge.company_id == wallet.company_id,
            Charge.currency == wallet.currency,
            Charge.service_id.in_(received),
        )
        .order_by(Charge.charged_at, Charge.starts_at, Charge.kind)
    )
    of_others: dict[UUID, Decimal] = {}
    own: defaultdict[UUID, Decimal] = defaultdict(Decimal)
    for service_id, amount, entry_id in rows:
        own[service_id] += amount
        if own[service_id] < 0:
            if entry_id is not None:
                of_others[entry_id] = -own[service_id]
            own[service_id] = _NOTHING
    return of_others


def left_of_goodwill(movements: Iterable[Movement]) -> Decimal:
    """What is left of goodwill after a wallet's movements, oldest first. Pure."""
    goodwill = _Goodwill()
    for each in movements:
        goodwill.follow(each)
    return goodwill.left


@dataclass
class _Charge:
    """What a charge took of goodwill and of money that was paid in."""

    goodwill: Decimal
    paid: Decimal


@dataclass
class _Goodwill:
    left: Decimal = _NOTHING
    charges: list[_Charge] = field(default_factory=list)

    def follow(self, movement: Movement) -> None:
        if movement.kind is EntryKind.GOODWILL:
            self.left = max(_NOTHING, self.left + movement.amount)
        elif movement.kind in _OF_SERVICES and movement.amount < 0:
            self._spend(-movement.amount)
        elif movement.kind in _OF_SERVICES:
            self.left += movement.of_others
            self._take_back(movement.amount - movement.of_others)
        # The part not in the balance has paid for use on credit.
        above = self.left - max(movement.balance, _NOTHING)
        if above > 0:
            self.charges.append(_Charge(above, _NOTHING))
            self.left -= above

    def _spend(self, amount: Decimal) -> None:
        goodwill = min(self.left, amount)
        self.left -= goodwill
        self.charges.append(_Charge(goodwill, amount - goodwill))

    def _take_back(self, amount: Decimal) -> None:
        while amount and self.charges:
            last = self.charges[-1]
            paid = min(amount, last.paid)
            goodwill = min(amount - paid, last.goodwill)
            last.paid -= paid
            last.goodwill -= goodwill
            self.left += goodwill
            amount -= paid + goodwill
            if not (last.paid or last.goodwill):
                self.charges.pop()
