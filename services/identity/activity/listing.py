"""The trail of a person and of a company, newest first, paged by key."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session

from services.identity.models.activity import Activity
from services.identity.models.companies import Company
from services.identity.models.people import User
from services.identity.people.emails import normalise_or_empty
from services.identity.people.users import find_user_by_email
from shared.contracts.actors import Actor, ActorKind
from shared.contracts.identity.activity import (
    ActivityEntry,
    ActivityPage,
    ListActivity,
    ListCompanyActivity,
    SearchActivity,
)
from shared.db.paging import (
    Direction,
    Position,
    check_day,
    check_limit,
    decode_cursor,
    encode_cursor,
    paginate,
)
from shared.errors import NotFound
from shared.principal import NOBODY_ID

_Key = tuple[datetime, int]
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


def list_own(db: Session, user_id: UUID, request: ListActivity) -> ActivityPage:
    """Return a person's own trail, for a session of the system.

    Raises:
        NotFound: ``no_such_user``.
        InvalidInput: as the contract lists.
    """
    zone = db.scalar(select(User.time_zone).where(User.id == user_id))
    if zone is None:
        raise NotFound("no_such_user")
    return _list(db, request, ZoneInfo(zone), [Activity.user_id == user_id])


def list_of_company(db: Session, request: ListCompanyActivity) -> ActivityPage:
    """Return the trail of the company that ``db`` is narrowed to.

    Raises:
        InvalidInput: as the contract lists.
    """
    zone = db.scalar(select(Company.time_zone))
    which: list[ColumnElement[bool]] = []
    if request.by_support:
        which.append(Activity.actor_kind == ActorKind.SUPPORT)
    if request.user_id is not None:
        which.append(Activity.actor_kind == ActorKind.PERSON)
        which.append(Activity.user_id == request.user_id)
    return _list(db, request, ZoneInfo(zone) if zone else UTC, which)


def search(db: Session, request: SearchActivity) -> ActivityPage:
    """Return the trail for an operator, for a session of the system.

    Raises:
        NotFound: ``no_such_user``.
        InvalidInput: as the contract lists.
    """
    which: list[ColumnElement[bool]] = []
    if request.company_id is not None:
        which.append(Activity.company_id == request.company_id)
    if request.email:
        user = find_user_by_email(db, normalise_or_empty(request.email))
        if user is None:
            raise NotFound("no_such_user")
        which.append(Activity.user_id == user.id)
    return _list(db, request, UTC, which)


def _list(
    db: Session,
    request: ListActivity,
    zone: tzinfo,
    which: list[ColumnElement[bool]],
) -> ActivityPage:
    check_limit(request.limit)
    if request.methods:
        which = [*which, Activity.method.in_(request.methods)]
    which = [*which, *_of_days(request.first_day, request.last_day, zone)]

    def read(direction: Direction, key: _Key | None, limit: int) -> Sequence[Activity]:
        query = select(Activity).where(*which)
        columns = (Activity.at, Activity.number)
        falls = direction == "after"
        if key is not None:
            here, there = tuple_(*columns), tuple_(*key)
            query = query.where(here < there if falls else here > there)
        order = [each.desc() if falls else each.asc() for each in columns]
        return db.scalars(query.order_by(*order).limit(limit)).all()

    page = paginate(
        read,
        lambda row: (row.at, row.number),
        _place(request.cursor),
        request.limit,
        lambda direction, key: encode_cursor(direction, *key),
    )
    return ActivityPage(
        entries=[_view(each) for each in page.rows],
        previous=page.previous,
        next=page.next,
    )


def _place(cursor: str | None) -> tuple[Direction, _Key | None]:
    if cursor is None:
        return "after", None
    direction, at, number = decode_cursor(cursor, tuple[Direction, _Moment, Position])
    return direction, (at, number)


def _of_days(
    first: date | None, last: date | None, zone: tzinfo
) -> list[ColumnElement[bool]]:
    check_day(first)
    check_day(last)
    which: list[ColumnElement[bool]] = []
    if first is not None:
        which.append(Activity.at >= datetime.combine(first, time(), zone))
    if last is not None:
        following = last + timedelta(days=1)
        which.append(Activity.at < datetime.combine(following, time(), zone))
    return which


def _view(row: Activity) -> ActivityEntry:
    return ActivityEntry(
        id=row.id,
        at=row.at,
        company_id=None if row.company_id == NOBODY_ID else row.company_id,
        user_id=row.user_id,
        actor=Actor(kind=row.actor_kind, name=row.actor_name),
        method=row.method,
        recorded=row.recorded,
        network=row.network,
        browser=row.browser,
        system=row.system,
        request_id=row.request_id,
    )
