"""What the page of a trail shows: each act's words and link, and the filters."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from flask_babel import gettext as _

from shared.contracts.actors import ActorKind
from shared.contracts.identity.activity import ActivityEntry, ActivityPage
from shared.contracts.identity.memberships import CompanyMembership, Member
from web.activity.forms import SUPPORT
from web.activity.links import address_of, service_of
from web.activity.queries import ActivityQuery
from web.language.acts import ActTopic
from web.language.words import words_for
from web.page.chips import Chip
from web.page.values import NO_DAYS

Address = Callable[[Mapping[str, Any]], str]
"""Makes the list's address with parameters, whose values are texts or None."""

OWN_TOPICS = tuple(each for each in ActTopic if each is not ActTopic.MAINTENANCE)
COMPANY_TOPICS = (ActTopic.COMPANY, ActTopic.SERVICES, ActTopic.BILLING)


@dataclass(frozen=True)
class ActRow:
    """``about`` names the service or the member that it was about, where it is known.

    ``company`` is its name where the list is a person's, if it is still theirs.
    """

    it: ActivityEntry
    href: str | None
    is_support: bool
    about: str = ""
    company: str = ""


@dataclass(frozen=True)
class ActivityView:
    """``rows`` are None while there is no list. ``any_day`` is as of transactions.

    ``behind_filter`` counts the filters in use that are behind a button.
    """

    rows: Sequence[ActRow] | None
    topics: Sequence[Chip]
    people: Sequence[Chip]
    any_day: str | None
    behind_filter: int

    @classmethod
    def own(
        cls,
        query: ActivityQuery,
        listing: ActivityPage | None,
        companies: Sequence[CompanyMembership],
        address: Address,
    ) -> Self:
        names = {each.company_id: each.company_name for each in companies}
        rows = [_own_row(each, names) for each in listing.entries] if listing else None
        return cls._of(query, rows, OWN_TOPICS, [], address)

    @classmethod
    def of_company(
        cls,
        query: ActivityQuery,
        listing: ActivityPage | None,
        members: Sequence[Member],
        services: Mapping[UUID, str],
        address: Address,
    ) -> Self:
        names = {**services, **{each.user_id: each.name for each in members}}
        rows = [_row(each, names) for each in listing.entries] if listing else None
        people = _people(query, members, address)
        return cls._of(query, rows, COMPANY_TOPICS, people, address)

    @classmethod
    def _of(
        cls,
        query: ActivityQuery,
        rows: Sequence[ActRow] | None,
        topics: Sequence[ActTopic],
        people: Sequence[Chip],
        address: Address,
    ) -> Self:
        is_of_somebody = bool(query.who or query.by_support)
        return cls(
            rows=rows,
            topics=_topics(query, topics, address),
            people=people,
            any_day=address(query.narrowed(**NO_DAYS)) if query.has_days else None,
            behind_filter=query.has_days + is_of_somebody,
        )


def _own_row(entry: ActivityEntry, names: Mapping[UUID, str]) -> ActRow:
    """Describe an act of one's own; a company that was left opens no more."""
    company = entry.company_id
    is_open = company is None or company in names
    return ActRow(
        entry,
        address_of(entry) if is_open else None,
        entry.actor.kind is ActorKind.SUPPORT,
        company=names.get(company, "") if company else "",
    )


def _row(entry: ActivityEntry, names: Mapping[UUID, str]) -> ActRow:
    is_support = entry.actor.kind is ActorKind.SUPPORT
    about = service_of(entry) or entry.recorded.get("user_id")
    name = names.get(UUID(about), "") if about else ""
    return ActRow(entry, address_of(entry), is_support, about=name)


def _topics(
    query: ActivityQuery, topics: Sequence[ActTopic], address: Address
) -> list[Chip]:
    words = words_for("activity")
    every = Chip(_("All"), address(query.narrowed(what=None)), query.topic is None)
    return [every] + [
        Chip(
            words[each.value],
            address(query.narrowed(what=each.value)),
            query.topic is each,
        )
        for each in topics
    ]


def _people(
    query: ActivityQuery, members: Sequence[Member], address: Address
) -> list[Chip]:
    """Return the choices of who; somebody who has left is one while chosen."""
    nobody = query.who is None and not query.by_support
    chips = [Chip(_("Everyone"), address(query.narrowed(who=None)), nobody)]
    for each in members:
        to = address(query.narrowed(who=str(each.user_id)))
        chips.append(Chip(each.name or each.email, to, query.who == each.user_id))
    if query.who and query.who not in {each.user_id for each in members}:
        here = address(query.narrowed(who=str(query.who)))
        chips.append(Chip(_("Former member"), here, current=True))
    support = address(query.narrowed(who=SUPPORT))
    return [*chips, Chip(_("Support"), support, query.by_support)]
