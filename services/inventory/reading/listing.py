"""The service list: filters, search, sorting, and paging by key.

Each way to narrow and sort it has an index that begins with the company, so a page
costs the same for ten services and for 100,000.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Row, Select, Uuid, any_, literal, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session

from services.inventory import counters
from services.inventory.catalogue import get_family
from services.inventory.models import Family, Service, ServiceWord
from services.inventory.reading import search
from services.inventory.reading.search import words_of
from services.inventory.views import view
from shared.contracts import inventory
from shared.contracts.inventory.reading import ServiceSort, StateFilter
from shared.db.paging import (
    Direction,
    Page,
    check_limit,
    decode_cursor,
    encode_cursor,
    paginate,
)
from shared.errors import InvalidInput
from shared.money import currency_of

_LIVE_RANKS = 3
_MAY_BE_SUSPENDED = {None, StateFilter.SUSPENDED, StateFilter.TERMINATION_REQUESTED}
_RANKS = {
    StateFilter.PENDING: 1,
    StateFilter.ACTIVE: 2,
    StateFilter.SUSPENDED: 3,
    StateFilter.TERMINATED: 4,
}

# What a cursor may contain: a forged one can only be a wrong place.
_Name = Annotated[str, msgspec.Meta(max_length=400, pattern=r"\A[^\0]*\Z")]
_Rank = Annotated[int, msgspec.Meta(ge=0, le=9)]
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_Currency = Annotated[str, msgspec.Meta(pattern=r"\A[A-Z]{3}\Z")]
_Amount = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{1,20}(\.[0-9]{1,60})?\Z")]


@dataclass(frozen=True)
class _Sorting:
    """Columns to sort by, the last one unique, and their types in a cursor."""

    columns: tuple[InstrumentedAttribute[Any], ...]
    cursor: Any

    def key_of(self, service: Service) -> tuple[Any, ...]:
        values = (getattr(service, column.key) for column in self.columns)
        return tuple(
            f"{value:f}" if isinstance(value, Decimal) else value for value in values
        )


NEARBY = 500
"""Services past which a page of common words is looked for by the words."""

_SERVICES: "_Query" = select(Service, Family.name).join(
    Family, Family.code == Service.family_code
)

_SORTINGS = {
    ServiceSort.NAME: _Sorting(
        (Service.name_key, Service.id), tuple[str, Direction, _Name, UUID]
    ),
    ServiceSort.CREATED: _Sorting(
        (Service.created_at, Service.id), tuple[str, Direction, _Moment, UUID]
    ),
    ServiceSort.STATE: _Sorting(
        (Service.state_rank, Service.name_key, Service.id),
        tuple[str, Direction, _Rank, _Name, UUID],
    ),
    ServiceSort.PRICE: _Sorting(
        (Service.currency, Service.yearly_price, Service.id),
        tuple[str, Direction, _Currency, _Amount, UUID],
    ),
}


def list_services(
    db: Session, company_id: UUID, request: inventory.reading.ListServices
) -> inventory.reading.ServicePage:
    """One page of a company's services; see the contract for the refusals."""
    check_limit(request.limit)
    if request.family is not None:
        get_family(db, request.family)
    if request.currency is not None:
        _check_currency(request.currency)
    page = _listing(db, company_id, request).page()
    total = None
    if not (request.search.strip() or _beyond_counters(request)):
        total = counters.total(db, request.state, request.family)
    return inventory.reading.ServicePage(
        services=[view(service, family_name) for service, family_name in page.rows],
        previous=page.previous,
        next=page.next,
        total=total,
    )


class _Place(NamedTuple):
    """Where to read on: from the list's start or end, or from a service's key."""

    direction: Direction
    key: tuple[Any, ...] | None


_Row = tuple[Service, str]
_Query = Select[*tuple[Any, ...]]
_Columns = tuple[InstrumentedAttribute[Any], ...]


def _listing(
    db: Session, company_id: UUID, request: inventory.reading.ListServices
) -> "_Listing":
    words, filters = words_of(request.search), _filters(request)
    if not request.search.strip():
        return _Listing(db, company_id, request, words, filters)
    if not words:
        # Bound, because a constant would swallow all other conditions, the company's
        # too, and a query without that one is refused.
        return _Listing(db, company_id, request, words, [*filters, literal(False)])
    matching = search.matches(words)
    few = search.few_with(db, company_id, words)
    if few is None:
        return _Listing(db, company_id, request, words, filters, matching)
    return _Listing(
        db, company_id, request, words, [*filters, _is_among(few), matching]
    )


def _is_among(ids: list[UUID]) -> ColumnElement[bool]:
    return Service.id == any_(literal(ids, ARRAY(Uuid)))


@dataclass(frozen=True)
class _Listing:
    """A list; ``common_words`` is a search for words that very many services have."""

    db: Session
    company_id: UUID
    request: inventory.reading.ListServices
    words: list[str]
    filters: list[ColumnElement[bool]]
    common_words: ColumnElement[bool] | None = None

    def page(self) -> Page[_Row]:
        """Return the page's services with their families' names, and both cursors."""
        return paginate(
            lambda direction, key, limit: self._read(_Place(direction, key), limit),
            lambda row: self._sorting.key_of(row[0]),
            self._place(),
            self.request.limit,
            self._cursor,
        )

    @property
    def _sorting(self) -> _Sorting:
        # Compared by its state, too, few services would seem to follow one.
        by_name = self._is_by_name
        return _SORTINGS[ServiceSort.NAME if by_name else self.request.sort]

    @property
    def _is_by_name(self) -> bool:
        """Whether names alone decide the order, as in a list by state of one state."""
        sort, state = self.request.sort, self.request.state
        return sort is ServiceSort.NAME or (
            sort is ServiceSort.STATE and state in _RANKS
        )

    def _place(self) -> _Place:
        if self.request.cursor is None:
            return _Place("after", None)
        values = decode_cursor(self.request.cursor, self._sorting.cursor)
        fingerprint, direction, *key = values
        if fingerprint != self._fingerprint():
            raise InvalidInput("bad_cursor", "of another list")
        return _Place(direction, tuple(key))

    def _cursor(self, direction: Direction, key: tuple[Any, ...]) -> str:
        return encode_cursor(self._fingerprint(), direction, *key)

    def _fingerprint(self) -> str:
        """Names the list, so that a cursor of another one is refused."""
        request = self.request
        parts = (
            self.company_id,
            request.state,
            request.family,
            self.words,
            request.period,
            request.currency,
            request.suspension_reason,
            request.sort,
            request.descending,
        )
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:16]

    def _read(self, place: _Place, limit: int) -> list[_Row]:
        if self.common_words is None:
            return self._walk(place, limit)
        return self._search(self.common_words, place, limit)

    def _search(
        self,
        matching: ColumnElement[bool],
        place: _Place,
        limit: int,
    ) -> list[_Row]:
        """Those next in the list that match, whether they are many, few, or far off.

        Which it is, PostgreSQL can't tell, and the way for one is ruinous for others.
        """
        ahead = self._ahead(place)
        nearby = self._nearby(place, ahead)
        rows = self._walk(place, limit, matching, *ahead, *nearby)
        if len(rows) == limit or not nearby:
            return rows
        if len(self.words) > 1:
            few = search.few_with_all(self.db, self.company_id, self.words)
            if few is not None:
                return self._walk(place, limit, _is_among(few), matching)
        return self._walk(place, limit, matching, *ahead)

    def _walk(
        self,
        place: _Place,
        limit: int,
        *more: ColumnElement[bool],
    ) -> list[_Row]:
        query = self._filtered(_SERVICES).where(*more)
        return self._next(query, self._sorting.columns, place, limit)

    def _ahead(self, place: _Place) -> list[ColumnElement[bool]]:
        """By name: that a service is not before the next one of any of the words."""
        if not self._is_by_name:
            return []
        by_name = _Place(place.direction, place.key and place.key[-2:])
        starts = [
            tuple(start)
            for word in self.words
            if (spellings := search.spellings(self.db, self.company_id, word))
            and (start := self._start(spellings, by_name))
        ]
        if not starts:
            return []
        here = tuple_(Service.name_key, Service.id)
        if self._falls(place.direction):
            return [here <= tuple_(*min(starts))]
        return [here >= tuple_(*max(starts))]

    def _start(
        self, spellings: list[str], place: _Place
    ) -> Row[tuple[str, UUID]] | None:
        """Return where the next service with one of the words is."""
        query = select(ServiceWord.name_key, ServiceWord.service_id).where(
            ServiceWord.company_id == self.company_id, ServiceWord.word.in_(spellings)
        )
        columns = (ServiceWord.name_key, ServiceWord.service_id)
        return self.db.execute(self._narrow(query, columns, place).limit(1)).first()

    def _nearby(
        self, place: _Place, ahead: list[ColumnElement[bool]]
    ) -> list[ColumnElement[bool]]:
        """That a service is among the next ones; nothing if the list ends before."""
        columns = self._sorting.columns
        query = self._filtered(select(*columns)).where(*ahead)
        query = self._narrow(query, columns, place)
        far = self.db.execute(query.offset(NEARBY).limit(1)).first()
        if far is None:
            return []
        here, there = tuple_(*columns), tuple_(*far)
        return [here > there if self._falls(place.direction) else here < there]

    def _filtered(self, query: _Query) -> _Query:
        return query.where(Service.company_id == self.company_id, *self.filters)

    def _next(
        self,
        query: _Query,
        columns: _Columns,
        place: _Place,
        limit: int,
    ) -> list[_Row]:
        narrow = self._narrow(query, columns, place)
        rows = self.db.execute(narrow.limit(limit))
        return [(service, family_name) for service, family_name in rows]

    def _narrow(
        self,
        query: _Query,
        columns: _Columns,
        place: _Place,
    ) -> _Query:
        """What lies in the direction of the key, next ones first."""
        falls = self._falls(place.direction)
        query = query.order_by(*(c.desc() if falls else c.asc() for c in columns))
        if place.key is None:
            return query
        here, there = tuple_(*columns), tuple_(*self._bound(place.key))
        return query.where(here < there if falls else here > there)

    def _bound(self, key: Sequence[Any]) -> list[Any]:
        """Return the key as the columns' types; amounts travel as text."""
        if self.request.sort is ServiceSort.PRICE:
            currency, amount, service_id = key
            return [currency, Decimal(amount), service_id]
        return list(key)

    def _falls(self, direction: Direction) -> bool:
        return self.request.descending is (direction == "after")


def _filters(request: inventory.reading.ListServices) -> list[ColumnElement[bool]]:
    """Return all filters of the list except the search."""
    filters = [_in_state(request.state)]
    if request.family is not None:
        filters.append(Service.family_code == request.family)
    return [*filters, *_beyond_counters(request)]


def _check_currency(code: str) -> None:
    try:
        currency_of(code)
    except ValueError as error:
        raise InvalidInput("no_such_currency", code[:8]) from error


def _beyond_counters(
    request: inventory.reading.ListServices,
) -> list[ColumnElement[bool]]:
    """Filters that no counter counts: what a figure elsewhere is made of."""
    wanted = (
        (Service.period, request.period),
        (Service.currency, request.currency),
        (Service.suspension_reason, request.suspension_reason),
    )
    filters = [column == value for column, value in wanted if value is not None]
    if request.suspension_reason is not None and request.state not in _MAY_BE_SUSPENDED:
        # Nothing else has a reason; the database would look through all to find none.
        filters.append(literal(False))
    return filters


def _in_state(state: StateFilter | None) -> ColumnElement[bool]:
    if state is None:
        return Service.state_rank <= _LIVE_RANKS
    if state is StateFilter.TERMINATION_REQUESTED:
        return Service.termination_requested_at.is_not(None)
    return Service.state_rank == _RANKS[state]
