"""The query for a trail, and what is read for its page and its file."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Self
from uuid import UUID

import msgspec

from shared.contract import Method
from shared.contracts.identity.activity import (
    ActivityPage,
    ListActivity,
    ListCompanyActivity,
)
from web.activity.forms import SUPPORT, ActivityFilters
from web.language.acts import ActTopic, methods_of
from web.page import downloads
from web.page.values import read_choice, read_uuid, write_days
from web.page.visit import Visit

PAGE_SIZE = 25


@dataclass(frozen=True)
class ActivityQuery:
    """The trail's filters and page, read from its address and written to it.

    ``who`` and ``by_support`` narrow a company's only. The days are both included.
    """

    topic: ActTopic | None = None
    who: UUID | None = None
    by_support: bool = False
    first_day: date | None = None
    last_day: date | None = None
    cursor: str = ""

    @classmethod
    def read(cls, form: ActivityFilters) -> Self:
        """Read the filters of an address; empty ones count as absent.

        Raises:
            InvalidInput: ``unknown_choice``.
            NotFound: ``no_such_page``; no person has such an id.
        """
        topic, who = form.what.data, form.who.data
        first, last = form.days()
        return cls(
            topic=read_choice(topic, ActTopic, "what") if topic else None,
            who=read_uuid(who) if who and who != SUPPORT else None,
            by_support=who == SUPPORT,
            first_day=first,
            last_day=last,
            cursor=form.after.data,
        )

    def own(self, limit: int = PAGE_SIZE) -> ListActivity:
        return ListActivity(**self._narrowing(limit))

    def of_company(self, limit: int = PAGE_SIZE) -> ListCompanyActivity:
        return ListCompanyActivity(
            user_id=self.who, by_support=self.by_support, **self._narrowing(limit)
        )

    def _narrowing(self, limit: int) -> dict[str, Any]:
        return {
            "methods": methods_of(self.topic) if self.topic else [],
            "first_day": self.first_day,
            "last_day": self.last_day,
            "cursor": self.cursor or None,
            "limit": limit,
        }

    def address(self, cursor: str = "") -> dict[str, str | None]:
        """Return the parameters of its address, at the start or at a cursor."""
        who = str(self.who) if self.who else None
        return {
            "what": self.topic.value if self.topic else None,
            "who": SUPPORT if self.by_support else who,
            **write_days(self.first_day, self.last_day),
            "after": cursor or None,
        }

    def narrowed(self, **change: str | None) -> dict[str, str | None]:
        """Return the parameters of the first page with other filters."""
        return {**self.address(), **change}

    @property
    def has_days(self) -> bool:
        return bool(self.first_day or self.last_day)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.topic or self.who or self.by_support or self.has_days)


def from_the_start(query: ActivityQuery) -> ActivityQuery:
    return replace(query, cursor="")


def list_all(
    visit: Visit, method: Method[Any, ActivityPage], asked: ListActivity
) -> Iterator[ActivityPage]:
    """Read a trail from its start; the first page is there when this returns."""
    first = downloads.first_answer(visit, method, asked)
    return downloads.all_pages(
        first,
        lambda cursor: visit.fetch(
            method, msgspec.structs.replace(asked, cursor=cursor)
        ),
    )
