"""Notices on the page: listed, counted, read.

A person who has left a company sees no notice of it any more.
"""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from services.identity.models.companies import Company, Membership
from services.identity.models.notices import Notice
from services.identity.models.people import User
from shared.contracts import identity
from shared.contracts.identity.notices import MOST_COUNTED, NOTICES_CHANGED, Channel
from shared.db.paging import (
    Direction,
    Position,
    check_limit,
    paginate,
    read_place,
    walk,
)
from shared.rpc.change import Change

_Row = tuple[Notice, str | None]


def list_notices(
    db: Session, user_id: UUID, request: identity.notices.ListNotices
) -> identity.notices.NoticePage:
    """One page of a person's notices; see the contract for the refusals."""
    check_limit(request.limit)
    place = read_place(request.cursor, Position)
    page = paginate(
        partial(_read, db, user_id), lambda row: row[0].position, place, request.limit
    )
    return identity.notices.NoticePage(
        notices=[_view(notice, name) for notice, name in page.rows],
        unread=db.scalars(select(unread_count(user_id))).one(),
        previous=page.previous,
        next=page.next,
    )


def unread_count(user_id: UUID | InstrumentedAttribute[UUID]) -> ScalarSelect[int]:
    """How many notices a person has not read, up to `MOST_COUNTED`.

    The person may be a column of the query that it becomes a part of.
    """
    unread = (
        select(Notice.id)
        .where(_shown_to(user_id), Notice.read_at.is_(None))
        .limit(MOST_COUNTED)
        .correlate(User)
        .subquery()
    )
    counted = select(func.count()).select_from(unread).correlate(User)
    return counted.scalar_subquery()


def mark_read(
    change: Change, user_id: UUID, request: identity.notices.MarkNoticesRead
) -> None:
    """Mark a person's notices as read."""
    which = [Notice.user_id == user_id, Notice.channel == Channel.PAGE]
    if request.notice_id is not None:
        which.append(Notice.id == request.notice_id)
    if request.up_to is not None:
        which.append(Notice.position <= request.up_to)
    change.db.execute(
        update(Notice)
        .where(*which, Notice.read_at.is_(None))
        .values(read_at=change.call.now)
    )


def emit_notices_changed(change: Change, user_id: UUID, company_id: UUID) -> None:
    """Publish that a person has other notices, or has read some."""
    body = identity.notices.ChangedNotices(user_id=user_id)
    change.emit(NOTICES_CHANGED, body, company_id=company_id, version=1)


def _shown_to(user_id: UUID | InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    theirs = (
        select(Membership.company_id)
        .where(Membership.user_id == user_id)
        .correlate(User)
    )
    return and_(
        Notice.user_id == user_id,
        Notice.channel == Channel.PAGE,
        or_(Notice.company_id.is_(None), Notice.company_id.in_(theirs)),
    )


def _read(
    db: Session, user_id: UUID, direction: Direction, key: int | None, limit: int
) -> Sequence[_Row]:
    query = (
        select(Notice, Company.name)
        .outerjoin(Company, Company.company_id == Notice.company_id)
        .where(_shown_to(user_id))
    )
    query = walk(query, Notice.position, direction, key)
    return [(notice, name) for notice, name in db.execute(query.limit(limit))]


def _view(notice: Notice, company_name: str | None) -> identity.notices.Notice:
    return identity.notices.Notice(
        id=notice.id,
        position=notice.position,
        kind=notice.kind,
        company_id=notice.company_id,
        company_name=company_name or "",
        parameters=notice.parameters,
        created_at=notice.created_at,
        is_read=notice.read_at is not None,
    )
