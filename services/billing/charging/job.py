"""The charging job: takes what is due from wallets, and restores what was overdue.

One transaction per batch of a wallet, under its company's lock. Running services come
first, those that are overdue before those that are due now; then the ones suspended for
payment. A wallet that is found short is left alone until it changes or an hour passes.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from services.billing.charging import bulk, notifications, subscriptions
from services.billing.charging.bulk import BATCH, MOST_PERIODS, NOTHING, Sums
from services.billing.charging.charges import Entry, post_sum
from services.billing.charging.shortage import Allocation
from services.billing.ledger.wallets import available, emit_change, find_wallet
from services.billing.models.ledger import EntryKind, Wallet
from services.billing.parties.companies import (
    lock_company,
    time_zone_of,
    try_lock_company,
)
from shared.contracts import billing
from shared.db.company_walk import walk_companies
from shared.db.database import Database
from shared.db.paging import MAX_BATCH, check_limit
from shared.money import Money, currency_of
from shared.principal import system
from shared.rpc.call import Call
from shared.rpc.change import Change
from shared.runtime import Runtime

LOOKS_AGAIN_AFTER = timedelta(hours=1)
"""At a wallet that was short and has not changed."""

log = structlog.get_logger()

_WALLETS = 200


@dataclass(frozen=True)
class _Due:
    """A wallet with something to charge."""

    wallet_id: UUID
    company_id: UUID
    currency: str


@dataclass
class Charging:
    """The job, and what an operator may run of it."""

    database: Database
    runtime: Runtime
    grace: timedelta
    wake: threading.Event = field(default_factory=threading.Event)

    def run(self, request_id: str) -> None:
        """Do everything that is due; skip wallets that are locked until next time.

        One wallet or company that fails keeps neither others nor inventory waiting.
        Entries and events have the request id.
        """
        self._place(request_id)
        after: UUID | None = None
        while due := self._wallets_to_charge(after, _WALLETS):
            for each in due:
                self._charge_or_log(each, request_id)
            after = due[-1].wallet_id
        self._notify(request_id)

    def charge_due(
        self, request_id: str, request: billing.charging.ChargeDue
    ) -> billing.charging.Charged:
        """Charge the next few wallets: an operator's part of `run`.

        Raises:
            InvalidInput: ``bad_limit`` with ``max_limit``.
        """
        check_limit(request.limit, MAX_BATCH)
        if not request.dry_run and request.after_wallet_id is None:
            self._place(request_id)
        due = self._wallets_to_charge(request.after_wallet_id, request.limit)
        sums: dict[str, Sums] = {}
        for each in due:
            if request.dry_run:
                found = self._look(each)
            else:
                found = self._charge(each, request_id)
            before = sums.get(each.currency, NOTHING)
            sums[each.currency] = _plus(before, found)
        is_last = len(due) < request.limit
        if is_last and not request.dry_run:
            self._notify(request_id)
        return billing.charging.Charged(
            wallets=len(due),
            sums=[
                billing.charging.ChargedSum(
                    services=found.services,
                    periods=found.periods,
                    amount=Money(found.amount, currency_of(code)),
                )
                for code, found in sorted(sums.items())
            ],
            last_wallet_id=None if is_last else due[-1].wallet_id,
        )

    def _notify(self, request_id: str) -> None:
        """Have inventory suspend, resume and end services."""
        events: tuple[notifications.Notify, ...] = (
            partial(notifications.notify_overdue, grace=self.grace),
            notifications.notify_restored,
            notifications.notify_ended,
        )
        for notify in events:
            while self._notify_some(notify, request_id):
                pass

    def _notify_some(self, notify: notifications.Notify, request_id: str) -> int:
        with self.database.system() as session:
            return notify(self._change(session, request_id))

    def _place(self, request_id: str) -> None:
        unplaced = subscriptions.unplaced_companies
        for company_id in walk_companies(self.database, unplaced):
            self._place_or_log(company_id, request_id)

    def _place_or_log(self, company_id: UUID, request_id: str) -> None:
        try:
            while True:
                with self.database.system() as session:
                    change = self._change(session, request_id)
                    if not subscriptions.place_unplaced(change, company_id):
                        return
        except Exception:
            log.exception("services_not_placed", company=str(company_id))

    def _wallets_to_charge(self, after: UUID | None, limit: int) -> list[_Due]:
        now = self.runtime.clock.now()
        with self.database.system() as session:
            rows = session.execute(
                bulk.WALLETS_TO_CHARGE,
                {
                    "now": now,
                    "after": after,
                    "limit": limit,
                    "look_again": now - LOOKS_AGAIN_AFTER,
                },
            ).all()
        return [_Due(*row) for row in rows]

    def _look(self, due: _Due) -> Sums:
        with self.database.system() as session:
            return bulk.look(
                session,
                self.runtime.clock.now(),
                company_id=due.company_id,
                currency=due.currency,
                zone=time_zone_of(session, due.company_id).key,
            )

    def _charge_or_log(self, due: _Due, request_id: str) -> None:
        try:
            self._charge(due, request_id, wait=False)
        except Exception:
            log.exception("wallet_not_charged", wallet=str(due.wallet_id))

    def _charge(self, due: _Due, request_id: str, *, wait: bool = True) -> Sums:
        total = NOTHING
        for found in self._batches(due, request_id, wait=wait):
            total = _plus(total, found)
        return total

    def _batches(self, due: _Due, request_id: str, *, wait: bool) -> Iterator[Sums]:
        has_more = True
        while has_more:
            with self.database.system() as session:
                if wait:
                    lock_company(session, due.company_id)
                elif not try_lock_company(session, due.company_id):
                    return
                wallet = find_wallet(session, due.company_id, due.currency)
                if wallet is None:
                    return
                batch = _Batch(self._change(session, request_id), wallet, self.grace)
                has_more = batch.charge()
            yield batch.sums

    def _change(self, session: Session, request_id: str) -> Change:
        call = Call(system("billing"), request_id, self.runtime.clock.now())
        return Change(session, self.runtime, call)


@dataclass
class _Batch:
    """One transaction for one wallet, which is locked, as its company is."""

    change: Change
    wallet: Wallet
    grace: timedelta
    sums: Sums = NOTHING

    def charge(self) -> bool:
        """Charge the next services; returns whether there may be more."""
        change, wallet = self.change, self.wallet
        was_short = wallet.short_version
        allocation = Allocation(change, wallet)
        if self._looks_at_shortage():
            allocation.pay_overdue()
        has_more = not allocation.lacking and self._charge_in_sets()
        if not has_more:
            has_more = allocation.pay_due()
        if not (has_more or allocation.lacking) and self._looks_at_shortage():
            allocation.restore()
        self.sums = _plus(self.sums, allocation.sums)
        if self.sums.amount or allocation.has_changed:
            emit_change(change, wallet)
        self._note_shortage(allocation, was_short)
        return has_more

    def _looks_at_shortage(self) -> bool:
        wallet, again = self.wallet, self.change.call.now - LOOKS_AGAIN_AFTER
        if wallet.short_version != wallet.version or wallet.short_at is None:
            return True
        return wallet.short_at <= again

    def _charge_in_sets(self) -> bool:
        """Charge a whole batch or nothing; returns whether there may be more."""
        change, wallet = self.change, self.wallet
        entry_id = change.runtime.new_id()
        part = change.db.begin_nested()
        found = bulk.charge(
            change.db,
            change.call.now,
            company_id=wallet.company_id,
            currency=wallet.currency,
            zone=time_zone_of(change.db, wallet.company_id).key,
            entry_id=entry_id,
        )
        if found.amount > available(wallet):
            part.rollback()
            return False
        part.commit()
        if found.amount:
            entry = Entry(entry_id, EntryKind.CHARGE, found.amount, found.services)
            post_sum(change, wallet, entry)
            change.db.flush()
            change.db.refresh(wallet)
        self.sums = _plus(self.sums, found)
        # Who has that many periods has all but one of them beyond its first.
        beyond = found.periods - found.services
        return found.services == BATCH or beyond >= MOST_PERIODS - 1

    def _note_shortage(self, allocation: Allocation, was_short: int | None) -> None:
        wallet, now = self.wallet, self.change.call.now
        if allocation.lacking:
            if was_short is None:
                notifications.notify_exhausted(
                    self.change, wallet, allocation.lacking, now + self.grace
                )
            wallet.short_version, wallet.short_at = wallet.version, now
        elif allocation.has_looked:
            wallet.short_version, wallet.short_at = None, None


def _plus(one: Sums, other: Sums) -> Sums:
    return Sums(
        one.services + other.services,
        one.periods + other.periods,
        one.amount + other.amount,
    )
