"""What a new price, or the end of a service, makes of time paid and time used."""

from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from services.billing.charging.charges import (
    Taking,
    charged_before_last,
    charged_for,
    keep_price,
    take,
    write_off,
)
from services.billing.charging.paid_time import (
    cost_of,
    count_as_owed,
    owed_kind,
    pay_owed,
    unused_paid,
    used_unpaid,
)
from services.billing.ledger.wallets import available, emit_change, find_wallet
from services.billing.models.charging import Subscription
from services.billing.models.ledger import EntryKind, Wallet
from shared.contracts.billing.charging import ChargeKind
from shared.rpc.change import Change


@dataclass
class Price:
    """A service's price, until a moment at which it changes or ends.

    Money may move more than once; `emit` afterwards tells of all of it together.
    """

    change: Change
    service: Subscription
    until: datetime
    zone: ZoneInfo
    _wallet: Wallet | None = field(default=None, init=False)
    """Whose balance is another now."""

    def move_to(self, price: Decimal) -> None:
        """Prorate what is charged ahead, and hold what was used to the old price."""
        service = self.service
        keep_price(self.change, service, self.until)
        ahead = self._unused
        behind = Fraction(0)
        if service.ends is None:
            behind = used_unpaid(service, self.until, self.zone)
        before = cost_of(service, ahead), cost_of(service, behind)
        service.price, service.price_since = price, self.until
        after = cost_of(service, ahead), cost_of(service, behind)
        if behind:
            service.owed += before[1] - after[1]
            service.owed_since = service.owed_since or service.paid_through
        self._settle(after[0] - before[0])

    def end(self) -> None:
        """Give back unused time that was charged, less what is owed.

        What is owed beyond that is taken, or written off if the wallet can't pay it.
        """
        service = self.service
        keep_price(self.change, service, self.until)
        if service.ends is None:
            count_as_owed(service, self.until, self.zone)
        unused = cost_of(service, self._unused)
        self._credit(ChargeKind.CREDIT, EntryKind.UNUSED_TIME, unused)
        if service.owed > 0:
            self._take_or_write_off()
        service.owed, service.owed_since = Decimal(0), None
        service.overdue_since, service.unpaid_periods = None, 0
        service.is_charged = False

    def settle(self) -> None:
        """Settle what was used with the company that the service leaves.

        What it owes is taken, or written off if its wallet can't pay it.
        """
        service = self.service
        if service.ends is None:
            count_as_owed(service, self.until, self.zone)
        if service.owed > 0:
            self._take_or_write_off()
        service.owed, service.owed_since = Decimal(0), None
        service.overdue_since, service.unpaid_periods = None, 0

    def conclude(self, *, ends: bool, moves: bool) -> None:
        """Settle what its end, or its move to another company, leaves; tell of it."""
        if ends:
            self.end()
        elif moves:
            self.settle()
        self.emit()

    def emit(self) -> None:
        """Tell of the wallet, if its balance has changed."""
        change = self.change
        if self._wallet is not None:
            emit_change(change, self._wallet)

    @property
    def _unused(self) -> Fraction:
        """Periods charged and not used: many, if the event came late."""
        earlier = charged_before_last(self.change, self.service)
        with closing(earlier):
            return unused_paid(self.service, self.until, earlier)

    def _settle(self, difference: Decimal) -> None:
        if difference < 0:
            self._credit(ChargeKind.PRORATION, EntryKind.PRORATION, -difference)
        elif difference:
            self._charge_or_owe(difference)

    def _charge_or_owe(self, difference: Decimal) -> None:
        service, wallet = self.service, self._find_wallet()
        if wallet is None or difference > available(wallet):
            service.owed += difference
            service.owed_since = service.owed_since or self.until
            return
        self._take(wallet, EntryKind.PRORATION, self._ahead(difference))

    def _credit(self, kind: ChargeKind, entry_kind: EntryKind, amount: Decimal) -> None:
        """Pay what the service owes first; only the rest enters the wallet.

        Time ahead may be priced higher than it was charged: the difference is owed.
        What never was charged for the service is never given back.
        """
        rest = pay_owed(self.service, amount)
        wallet = self._find_wallet()
        if not rest or wallet is None:
            return
        rest = min(rest, max(Decimal(0), charged_for(self.change, self.service)))
        self._take(wallet, entry_kind, self._ahead(-rest, kind))

    def _take_or_write_off(self) -> None:
        service, wallet = self.service, self._find_wallet()
        since = service.owed_since or self.until
        if wallet is None or service.owed > available(wallet):
            write_off(self.change, service, self.until)
            return
        kind = owed_kind(service)
        used = Taking(service, kind, since, self.until, service.owed)
        self._take(wallet, EntryKind.CHARGE, used)

    def _ahead(
        self, amount: Decimal, kind: ChargeKind = ChargeKind.PRORATION
    ) -> Taking:
        ends_at = max(self.service.paid_through or self.until, self.until)
        return Taking(self.service, kind, self.until, ends_at, amount)

    def _find_wallet(self) -> Wallet | None:
        service = self.service
        return find_wallet(self.change.db, service.company_id, service.currency)

    def _take(self, wallet: Wallet, kind: EntryKind, taking: Taking) -> None:
        take(self.change, wallet, kind, [taking])
        if taking.amount:
            self._wallet = wallet
            self.change.db.flush()
            # What is there for the next one.
            self.change.db.refresh(wallet)
