"""Mails that were given up, for operators."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.identity.models.notices import Notice
from shared.contracts import identity
from shared.db.paging import (
    MAX_BATCH,
    Direction,
    Position,
    check_limit,
    paginate,
    read_place,
    walk,
)


def list_failed(
    db: Session, request: identity.notices.ListFailedNotices
) -> identity.notices.FailedNotices:
    """One page of them; see the contract for the refusals."""
    check_limit(request.limit, MAX_BATCH)
    place = read_place(request.cursor, Position)
    page = paginate(partial(_read, db), lambda row: row.position, place, request.limit)
    return identity.notices.FailedNotices(
        notices=[_view(row) for row in page.rows],
        previous=page.previous,
        next=page.next,
    )


def _read(
    db: Session, direction: Direction, key: int | None, limit: int
) -> Sequence[Notice]:
    query = select(Notice).where(Notice.given_up_at.is_not(None))
    query = walk(query, Notice.position, direction, key)
    return db.scalars(query.limit(limit)).all()


def _view(notice: Notice) -> identity.notices.FailedNotice:
    assert notice.given_up_at is not None
    return identity.notices.FailedNotice(
        id=notice.id,
        kind=notice.kind,
        address=notice.address,
        created_at=notice.created_at,
        given_up_at=notice.given_up_at,
        attempts=notice.attempts,
        failure=notice.failure,
    )
