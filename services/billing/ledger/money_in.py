"""The entry of money that comes in with its tax, and of the same going back.

What is paid is gross: the net is the wallet's, the rest is owed to the tax office.
"""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from services.billing.ledger.entries import (
    Line,
    Reason,
    credit,
    debit,
    ensure_account,
    post,
)
from services.billing.models.ledger import AccountKind, EntryKind
from shared.money import Money, currency_of
from shared.rpc.change import Change

_COMES_IN = frozenset(
    {EntryKind.TOP_UP, EntryKind.REFUND_FAILED, EntryKind.CHARGEBACK_REVERSED}
)


@dataclass(frozen=True)
class MoneyIn:
    """Positive amounts in the currency's minor unit; the tax may be zero."""

    net: Decimal
    tax: Decimal
    currency: str

    def post(self, change: Change, wallet_id: UUID, reason: Reason) -> None:
        """Post it into the wallet, or out of it, as the kind of the entry says."""
        entry_id = change.runtime.new_id()
        lines = self._lines(change, wallet_id)
        if reason.kind not in _COMES_IN:
            lines = [_swapped(line) for line in lines]
        post(change, entry_id, reason, lines)

    def _lines(self, change: Change, wallet_id: UUID) -> list[Line]:
        currency = currency_of(self.currency)
        paid = ensure_account(change, AccountKind.PAYMENTS, self.currency)
        lines = [
            debit(paid, Money(self.net + self.tax, currency)),
            credit(wallet_id, Money(self.net, currency)),
        ]
        if self.tax:
            tax = ensure_account(change, AccountKind.TAX, self.currency)
            lines.append(credit(tax, Money(self.tax, currency)))
        return lines


def _swapped(line: Line) -> Line:
    return Line(line.account_id, line.currency, debit=line.credit, credit=line.debit)
