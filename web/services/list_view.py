"""What the page of the service list shows beside its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from shared.contracts.inventory.reading import (
    DashboardCounters,
    FamilyCounters,
    ServiceSort,
    StateFilter,
)
from shared.contracts.inventory.services import SuspensionReason
from web.language.words import words_for
from web.page.chips import Chip
from web.services.queries import ServiceQuery

_LIST = "services.list_services"
_COUNTS = {
    StateFilter.ACTIVE: "active",
    StateFilter.SUSPENDED: "suspended",
    StateFilter.TERMINATION_REQUESTED: "termination_requested",
    StateFilter.PENDING: "pending",
    StateFilter.TERMINATED: "",
}
"""The chips in their order, and the counter of each; of the last there is none."""
_REASONS = {
    SuspensionReason.PAYMENT: lazy_gettext("suspended for payment"),
    SuspensionReason.POLICY: lazy_gettext("suspended for policy reasons"),
}


@dataclass(frozen=True)
class Column:
    """A column's head; ``sorted`` is ``ascending``, ``descending`` or None.

    ``extra`` columns go first where there is less room.
    """

    label: str
    href: str | None = None
    sorted: str | None = None
    end: bool = False
    extra: bool = False


@dataclass(frozen=True)
class ServiceListView:
    """``others`` are words for the filters that have no chips.

    ``title`` is the family's name, or empty for all services.
    """

    title: str
    states: Sequence[Chip]
    families: Sequence[Chip]
    columns: Sequence[Column]
    others: Sequence[str]

    @classmethod
    def of(cls, query: ServiceQuery, counters: DashboardCounters | None) -> Self:
        """Describe the list; without ``counters``, families and counts are missing."""
        families = counters.families if counters else []
        family = next((each for each in families if each.code == query.family), None)
        return cls(
            title=family.name if family else query.family,
            states=_states(query, family if query.family else counters),
            families=_families(query, families),
            columns=_columns(query),
            others=_others(query),
        )


def _states(
    query: ServiceQuery, counted: FamilyCounters | DashboardCounters | None
) -> list[Chip]:
    """Counters know states and families: no counts where anything else narrows."""
    if query.search or query.is_explanation:
        counted = None
    everything = Chip(
        _("All"),
        _href(query.narrowed(None, query.family)),
        query.state is None,
        counted.total if counted else None,
    )
    words = words_for("state")
    return [everything] + [
        Chip(
            words[state.value],
            _href(query.narrowed(state, query.family)),
            query.state is state,
            getattr(counted, counter) if counted and counter else None,
        )
        for state, counter in _COUNTS.items()
    ]


def _families(query: ServiceQuery, families: Sequence[FamilyCounters]) -> list[Chip]:
    """Choices of families, where there is a choice."""
    if len(families) < 2 and not query.family:  # noqa: PLR2004
        return []
    everything = Chip(
        _("All families"), _href(query.narrowed(query.state)), not query.family
    )
    return [everything] + [
        Chip(
            family.name,
            _href(query.narrowed(query.state, family.code)),
            family.code == query.family,
            family.total,
        )
        for family in families
    ]


def _columns(query: ServiceQuery) -> list[Column]:
    way = "descending" if query.descending else "ascending"

    def column(label: str, sort: ServiceSort) -> Column:
        href = _href(query.sorted_by(sort.value))
        return Column(label, href, way if query.sort is sort else None)

    return [
        column(_("Service"), ServiceSort.NAME),
        Column(_("Plan")),
        column(_("State"), ServiceSort.STATE),
        replace(column(_("Created"), ServiceSort.CREATED), extra=True),
        replace(column(_("Price"), ServiceSort.PRICE), end=True),
    ]


def _others(query: ServiceQuery) -> list[str]:
    period = str(words_for("period")[query.period.value]) if query.period else ""
    reason = str(_REASONS[query.reason]) if query.reason else ""
    return [words for words in (period, query.currency[:3], reason) if words]


def _href(address: Mapping[str, str | None]) -> str:
    return url_for(_LIST, **address)  # type: ignore[arg-type]
