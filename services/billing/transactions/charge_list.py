"""A company's charges, so that each entry of the ledger opens to its services."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from services.billing.models.charging import Charge
from services.billing.transactions.listing import of_entry
from shared.contracts import billing
from shared.db.paging import check_day, check_limit, decode_cursor, encode_cursor
from shared.errors import InvalidInput
from shared.money import Money, currency_of


def list_charges(
    session: Session, request: billing.charging.ListCharges
) -> billing.charging.ChargePage:
    """Read a page of the session's company's charges, the newest first.

    Raises:
        InvalidInput: ``bad_cursor``, ``bad_day`` with ``value``, ``bad_limit`` with
            ``max_limit``.
    """
    check_limit(request.limit)
    check_day(request.day)
    place = tuple_(Charge.starts_at, Charge.service_id, Charge.kind)
    wanted = select(Charge).order_by(
        Charge.starts_at.desc(), Charge.service_id.desc(), Charge.kind.desc()
    )
    if request.service_id is not None:
        wanted = wanted.where(Charge.service_id == request.service_id)
    if request.entry_id is not None:
        wanted = wanted.where(Charge.entry_id == request.entry_id)
    if request.day is not None:
        begins = datetime.combine(request.day, time(), UTC)
        ends = begins + timedelta(days=1)
        wanted = wanted.where(Charge.starts_at >= begins, Charge.starts_at < ends)
    if request.cursor is not None:
        last = _read_cursor(request.cursor)
        wanted = wanted.where(place < last)
    found = session.scalars(wanted.limit(request.limit + 1)).all()
    page = found[: request.limit]
    has_more = len(found) > len(page)
    entry = request.entry_id
    return billing.charging.ChargePage(
        charges=[_view(each) for each in page],
        next=_cursor(page[-1]) if has_more else None,
        transaction=of_entry(session, entry) if entry is not None else None,
    )


def _read_cursor(cursor: str) -> tuple[datetime, UUID, billing.charging.ChargeKind]:
    types = tuple[datetime, UUID, billing.charging.ChargeKind]
    found: tuple[datetime, UUID, billing.charging.ChargeKind] = decode_cursor(
        cursor, types
    )
    if found[0].tzinfo is None:
        raise InvalidInput("bad_cursor")
    return found


def _cursor(charge: Charge) -> str:
    return encode_cursor(charge.starts_at, charge.service_id, charge.kind)


def _view(charge: Charge) -> billing.charging.ChargeRow:
    return billing.charging.ChargeRow(
        service_id=charge.service_id,
        kind=charge.kind,
        starts_at=charge.starts_at,
        ends_at=charge.ends_at,
        amount=Money(charge.amount, currency_of(charge.currency)),
        periods=charge.periods,
        entry_id=charge.entry_id,
        charged_at=charge.charged_at,
    )
