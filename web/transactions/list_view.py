"""What the page of transactions shows: each row's link and mark, and its filters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from flask_babel.speaklater import LazyString

from shared.contracts.billing.transactions import (
    Transaction,
    TransactionGroup,
    TransactionPage,
)
from web.language.words import words_for
from web.page.chips import Chip
from web.page.values import NO_DAYS
from web.transactions.queries import TransactionQuery

_LIST = "transactions.list_transactions"
_OF_SERVICES = frozenset({"charge", "proration", "unused_time"})
"""The kinds that open to their services."""


@dataclass(frozen=True)
class TransactionRow:
    """``href`` is where it leads; ``mark`` is ``refunded``, ``duplicate`` or None."""

    it: Transaction
    words: str | LazyString
    href: str | None
    mark: str | None


@dataclass(frozen=True)
class TransactionListView:
    """``rows`` are None while there is no list.

    ``behind_filter`` counts the filters in use that are behind a button. ``any_day`` is
    the list's address without the days, None where it has none.
    """

    rows: Sequence[TransactionRow] | None
    groups: Sequence[Chip]
    wallets: Sequence[Chip]
    any_day: str | None
    behind_filter: int

    @classmethod
    def of(
        cls, company: UUID, query: TransactionQuery, listing: TransactionPage | None
    ) -> Self:
        """Describe the list; it has no choice of wallets while ``listing`` is None."""
        has_days = bool(query.first_day or query.last_day)
        without_days = _href(company, query.narrowed(**NO_DAYS))
        rows = listing.transactions if listing else None
        return cls(
            rows=None if rows is None else [_row(company, it) for it in rows],
            groups=_groups(company, query),
            wallets=_wallets(company, query, listing.currencies if listing else []),
            any_day=without_days if has_days else None,
            behind_filter=has_days + bool(query.currency),
        )


def _row(company: UUID, it: Transaction) -> TransactionRow:
    href = None
    if it.top_up_id:
        href = url_for("funds.top_up", top_up_id=it.top_up_id, company=company)
    elif it.kind in _OF_SERVICES:
        href = url_for(
            "transactions.show_transaction", company_id=company, entry_id=it.entry_id
        )
    mark = "duplicate" if it.is_possible_duplicate else None
    return TransactionRow(
        it=it,
        words=words_for("entry").get(it.kind, it.kind),
        href=href,
        mark="refunded" if it.is_given_back else mark,
    )


def _groups(company: UUID, query: TransactionQuery) -> list[Chip]:
    words = words_for("transactions")
    everything = Chip(
        _("All"), _href(company, query.narrowed(type=None)), not query.group
    )
    return [everything] + [
        Chip(
            words[group.value],
            _href(company, query.narrowed(type=group.value)),
            query.group is group,
        )
        for group in TransactionGroup
    ]


def _wallets(
    company: UUID, query: TransactionQuery, currencies: Sequence[str]
) -> list[Chip]:
    """Choices of wallets, where there is a choice."""
    if len(currencies) < 2 and not query.currency:  # noqa: PLR2004
        return []
    every = Chip(
        _("All wallets"),
        _href(company, query.narrowed(currency=None)),
        not query.currency,
    )
    return [every] + [
        Chip(
            currency,
            _href(company, query.narrowed(currency=currency)),
            query.currency == currency,
        )
        for currency in currencies
    ]


def _href(company: UUID, address: Mapping[str, str | None]) -> str:
    return url_for(_LIST, company_id=company, **address)  # type: ignore[arg-type]
