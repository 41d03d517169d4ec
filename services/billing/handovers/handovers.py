"""Offering a service to another company, and accepting it.

Billing keeps this, as it knows what stands in the way: debts, sellers and wallets.
Inventory hands the service over, and billing follows its event: see
`services.billing.charging.subscriptions`.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from msgspec.structs import replace as replace_struct
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from services.billing.charging import paid_time
from services.billing.charging.subscriptions import News
from services.billing.models.charging import RecurringCost, Standing, Subscription
from services.billing.models.handovers import Handover
from services.billing.models.ledger import Wallet
from services.billing.models.parties import Company
from services.billing.parties.companies import (
    lock_companies,
    require_open,
    seller_of,
    time_zone_of,
)
from services.billing.parties.sellers import Sellers
from shared.contracts.billing import handovers as contract
from shared.contracts.billing.handovers import HandoverState
from shared.contracts.inventory.services import Period, ServiceState
from shared.errors import Conflict, NotFound, Throttled
from shared.money import Money, currency_of
from shared.rpc.change import Change

log = structlog.get_logger()

OFFERED_FOR = timedelta(days=7)
MOST_IN_VAIN = 10
"""Offers that a company withdraws or has declined within a day: the receiver's owners
get a mail about each, with the service's name, whatever that is."""
_A_DAY = timedelta(days=1)
_IN_VAIN = (HandoverState.WITHDRAWN, HandoverState.DECLINED)
_OVER = frozenset({ServiceState.TERMINATED, ServiceState.CANCELLED})


def list_open(
    change: Change, sellers: Sellers, service_id: UUID | None
) -> list[contract.Handover]:
    """Return what the caller's company offers and is offered, the latest first."""
    session, company_id = change.db, change.call.principal.require_company()
    wanted = select(Handover).where(
        Handover.ended_at.is_(None),
        or_(
            Handover.state != HandoverState.OFFERED,
            Handover.expires_at > change.call.now,
        ),
        or_(Handover.giver_id == company_id, Handover.receiver_id == company_id),
    )
    if service_id is not None:
        wanted = wanted.where(Handover.service_id == service_id)
    rows = session.scalars(wanted.order_by(Handover.offered_at.desc(), Handover.id))
    return [view(session, each, sellers) for each in rows]


def get(change: Change, sellers: Sellers, handover_id: UUID) -> contract.Handover:
    """Return one that the caller's company has a part in.

    Raises:
        NotFound: ``no_such_handover``.
    """
    company_id = change.call.principal.require_company()
    handover = _find(change.db, company_id, handover_id)
    found = view(change.db, handover, sellers)
    if found.state is HandoverState.OFFERED and found.expires_at <= change.call.now:
        # Noted with the next offer; until then, nothing else depends on it.
        return replace_struct(found, state=HandoverState.EXPIRED, obstacles=[])
    return found


def offer(
    change: Change, sellers: Sellers, request: contract.OfferService
) -> contract.Handover:
    """Offer a service of the caller's company.

    Raises:
        NotFound, Conflict, Throttled: as the contract lists.
    """
    db, now = change.db, change.call.now
    giver_id = change.call.principal.require_company()
    if request.receiver_id == giver_id:
        raise Conflict("handover_to_itself")
    lock_companies(db, {giver_id, request.receiver_id})
    service = db.get(Subscription, request.service_id)
    if service is None or service.company_id != giver_id:
        raise NotFound("no_such_service")
    receiver = db.get(Company, request.receiver_id)
    if receiver is None or receiver.closed_at is not None:
        raise NotFound("no_such_receiver")
    known = _open_of(db, service.service_id)
    if known is not None and known.expires_at <= now:
        _end(change, known, HandoverState.EXPIRED)
    elif known is not None:
        if known.receiver_id != request.receiver_id:
            raise Conflict("handover_open")
        return view(db, known, sellers)
    _check_in_vain(db, giver_id, now)
    _refuse(_givers_obstacles(db, service, now))
    offered = Handover(
        id=change.runtime.new_id(),
        service_id=service.service_id,
        giver_id=giver_id,
        receiver_id=request.receiver_id,
        state=HandoverState.OFFERED,
        version=1,
        offered_at=now,
        expires_at=now + OFFERED_FOR,
    )
    db.add(offered)
    db.flush()
    _tell(change, offered)
    return view(db, offered, sellers)


def accept(change: Change, sellers: Sellers, handover_id: UUID) -> contract.Handover:
    """Accept a service for the caller's company; inventory hands it over then.

    Raises:
        NotFound, Conflict: as the contract lists.
    """
    db = change.db
    receiver_id = change.call.principal.require_company()
    handover = _lock_offered(change, handover_id)
    if handover.receiver_id != receiver_id:
        raise NotFound("no_such_handover")
    require_open(db, receiver_id)
    _refuse(_obstacles(db, handover, sellers, change.call.now))
    handover.state, handover.version = HandoverState.ACCEPTED, handover.version + 1
    _tell(change, handover)
    return view(db, handover, sellers)


def decline(change: Change, sellers: Sellers, handover_id: UUID) -> contract.Handover:
    """Decline what the caller's company is offered.

    Raises:
        NotFound: ``no_such_handover``.
        Conflict: ``handover_over``.
    """
    handover = _lock_offered(change, handover_id)
    if handover.receiver_id != change.call.principal.require_company():
        raise NotFound("no_such_handover")
    _end(change, handover, HandoverState.DECLINED)
    return view(change.db, handover, sellers)


def withdraw(change: Change, sellers: Sellers, handover_id: UUID) -> contract.Handover:
    """Withdraw what the caller's company offers.

    Raises:
        NotFound: ``no_such_handover``.
        Conflict: ``handover_over``.
    """
    handover = _lock_offered(change, handover_id)
    if handover.giver_id != change.call.principal.require_company():
        raise NotFound("no_such_handover")
    _end(change, handover, HandoverState.WITHDRAWN)
    return view(change.db, handover, sellers)


def withdraw_of(change: Change, company_id: UUID) -> None:
    """Withdraw what a company offers and is offered; it changes nothing any more.

    The company is locked.
    """
    offered = select(Handover).where(
        Handover.state == HandoverState.OFFERED,
        or_(Handover.giver_id == company_id, Handover.receiver_id == company_id),
    )
    for handover in change.db.scalars(offered.order_by(Handover.id)).all():
        _end(change, handover, HandoverState.WITHDRAWN)


def follow(news: Sequence[News]) -> None:
    """End what is open for services that went to another company, or ended.

    What counts is what billing keeps of a service: an event may be an older one.
    """
    session = news[0][0].db
    wanted = {envelope.body.id for _, envelope in news}
    rows = session.scalars(
        select(Handover).where(
            Handover.ended_at.is_(None), Handover.service_id.in_(wanted)
        )
    )
    opened = {each.service_id: each for each in rows}
    for change, envelope in news:
        handover = opened.get(envelope.body.id)
        if handover is None or handover.ended_at is not None:
            continue
        service = session.get_one(Subscription, handover.service_id)
        if service.company_id == handover.receiver_id:
            _end(change, handover, HandoverState.DONE)
        elif service.company_id != handover.giver_id or service.state in _OVER:
            _end(change, handover, HandoverState.FAILED)


def view(
    session: Session, handover: Handover, sellers: Sellers | None = None
) -> contract.Handover:
    """Return it as its companies see it; its obstacles need the ``sellers``."""
    service = session.get_one(Subscription, handover.service_id)
    has_time = service.period is not Period.ONCE
    is_offered = handover.state is HandoverState.OFFERED
    obstacles: list[str] = []
    if sellers is not None and is_offered:
        obstacles = _obstacles(session, handover, sellers, None)
    return contract.Handover(
        id=handover.id,
        service_id=handover.service_id,
        service_name=service.name or service.family_name,
        family_name=service.family_name,
        price=Money(service.price, currency_of(service.currency)),
        period=service.period,
        paid_through=service.paid_through if has_time else None,
        giver_id=handover.giver_id,
        giver_name=_name(session, handover.giver_id),
        receiver_id=handover.receiver_id,
        receiver_name=_name(session, handover.receiver_id),
        state=handover.state,
        offered_at=handover.offered_at,
        expires_at=handover.expires_at,
        obstacles=obstacles,
    )


def _find(session: Session, company_id: UUID, handover_id: UUID) -> Handover:
    found = session.get(Handover, handover_id)
    if found is None or company_id not in {found.giver_id, found.receiver_id}:
        raise NotFound("no_such_handover")
    return found


def _check_in_vain(session: Session, giver_id: UUID, now: datetime) -> None:
    """Refuse further offers of a company that bothers others; it is locked.

    Raises:
        Throttled: ``too_many_handovers`` with ``retry_after_s``.
    """
    lately = (
        select(Handover.ended_at)
        .where(
            Handover.giver_id == giver_id,
            Handover.state.in_(_IN_VAIN),
            Handover.ended_at > now - _A_DAY,
        )
        .order_by(Handover.ended_at.desc())
        .limit(MOST_IN_VAIN)
    )
    ended = session.scalars(lately).all()
    if len(ended) == MOST_IN_VAIN and (first := ended[-1]) is not None:
        wait_s = math.ceil((first + _A_DAY - now).total_seconds())
        raise Throttled("too_many_handovers", "", {"retry_after_s": wait_s})


def _open_of(session: Session, service_id: UUID) -> Handover | None:
    open_ = Handover.service_id == service_id, Handover.ended_at.is_(None)
    return session.scalars(select(Handover).where(*open_)).one_or_none()


def _lock_offered(change: Change, handover_id: UUID) -> Handover:
    """Lock one that waits for an answer, and both companies before it."""
    db, company_id = change.db, change.call.principal.require_company()
    found = _find(db, company_id, handover_id)
    lock_companies(db, {found.giver_id, found.receiver_id})
    db.refresh(found, with_for_update=True)
    is_late = found.expires_at <= change.call.now
    if found.state is not HandoverState.OFFERED or is_late:
        raise Conflict("handover_over")
    return found


def _obstacles(
    session: Session, handover: Handover, sellers: Sellers, now: datetime | None
) -> list[str]:
    """What stands in the way on either side; without ``now``, debts of old alone."""
    service = session.get_one(Subscription, handover.service_id)
    givers = seller_of(session, sellers, handover.giver_id)
    receivers = seller_of(session, sellers, handover.receiver_id)
    wallet = _wallet(session, handover.receiver_id, service.currency)
    checks = {
        "handover_other_seller": givers.key != receivers.key,
        "handover_no_wallet": wallet is None,
    }
    found = [code for code, applies in checks.items() if applies]
    return [*_givers_obstacles(session, service, now), *found]


def _givers_obstacles(
    session: Session, service: Subscription, now: datetime | None
) -> list[str]:
    checks = {
        "handover_not_active": service.state is not ServiceState.ACTIVE,
        "handover_ending": service.ends is not None,
        "handover_owed": _owes(session, service, now),
    }
    return [code for code, applies in checks.items() if applies]


def _owes(session: Session, service: Subscription, now: datetime | None) -> bool:
    """Whether the service, or anything else of its company's wallet, is unpaid.

    What was paid from credit is owed as well, until the balance is back at zero.
    """
    company_id, currency = service.company_id, service.currency
    if now is not None:
        zone = time_zone_of(session, company_id)
        if paid_time.begun_periods(service, now, zone):
            return True
    if service.owed or service.overdue_since is not None:
        return True
    owed = select(func.coalesce(func.sum(RecurringCost.amount), 0)).where(
        RecurringCost.company_id == company_id,
        RecurringCost.currency == currency,
        RecurringCost.standing != Standing.ACTIVE,
    )
    wallet = _wallet(session, company_id, currency)
    return bool(session.scalar(owed)) or (wallet is not None and wallet.balance < 0)


def _wallet(session: Session, company_id: UUID, currency: str) -> Wallet | None:
    mine = Wallet.company_id == company_id, Wallet.currency == currency
    return session.scalars(select(Wallet).where(*mine)).one_or_none()


def _name(session: Session, company_id: UUID) -> str:
    company = session.get(Company, company_id)
    return company.name if company else ""


def _refuse(obstacles: Sequence[str]) -> None:
    if obstacles:
        raise Conflict(obstacles[0])


def _end(change: Change, handover: Handover, state: HandoverState) -> None:
    handover.state, handover.version = state, handover.version + 1
    handover.ended_at = change.call.now
    change.db.flush()
    _tell(change, handover)


def _tell(change: Change, handover: Handover) -> None:
    log.info("handover", id=str(handover.id), state=handover.state.value)
    change.emit(
        contract.HANDOVER_CHANGED,
        view(change.db, handover),
        company_id=handover.giver_id,
        version=handover.version,
    )
