"""What a new price, or the end of a service, makes of time paid and time used."""

from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from services.billing.charging.charges import Taking, charged_before_last, take
from services.billing.charging.paid_time import (
    cost_of,
    count_as_owed,
    kind_of_owed,
    unused_paid,
    used_unpaid,
)
from services.billing.ledger.wallets import available, find_wallet, tell_of_change
from services.billing.models.charging import Subscription
from services.billing.models.ledger import EntryKind, Wallet
from shared.contracts.billing.charging import ChargeKind
from shared.rpc.change import Change


@dataclass
class Price:
    """A service's price, until a moment at which it changes or ends.

    Money may move more than once; `tell` afterwards tells of all of it together.
    """

    change: Change
    service: Subscription
    until: datetime
    zone: ZoneInfo
    _wallet: Wallet | None = field(default=None, init=False)
    """Whose balance is another now."""

    def move_to(self, price: Decimal) -> None:
        """Prorate what is paid ahead, and hold what was used to the old price."""
        service = self.service
        ahead = self._unused
        behind = Fraction(0)
        if service.ends is None:
            behind = used_unpaid(service, self.until, self.zone)
        before = cost_of(service, ahead), cost_of(service, behind)
        service.price = price
        after = cost_of(service, ahead), cost_of(service, behind)
        if behind:
            service.owed += before[1] - after[1]
            service.owed_since = service.owed_since or service.paid_through
        self._settle(after[0] - before[0])

    def end(self) -> None:
        """Give back the paid time that is left; take what was used, if it is there.

        What the wallet does not hold is forgone: the service is no more.
        """
        service = self.service
        if service.ends is None:
            count_as_owed(service, self.until, self.zone)
        unused = cost_of(service, self._unused)
        wallet = find_wallet(self.change.db, service.company_id, service.currency)
        if wallet is not None:
            self._settle_end(wallet, unused)
        service.owed, service.owed_since = Decimal(0), None
        service.overdue_since, service.unpaid_periods = None, 0
        service.is_charged = False

    def tell(self) -> None:
        """Tell of the wallet, if its balance has changed."""
        change = self.change
        if self._wallet is not None:
            tell_of_change(change, self._wallet)

    @property
    def _unused(self) -> Fraction:
        """Periods charged and not used: many, where billing heard of it late."""
        earlier = charged_before_last(self.change, self.service)
        with closing(earlier):
            return unused_paid(self.service, self.until, earlier)

    def _settle(self, difference: Decimal) -> None:
        if not difference:
            return
        service = self.service
        wallet = find_wallet(self.change.db, service.company_id, service.currency)
        if wallet is None or difference > available(wallet):
            service.owed += difference
            service.owed_since = service.owed_since or self.until
            return
        assert service.paid_through is not None
        ends_at = max(service.paid_through, self.until)
        taking = Taking(service, ChargeKind.PRORATION, self.until, ends_at, difference)
        self._take(wallet, EntryKind.PRORATION, [taking])

    def _settle_end(self, wallet: Wallet, unused: Decimal) -> None:
        service = self.service
        until = max(service.paid_through or self.until, self.until)
        if unused:
            back = Taking(service, ChargeKind.CREDIT, self.until, until, -unused)
            self._take(wallet, EntryKind.UNUSED_TIME, [back])
        if service.owed <= available(wallet):
            since = service.owed_since or self.until
            kind = kind_of_owed(service)
            used = Taking(service, kind, since, self.until, service.owed)
            self._take(wallet, EntryKind.CHARGE, [used])

    def _take(self, wallet: Wallet, kind: EntryKind, takings: list[Taking]) -> None:
        take(self.change, wallet, kind, takings)
        if any(each.amount for each in takings):
            self._wallet = wallet
            self.change.db.flush()
            # What is there for the next one.
            self.change.db.refresh(wallet)
