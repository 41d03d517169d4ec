"""The trail of what people did, of a person and of a company."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec

from shared.contract import Method, Request, Response
from shared.contracts.actors import Actor
from shared.contracts.identity.name import NAME
from shared.permissions import Permission

Methods = Annotated[list[str], msgspec.Meta(max_length=200)]
"""Each as ``billing.add_wallet``."""


class ActivityEntry(Response, frozen=True, kw_only=True):
    """One act: a call of the method named, as ``billing.add_wallet``.

    ``company_id`` is None for what concerns a person's own account. ``user_id`` is who
    did it or, where support did, whom it was about, if anybody. ``recorded`` are the
    method's `shared.contract.Method.recorded`: amounts are followed by their currency.
    ``network`` is the shortened IP address that the session was opened from, such as
    ``203.0.113.x``; ``browser`` and ``system`` are names such as Firefox and Linux. All
    three are empty for support, and where they are unknown. ``at`` is UTC.
    """

    id: UUID
    at: datetime
    company_id: UUID | None
    user_id: UUID | None
    actor: Actor
    method: str
    recorded: dict[str, str]
    network: str
    browser: str
    system: str
    request_id: str


class ActivityPage(Response, frozen=True, kw_only=True):
    entries: list[ActivityEntry]
    previous: str | None
    next: str | None


class ListActivity(Request, frozen=True, kw_only=True):
    """The caller's own acts in all companies, and support's on their account.

    Newest first; days are the person's own, in their time zone, both included.
    ``methods`` narrows it to these.
    """

    methods: Methods = msgspec.field(default_factory=list)
    first_day: date | None = None
    last_day: date | None = None
    cursor: str | None = None
    limit: int = 25


class ListCompanyActivity(ListActivity, frozen=True, kw_only=True):
    """What anybody did for the company; days are the company's own.

    ``user_id`` narrows it to a person's, ``by_support`` to what support did.
    """

    user_id: UUID | None = None
    by_support: bool = False


class SearchActivity(ListActivity, frozen=True, kw_only=True):
    """For operators: what anybody did; days are UTC.

    ``company_id`` narrows it to a company's acts, and ``email`` to those of or about
    the person who has that email now.
    """

    company_id: UUID | None = None
    email: str = ""


LIST_ACTIVITY = Method(
    NAME, "list_activity", ListActivity, ActivityPage, Permission.READ_ACCOUNT
)
"""InvalidInput ``bad_limit`` with ``max_limit``, ``bad_cursor``, ``bad_day``; NotFound
``no_such_user`` (operators)."""

LIST_COMPANY_ACTIVITY = Method(
    NAME,
    "list_company_activity",
    ListCompanyActivity,
    ActivityPage,
    Permission.READ_ACTIVITY,
)
"""InvalidInput as `LIST_ACTIVITY`."""

SEARCH_ACTIVITY = Method(
    NAME, "search_activity", SearchActivity, ActivityPage, Permission.OPERATE
)
"""InvalidInput as `LIST_ACTIVITY`; NotFound ``no_such_user``."""

METHODS = (LIST_ACTIVITY, LIST_COMPANY_ACTIVITY, SEARCH_ACTIVITY)
