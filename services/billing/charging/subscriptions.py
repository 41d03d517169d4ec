"""Billing's own picture of inventory's services, fed by their events.

Events may come twice, late or in any order: each carries the full state, and one that
is older than what is known is dropped. The same version again is taken, so that a
replay mends a picture that has been damaged; but only a new one moves time or money.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.billing.charging import paid_time, proration, rollups
from services.billing.charging.contributions import contributions, rebuild
from services.billing.ledger import wallets
from services.billing.models.charging import Subscription
from services.billing.parties.companies import keep_company, lock_company, time_zone_of
from shared.contracts import identity, inventory
from shared.contracts.inventory.services import (
    ServiceState,
    SuspensionReason,
    TerminationTime,
)
from shared.db.events import Envelope
from shared.errors import InvalidInput
from shared.rpc.change import Change

BATCH = 1_000

_PAYS = frozenset({ServiceState.ACTIVE, ServiceState.SUSPENDED})
_IS_UNPLACED = (Subscription.anchor.is_(None), Subscription.activated_at.is_not(None))


def take_in_service(
    change: Change, envelope: Envelope[inventory.services.Service]
) -> None:
    """Keep a service's state, its paid time, and what it adds to the roll-ups.

    Raises:
        InvalidInput: ``malformed_message``; it is active but never was activated.
    """
    body, session = envelope.body, change.db
    if body.state is ServiceState.ACTIVE and body.activated_at is None:
        raise InvalidInput("malformed_message", "active without activated_at")
    lock_company(session, body.company_id)
    known = session.get(Subscription, body.id)
    if known is not None and envelope.version < known.version:
        return
    zone = time_zone_of(session, body.company_id)
    before = list(contributions(known, zone)) if known else []
    was_pending = known is not None and known.activated_at is None
    if known is None:
        known = _new(envelope)
        session.add(known)
    elif envelope.version > known.version and known.anchor is not None:
        _live_through(change, known, envelope, zone)
    for name, value in _columns(envelope).items():
        setattr(known, name, value)
    if known.anchor is None:
        known.suspended_us = body.suspended_us
        if body.state is ServiceState.SUSPENDED:
            known.suspended_at = body.state_since
        paid_time.place(known, envelope.at, zone, is_new=was_pending)
        if known.state in _PAYS:
            wallets.ensure_wallet(change, known.company_id, known.currency)
    session.flush()
    rollups.replace(session, before, contributions(known, zone))


def take_in_company(
    session: Session, envelope: Envelope[identity.companies.Company]
) -> set[str]:
    """Keep a company; when its time zone moves, so do its services' periods.

    Returns the names of the columns that are others now.
    """
    company_id = envelope.body.id
    lock_company(session, company_id)
    changed = keep_company(session, envelope)
    if "time_zone" in changed:
        _follow_zone(session, company_id)
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
    # A suspended service's time stood still when it was suspended.
    until = min(known.suspended_at or at, at)
    slept = _slept(known, body, at)
    if slept:
        paid_time.shift(known, slept)
        known.suspended_us = body.suspended_us
        until = at
    price = proration.Price(change, known, until, zone)
    if body.price.amount != known.price:
        price.move_to(body.price.amount)
    if body.state is ServiceState.TERMINATED:
        price.end()
    price.tell()
    if body.state is ServiceState.SUSPENDED:
        # It may have been resumed meanwhile, which was not heard, or is still to be.
        if known.state is not ServiceState.SUSPENDED or slept:
            _suspend(known, body, zone)
    elif body.state is ServiceState.ACTIVE:
        known.suspended_at = None
        if known.state is ServiceState.SUSPENDED:
            known.told_at = None
    request = _request_to_end(body)
    if request and not known.ends:
        until = min(until, request.requested_at)
        paid_time.count_as_owed(known, until, zone)


def _slept(
    known: Subscription, body: inventory.services.Service, at: datetime
) -> timedelta:
    """For how long it was suspended since its paid time was moved last."""
    slept = (body.suspended_us - known.suspended_us) * paid_time.MICROSECOND
    if known.suspended_at is not None:
        # It may have been placed within a suspension that had begun long before.
        slept = min(slept, at - known.suspended_at)
    return max(slept, timedelta(0))


def _suspend(
    known: Subscription, body: inventory.services.Service, zone: ZoneInfo
) -> None:
    known.suspended_at = body.state_since
    known.told_at = None
    if body.suspension_reason is SuspensionReason.PAYMENT:
        paid_time.count_as_owed(known, body.state_since, zone)
    else:
        known.overdue_since = None
        known.unpaid_periods = 0


def _follow_zone(session: Session, company_id: UUID) -> None:
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
            paid_time.follow_zone(service, zone)
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
        "version": envelope.version,
        "family_code": body.family_code,
        "family_name": body.family_name,
        "state": body.state,
        "suspension_reason": body.suspension_reason,
        "currency": body.price.currency.code,
        "price": body.price.amount,
        "period": body.period,
        "activated_at": body.activated_at,
        "ends": request.time if request else None,
    }
