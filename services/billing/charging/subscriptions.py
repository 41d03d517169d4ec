"""Billing's own picture of inventory's services, fed by their events.

Events may come twice, late or in any order: each carries the full state, and one that
is older than what is known is dropped. The same version again is taken, so that a
replay mends a picture that has been damaged; but only another one moves time or money.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from services.billing.charging import paid_time, proration, rollups
from services.billing.charging.contributions import contributions, rebuild
from services.billing.charging.rollups import Contribution
from services.billing.ledger import wallets
from services.billing.models.charging import Subscription
from services.billing.parties.companies import (
    keep_company,
    lock_companies,
    lock_company,
    time_zone_of,
    time_zones_of,
)
from shared.contracts import identity, inventory
from shared.contracts.inventory.services import (
    Period,
    ServiceState,
    SuspensionReason,
    TerminationTime,
)
from shared.db.events import Envelope
from shared.db.given_rows import insert_given
from shared.errors import InvalidInput
from shared.rpc.change import Change

BATCH = 1_000

News = tuple[Change, Envelope[inventory.services.Service]]
"""An event of a service, and what it changes things with."""

_SUBSCRIPTIONS = cast("Table", Subscription.__table__)
_COLUMNS = [column.name for column in _SUBSCRIPTIONS.columns]
_PAYS = frozenset({ServiceState.ACTIVE, ServiceState.SUSPENDED})
_NO_TIME = timedelta(0)
_IS_UNPLACED = (Subscription.anchor.is_(None), Subscription.activated_at.is_not(None))


def apply_services(news: Sequence[News]) -> None:
    """Keep services' states, their paid time, and what they add to the roll-ups.

    All ``news`` are of one transaction. What can be read or written for all of them
    together is.

    Raises:
        InvalidInput: ``malformed_message``; one is active but never was activated.
    """
    for _, envelope in news:
        body = envelope.body
        if body.state is ServiceState.ACTIVE and body.activated_at is None:
            raise InvalidInput("malformed_message", "active without activated_at")
    session = news[0][0].db
    intake = _Intake.of(session, [envelope.body for _, envelope in news])
    for change, envelope in news:
        intake.apply(change, envelope)
    intake.write_new(session)
    intake.open_wallets()
    session.flush()
    rollups.replace(session, intake.before, intake.after)


@dataclass
class _Intake:
    """What is known of the services and companies of some events; all are locked.

    ``before`` and ``after`` are what the services added to the roll-ups, and add now.
    """

    zones: dict[UUID, ZoneInfo]
    services: dict[UUID, Subscription]
    wallets: set[tuple[UUID, str]]
    """Companies, and the currencies in which each has one."""
    before: list[Contribution] = field(default_factory=list)
    after: list[Contribution] = field(default_factory=list)
    new: dict[UUID, Subscription] = field(default_factory=dict)
    """Services that were unknown; the session has none of them."""
    unopened: dict[tuple[UUID, str], Change] = field(default_factory=dict)
    """Wallets that they need, and what each is opened with."""

    @classmethod
    def of(
        cls, session: Session, bodies: Sequence[inventory.services.Service]
    ) -> "_Intake":
        which = Subscription.service_id.in_({body.id for body in bodies})
        # One that is handed over is also taken from its earlier company.
        earlier = session.scalars(select(Subscription.company_id).where(which))
        companies = {body.company_id for body in bodies} | set(earlier)
        lock_companies(session, companies)
        known = session.scalars(select(Subscription).where(which))
        return cls(
            zones=time_zones_of(session, companies),
            services={each.service_id: each for each in known},
            wallets=wallets.currencies_of(session, companies),
        )

    def apply(
        self, change: Change, envelope: Envelope[inventory.services.Service]
    ) -> None:
        """Keep one service's state and paid time, unless a newer one is known."""
        body = envelope.body
        known = self.services.get(body.id)
        zone = self.zones[known.company_id if known else body.company_id]
        if known is not None and envelope.order < (known.epoch, known.version):
            return
        was_pending = known is not None and known.activated_at is None
        if known is None:
            known = self.services[body.id] = self.new[body.id] = _new(envelope)
        else:
            if self.new.pop(body.id, None):
                # What moves its time or money reads it from the database.
                change.db.add(known)
            self.before += contributions(known, zone)
            if envelope.version != known.version and known.anchor is not None:
                # What falls away is given back into the wallet.
                self.open_wallets()
                # A lower one of a new epoch, too: what went before has not happened.
                _live_through(change, known, envelope, zone)
            for name, value in _columns(envelope).items():
                setattr(known, name, value)
            zone = self._move(change, known, zone)
        if known.anchor is None:
            self._place(change, known, envelope, is_new=was_pending)
        self.after += contributions(known, zone)

    def _move(self, change: Change, service: Subscription, zone: ZoneInfo) -> ZoneInfo:
        """Count periods by the zone of the service's company now, and return it."""
        now = self.zones[service.company_id]
        if now != zone and service.paid_through and service.period is not Period.ONCE:
            paid_time.anchor_at(service, service.paid_through)
        wallet = service.company_id, service.currency
        if service.state in _PAYS and wallet not in self.wallets:
            self.unopened.setdefault(wallet, change)
        return now

    def write_new(self, session: Session) -> None:
        """Insert the new ones together, past the session, which takes far longer."""
        # Read as SQLAlchemy keeps them: what was never set is not there.
        rows = [
            {name: each.__dict__.get(name) for name in _COLUMNS}
            for each in self.new.values()
        ]
        if rows:
            session.execute(insert_given(_SUBSCRIPTIONS, rows))

    def open_wallets(self) -> None:
        """Open together those that are needed so far."""
        if self.unopened:
            wanted = [(change, *wallet) for wallet, change in self.unopened.items()]
            wallets.open_together(self.wallets, wanted)
            self.wallets |= self.unopened.keys()
            self.unopened.clear()

    def _place(
        self,
        change: Change,
        service: Subscription,
        envelope: Envelope[inventory.services.Service],
        *,
        is_new: bool,
    ) -> None:
        """Say how far a service is paid, and where its money is to come to."""
        body = envelope.body
        service.suspended_us = body.suspended_us
        if body.state is ServiceState.SUSPENDED:
            service.suspended_at = body.state_since
        zone = self.zones[body.company_id]
        paid_time.place(service, envelope.at, zone, is_new=is_new)
        wallet = service.company_id, service.currency
        if service.state in _PAYS and wallet not in self.wallets:
            self.unopened.setdefault(wallet, change)


def apply_company(
    change: Change, envelope: Envelope[identity.companies.Company]
) -> set[str]:
    """Keep a company; when its time zone moves, so do its services' periods.

    Returns the names of the columns that are others now.
    """
    session, company_id = change.db, envelope.body.id
    lock_company(session, company_id)
    changed = keep_company(session, envelope)
    if "time_zone" in changed:
        _follow_zone(session, company_id, change.call.now)
        rebuild(session, company_id)
    return changed


def unplaced_companies(session: Session, after: UUID | None) -> Sequence[UUID]:
    """Some of the companies with services known from before charging."""
    wanted = select(Subscription.company_id).distinct().where(*_IS_UNPLACED)
    if after is not None:
        wanted = wanted.where(Subscription.company_id > after)
    return session.scalars(wanted.order_by(Subscription.company_id).limit(BATCH)).all()


def place_unplaced(change: Change, company_id: UUID) -> bool:
    """Say how far some of a company's services are paid that were known before.

    Returns whether there may be more.
    """
    session, now = change.db, change.call.now
    lock_company(session, company_id)
    zone = time_zone_of(session, company_id)
    unplaced = session.scalars(
        select(Subscription)
        .where(Subscription.company_id == company_id, *_IS_UNPLACED)
        .order_by(Subscription.service_id)
        .limit(BATCH)
    ).all()
    before = [row for each in unplaced for row in contributions(each, zone)]
    for service in unplaced:
        if service.state is ServiceState.SUSPENDED:
            service.suspended_at = now
        paid_time.place(service, now, zone)
    session.flush()
    after = [row for each in unplaced for row in contributions(each, zone)]
    rollups.replace(session, before, after)
    paying = {each.currency for each in unplaced if each.state in _PAYS}
    for currency in sorted(paying):
        wallets.ensure_wallet(change, company_id, currency)
    return len(unplaced) == BATCH


def _live_through(
    change: Change,
    known: Subscription,
    envelope: Envelope[inventory.services.Service],
    zone: ZoneInfo,
) -> None:
    """What happened between the state that is known and the new one."""
    body, at = envelope.body, envelope.at
    if body.state is ServiceState.TERMINATED:
        # Heard by a republishing, which may be days later.
        at = body.state_since
    at = paid_time.not_before_price(known, at)
    # A suspended service's time stood still when it was suspended.
    until = min(known.suspended_at or at, at)
    slept = _slept(known, body, at)
    if slept:
        paid_time.shift(known, slept)
        known.suspended_us = body.suspended_us
        until = at
    since = paid_time.not_before_price(known, body.state_since)
    # It may have been resumed in between; that event was lost or comes later.
    is_suspended = body.state is ServiceState.SUSPENDED and (
        known.state is not ServiceState.SUSPENDED or slept > _NO_TIME
    )
    if is_suspended:
        # The event may also carry later changes.
        until = min(until, since)
    if body.state is not ServiceState.TERMINATED:
        # The end of a service takes the request from it, for which it may have ended.
        _follow_request(known, body, slept, until, zone)
    price = proration.Price(change, known, until, zone)
    if body.price.amount != known.price:
        price.move_to(body.price.amount)
    is_over = body.state is ServiceState.TERMINATED
    price.conclude(ends=is_over, moves=body.company_id != known.company_id)
    if is_suspended:
        _suspend(known, body, since, zone)
    elif body.state is ServiceState.ACTIVE:
        known.suspended_at = None
        if known.state is ServiceState.SUSPENDED:
            known.told_at = None


def _follow_request(
    known: Subscription,
    body: inventory.services.Service,
    slept: timedelta,
    until: datetime,
    zone: ZoneInfo,
) -> None:
    """Count what was used until the end was requested; what follows is not charged.

    This comes before a new price, which does not change what was used: all of it counts
    if the request is withdrawn; otherwise nothing after it does.
    """
    request = _request_to_end(body)
    if request and not known.ends:
        at = request.requested_at
        # Paid time has been moved by all of the suspension, also by what came later.
        at += min(slept, max(body.state_since - at, _NO_TIME))
        at = paid_time.not_before_price(known, at)
        paid_time.count_as_owed(known, min(until, at), zone)
    known.ends = request.time if request else None


def _slept(
    known: Subscription, body: inventory.services.Service, at: datetime
) -> timedelta:
    """For how long it was suspended since its paid time was moved last."""
    slept = (body.suspended_us - known.suspended_us) * paid_time.MICROSECOND
    if known.suspended_at is not None:
        # It may have been placed within a suspension that had begun long before.
        slept = min(slept, at - known.suspended_at)
    return max(slept, _NO_TIME)


def _suspend(
    known: Subscription,
    body: inventory.services.Service,
    since: datetime,
    zone: ZoneInfo,
) -> None:
    known.suspended_at = since
    known.told_at = None
    if body.suspension_reason is SuspensionReason.PAYMENT and not known.ends:
        paid_time.count_as_owed(known, since, zone)
    else:
        known.overdue_since = None
        known.unpaid_periods = 0


def _follow_zone(session: Session, company_id: UUID, now: datetime) -> None:
    zone = time_zone_of(session, company_id)
    wanted = (
        select(Subscription)
        .where(Subscription.company_id == company_id)
        .order_by(Subscription.service_id)
        .limit(BATCH)
    )
    page = session.scalars(wanted).all()
    while page:
        for service in page:
            paid_time.follow_zone(service, now, zone)
        session.flush()
        last_id = page[-1].service_id
        session.expunge_all()
        page = session.scalars(wanted.where(Subscription.service_id > last_id)).all()


def _new(envelope: Envelope[inventory.services.Service]) -> Subscription:
    body = envelope.body
    return Subscription(
        service_id=body.id,
        **_columns(envelope),
        paid_periods=0,
        is_charged=False,
        suspended_us=body.suspended_us,
        owed=0,
        unpaid_periods=0,
        payment_version=0,
    )


def _request_to_end(
    body: inventory.services.Service,
) -> inventory.services.TerminationRequest | None:
    """The request for which it is charged no more.

    One to end at once is the operator's to do: until then it runs, and is charged.
    """
    request = body.termination_request
    if request is None or request.time is TerminationTime.AT_ONCE:
        return None
    return request


def _columns(envelope: Envelope[inventory.services.Service]) -> dict[str, Any]:
    body = envelope.body
    request = _request_to_end(body)
    return {
        "company_id": body.company_id,
        "epoch": envelope.epoch,
        "version": envelope.version,
        "family_code": body.family_code,
        "family_name": body.family_name,
        "name": body.name,
        "state": body.state,
        "suspension_reason": body.suspension_reason,
        "currency": body.price.currency.code,
        "price": body.price.amount,
        "period": body.period,
        "activated_at": body.activated_at,
        "ends": request.time if request else None,
    }
