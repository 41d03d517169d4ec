"""Top-ups once begun: reading, listing, cancelling, ending unpaid ones.

Lock a top-up's row before changing it and then, to post, its wallet.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.billing.models.top_ups import OPEN, TopUp
from services.billing.top_ups.views import payments_of, view
from shared.contracts import billing
from shared.contracts.billing.payments import PaymentState
from shared.contracts.billing.top_ups import TopUpState
from shared.errors import Conflict, NotFound
from shared.money import Money, currency_of
from shared.rpc.change import Change

MOST_OPEN = 20
"""As many are listed."""


def list_open(session: Session) -> billing.top_ups.OpenTopUps:
    """The company's top-ups that can still be paid or cancelled."""
    newest = TopUp.created_at.desc()
    query = select(TopUp).where(TopUp.state.in_(OPEN)).order_by(newest, TopUp.id)
    rows = session.scalars(query.limit(MOST_OPEN))
    return billing.top_ups.OpenTopUps(
        top_ups=[
            billing.top_ups.OpenTopUp(
                id=row.id,
                reference=row.reference,
                gross=Money(row.gross, currency_of(row.currency)),
                created_at=row.created_at,
            )
            for row in rows
        ]
    )


def cancel(change: Change, top_up_id: UUID) -> TopUp:
    """End an unpaid top-up; money that still arrives is booked.

    Raises:
        NotFound: ``no_such_top_up``.
        Conflict: ``top_up_ended`` with ``state``.
    """
    top_up = lock_top_up(change.db, top_up_id)
    require_open(top_up)
    _end(change, top_up, TopUpState.CANCELLED)
    return top_up


def expire(change: Change, limit: int = 100) -> int:
    """End top-ups whose time to be paid is over; returns how many."""
    over = change.db.scalars(
        select(TopUp)
        .where(TopUp.state.in_(OPEN), TopUp.expires_at <= change.call.now)
        .order_by(TopUp.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for top_up in over:
        _end(change, top_up, TopUpState.EXPIRED)
    return len(over)


def lock_top_up(session: Session, top_up_id: UUID) -> TopUp:
    """Read a top-up and keep others from changing it until the commit.

    Raises:
        NotFound: ``no_such_top_up``.
    """
    top_up = session.scalars(
        select(TopUp)
        .where(TopUp.id == top_up_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if top_up is None:
        raise NotFound("no_such_top_up")
    return top_up


def require_open(top_up: TopUp) -> None:
    """Raise Conflict ``top_up_ended`` with ``state`` unless it may still be paid."""
    if top_up.state not in OPEN:
        state = top_up.state.value
        raise Conflict("top_up_ended", state, {"state": state})


def get(session: Session, top_up_id: UUID) -> TopUp:
    """One top-up of the session's company.

    Raises:
        NotFound: ``no_such_top_up``.
    """
    top_up = session.scalars(select(TopUp).where(TopUp.id == top_up_id)).one_or_none()
    if top_up is None:
        raise NotFound("no_such_top_up")
    return top_up


def move(change: Change, top_up: TopUp, state: TopUpState) -> None:
    """Change a locked top-up's state, and emit its event.

    Also for what leaves the state as it is: another payment, another part refunded.
    """
    top_up.state = state
    top_up.version += 1
    if state not in OPEN and top_up.settled_at is None:
        top_up.settled_at = change.call.now
    change.db.flush()
    change.emit(
        billing.top_ups.TOP_UP_SETTLED,
        view(change.db, top_up),
        company_id=top_up.company_id,
        version=top_up.version,
    )


def _end(change: Change, top_up: TopUp, state: TopUpState) -> None:
    for payment in payments_of(change.db, top_up):
        if payment.state in {PaymentState.CREATED, PaymentState.PENDING}:
            # Where a card was declined and no other one tried, that is how it ended.
            failed = payment.failure is not None
            payment.state = PaymentState.FAILED if failed else PaymentState.CANCELLED
            # Its gateway's page may still be open, and can be paid there.
            payment.ask_at = change.call.now if payment.checkout else None
    move(change, top_up, state)
