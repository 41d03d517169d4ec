"""The service list: filters, search, sorting, and paging by key.

Each way to narrow and sort it has an index that begins with the company, so a page
costs the same for ten services and for 100,000.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from services.inventory import counters
from services.inventory.catalogue import get_family
from services.inventory.models import Family, Service
from services.inventory.search import matches, words_of
from services.inventory.views import view
from shared.contracts import inventory as contract
from shared.contracts.inventory import ServiceSort, StateFilter
from shared.errors import InvalidInput
from shared.money import currency_of
from shared.paging import MAX_PAGE_SIZE, decode_cursor, encode_cursor

_LIVE_RANKS = 3
_MAY_BE_SUSPENDED = {None, StateFilter.SUSPENDED, StateFilter.TERMINATION_REQUESTED}
_RANKS = {
    StateFilter.PENDING: 1,
    StateFilter.ACTIVE: 2,
    StateFilter.SUSPENDED: 3,
    StateFilter.TERMINATED: 4,
}

# What may stand in a cursor, so that a forged one can't be more than a wrong place.
_Name = Annotated[str, msgspec.Meta(max_length=400, pattern=r"\A[^\0]*\Z")]
_Rank = Annotated[int, msgspec.Meta(ge=0, le=9)]
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_Currency = Annotated[str, msgspec.Meta(pattern=r"\A[A-Z]{3}\Z")]
_Amount = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{1,20}(\.[0-9]{1,60})?\Z")]

_Direction = Literal["after", "before"]


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


_SORTINGS = {
    ServiceSort.NAME: _Sorting(
        (Service.name_key, Service.id), tuple[str, _Direction, _Name, UUID]
    ),
    ServiceSort.CREATED: _Sorting(
        (Service.created_at, Service.id), tuple[str, _Direction, _Moment, UUID]
    ),
    ServiceSort.STATE: _Sorting(
        (Service.state_rank, Service.name_key, Service.id),
        tuple[str, _Direction, _Rank, _Name, UUID],
    ),
    ServiceSort.PRICE: _Sorting(
        (Service.currency, Service.yearly_price, Service.id),
        tuple[str, _Direction, _Currency, _Amount, UUID],
    ),
}


def list_services(
    db: Session, company_id: UUID, request: contract.ListServices
) -> contract.ServicePage:
    """One page of a company's services; see the contract for the refusals."""
    if not 1 <= request.limit <= MAX_PAGE_SIZE:
        raise InvalidInput("bad_limit", "", {"max_limit": MAX_PAGE_SIZE})
    if request.family is not None:
        get_family(db, request.family)
    if request.currency is not None:
        _check_currency(request.currency)
    words, filters = words_of(request.search), _filters(request)
    if request.search.strip():
        filters.append(matches(db, company_id, words, filters))
    listing = _Listing(db, company_id, request, words, filters)
    rows, previous, following = listing.page()
    total = None
    if not (request.search.strip() or _beyond_counters(request)):
        total = counters.total(db, request.state, request.family)
    return contract.ServicePage(
        services=[view(service, family_name) for service, family_name in rows],
        previous=previous,
        next=following,
        total=total,
    )


_Row = tuple[Service, str]
_Query = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class _Listing:
    db: Session
    company_id: UUID
    request: contract.ListServices
    words: list[str]
    filters: list[ColumnElement[bool]]

    def page(self) -> tuple[list[_Row], str | None, str | None]:
        """The page's services with their families' names, and both cursors."""
        direction, key = self._place()
        limit = self.request.limit
        rows = self._read(direction, key, limit + 1)
        has_more, rows = len(rows) > limit, rows[:limit]
        if direction == "before":
            rows.reverse()
        if not rows:
            return rows, None, None
        first, last = (self._sorting.key_of(row[0]) for row in (rows[0], rows[-1]))
        # Whether there is anything on the side the reader came from is looked up:
        # it may have gone meanwhile.
        if direction == "before":
            has_previous, has_next = has_more, self._exists("after", last)
        else:
            has_previous = key is not None and self._exists("before", first)
            has_next = has_more
        return (
            rows,
            self._cursor("before", first) if has_previous else None,
            self._cursor("after", last) if has_next else None,
        )

    @property
    def _sorting(self) -> _Sorting:
        return _SORTINGS[self.request.sort]

    def _place(self) -> tuple[_Direction, tuple[Any, ...] | None]:
        if self.request.cursor is None:
            return "after", None
        values = decode_cursor(self.request.cursor, self._sorting.cursor)
        fingerprint, direction, *key = values
        if fingerprint != self._fingerprint():
            raise InvalidInput("bad_cursor", "of another list")
        return direction, tuple(key)

    def _cursor(self, direction: _Direction, key: tuple[Any, ...]) -> str:
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

    def _read(
        self, direction: _Direction, key: tuple[Any, ...] | None, limit: int
    ) -> list[_Row]:
        columns = select(Service, Family.name)
        query = columns.join(Family, Family.code == Service.family_code)
        narrow = self._narrow(query, direction, key)
        falling = self._falls(direction)
        order = [c.desc() if falling else c.asc() for c in self._sorting.columns]
        rows = self.db.execute(narrow.order_by(*order).limit(limit))
        return [(service, family_name) for service, family_name in rows]

    def _exists(self, direction: _Direction, key: tuple[Any, ...]) -> bool:
        query = self._narrow(select(Service.id), direction, key)
        return self.db.scalar(query.limit(1)) is not None

    def _narrow(
        self, query: _Query, direction: _Direction, key: tuple[Any, ...] | None
    ) -> _Query:
        query = query.where(Service.company_id == self.company_id, *self.filters)
        if key is None:
            return query
        here, there = tuple_(*self._sorting.columns), tuple_(*self._bound(key))
        return query.where(here < there if self._falls(direction) else here > there)

    def _bound(self, key: Sequence[Any]) -> list[Any]:
        """The key as the columns' types; amounts travel as text."""
        if self.request.sort is ServiceSort.PRICE:
            currency, amount, service_id = key
            return [currency, Decimal(amount), service_id]
        return list(key)

    def _falls(self, direction: _Direction) -> bool:
        return self.request.descending is (direction == "after")


def _filters(request: contract.ListServices) -> list[ColumnElement[bool]]:
    """All that narrows the list but the search."""
    filters = [_in_state(request.state)]
    if request.family is not None:
        filters.append(Service.family_code == request.family)
    return [*filters, *_beyond_counters(request)]


def _check_currency(code: str) -> None:
    try:
        currency_of(code)
    except ValueError as error:
        raise InvalidInput("no_such_currency", code[:8]) from error


def _beyond_counters(request: contract.ListServices) -> list[ColumnElement[bool]]:
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
