"""What the dashboard shows of billing: three queries, however many services there are.

Wallets with their newest postings are one query, so that the running balances fit the
balance; then the costs' roll-up; then the renewals' for all wallets at once.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Text, column, func, select, true, values
from sqlalchemy.orm import Session

from services.billing.companies import DEFAULT_TIME_ZONE
from services.billing.costs import PERIODS, Recurring, break_down, family_names
from services.billing.limits import Limits
from services.billing.models import (
    Company,
    JournalEntry,
    Posting,
    RecurringCost,
    Renewal,
    Standing,
    Wallet,
)
from services.billing.recommendation import Funds, Overdue, recommend
from services.billing.slots import due_ranges
from shared.contracts import billing
from shared.money import Money, currency_of

RECENT_POSTINGS = 5


@dataclass
class _Costs:
    """One currency's roll-up."""

    active: list[Recurring] = field(default_factory=list)
    overdue: Overdue = field(default_factory=Overdue)


@dataclass(frozen=True)
class _Purse:
    """A wallet, the zone its company lives in, and its newest postings."""

    wallet: Wallet
    zone: ZoneInfo
    recent: list[billing.Posting]

    @property
    def funds(self) -> Funds:
        wallet = self.wallet
        return Funds(
            currency=wallet.currency,
            balance=wallet.balance,
            comfort_buffer=wallet.comfort_buffer,
            horizon_days=wallet.horizon_days,
        )


Costs = defaultdict[str, _Costs]


def show(session: Session, limits: Limits, now: datetime) -> billing.BillingDashboard:
    """Read one company's wallets and costs; the session is narrowed to it."""
    purses = _read_purses(session)
    costs = _read_costs(session)
    due_lines = _read_due_lines(session, purses, costs, now)
    currencies = [purse.wallet.currency for purse in purses]
    currencies += sorted(costs.keys() - set(currencies))
    return billing.BillingDashboard(
        wallets=[
            _wallet_view(
                purse,
                recommend(
                    purse.funds,
                    due_lines[purse.wallet.currency],
                    costs[purse.wallet.currency].overdue,
                    limits.minimum(purse.wallet.currency),
                    now,
                ),
            )
            for purse in purses
        ],
        costs=[break_down(each, costs[each].active) for each in currencies],
    )


def _read_purses(session: Session) -> list[_Purse]:
    recent = (
        select(
            Posting.position,
            Posting.debit,
            Posting.credit,
            JournalEntry.id.label("entry_id"),
            JournalEntry.at,
            JournalEntry.kind,
            JournalEntry.memo,
        )
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(Posting.account_id == Wallet.id)
        .order_by(Posting.position.desc())
        .limit(RECENT_POSTINGS)
        .lateral("recent")
    )
    rows = session.execute(
        select(Wallet, Company.time_zone, recent)
        .outerjoin(Company, Company.company_id == Wallet.company_id)
        .outerjoin(recent, true())
        .order_by(Wallet.is_primary.desc(), Wallet.currency, recent.c.position.desc())
    )
    return [
        _Purse(
            wallet,
            ZoneInfo(time_zone or DEFAULT_TIME_ZONE),
            list(_postings(wallet, [row for row in group if row.position is not None])),
        )
        for (wallet, time_zone), group in groupby(rows, key=lambda row: row[:2])
    ]


def _postings(wallet: Wallet, rows: Sequence[Any]) -> Iterator[billing.Posting]:
    """Newest first, each with the balance it left."""
    currency = currency_of(wallet.currency)
    balance = wallet.balance
    for row in rows:
        amount = (row.credit or 0) - (row.debit or 0)
        yield billing.Posting(
            entry_id=row.entry_id,
            at=row.at,
            kind=row.kind.value,
            memo=row.memo,
            amount=Money(amount, currency),
            balance=Money(balance, currency),
        )
        balance -= amount


def _read_costs(session: Session) -> Costs:
    costs: Costs = defaultdict(_Costs)
    for row in session.execute(
        select(
            RecurringCost.currency,
            RecurringCost.family_code,
            RecurringCost.family_name,
            RecurringCost.period,
            RecurringCost.standing,
            RecurringCost.service_count,
            RecurringCost.amount,
        )
    ):
        of_currency = costs[row.currency]
        if row.standing is Standing.OVERDUE:
            of_currency.overdue += Overdue(row.service_count, row.amount)
        else:
            of_currency.active.append(
                Recurring(
                    row.family_code,
                    row.family_name,
                    row.period,
                    row.service_count,
                    row.amount,
                )
            )
    return costs


def _read_due_lines(
    session: Session, purses: Sequence[_Purse], costs: Costs, now: datetime
) -> defaultdict[str, list[billing.DueLine]]:
    """Per wallet's currency, by family and period, what falls due in its horizon."""
    lines: defaultdict[str, list[billing.DueLine]] = defaultdict(list)
    ranges = [each for purse in purses for each in _ranges(purse, costs, now)]
    if not ranges:
        return lines
    due = values(
        column("currency", Text),
        column("period", Text),
        column("grain", Text),
        column("first", BigInteger),
        column("end", BigInteger),
        column("edges", BigInteger),
        name="due",
    ).data(ranges)
    rows = session.execute(
        select(
            Renewal.currency,
            Renewal.family_code,
            Renewal.period,
            func.sum(Renewal.service_count).label("service_count"),
            func.sum(Renewal.amount * due.c.edges).label("amount"),
        )
        .join(
            due,
            (Renewal.currency == due.c.currency)
            & (Renewal.period == due.c.period)
            & (Renewal.grain == due.c.grain)
            & (Renewal.slot >= due.c.first)
            & (Renewal.slot < due.c.end),
        )
        .group_by(Renewal.currency, Renewal.family_code, Renewal.period)
    )
    for row in rows:
        names = family_names(costs[row.currency].active)
        lines[row.currency].append(
            billing.DueLine(
                family_code=row.family_code,
                # Between two queries a family's last service may have gone.
                family_name=names.get(row.family_code, row.family_code),
                period=row.period,
                service_count=int(row.service_count),
                amount=Money(row.amount, currency_of(row.currency)),
            )
        )
    for each in lines.values():
        each.sort(
            key=lambda line: (
                line.family_name,
                line.family_code,
                PERIODS.index(line.period),
            )
        )
    return lines


def _ranges(purse: _Purse, costs: Costs, now: datetime) -> Iterator[tuple[Any, ...]]:
    """The slots to read for a wallet; only those of periods its services have."""
    currency = purse.wallet.currency
    periods = {cost.period for cost in costs[currency].active}
    for period in sorted(periods, key=PERIODS.index):
        for each in due_ranges(period, now, purse.funds.due_until(now), purse.zone):
            span = each.first, each.end, each.edges
            yield (currency, period.value, each.grain.value, *span)


def _wallet_view(
    purse: _Purse, recommendation: billing.Recommendation
) -> billing.Wallet:
    wallet = purse.wallet
    currency = currency_of(wallet.currency)
    return billing.Wallet(
        id=wallet.id,
        currency=wallet.currency,
        is_primary=wallet.is_primary,
        balance=Money(wallet.balance, currency),
        credit_limit=Money(wallet.credit_limit, currency),
        available=Money(wallet.balance + wallet.credit_limit, currency),
        comfort_buffer=Money(wallet.comfort_buffer, currency),
        recommendation=recommendation,
        recent=purse.recent,
    )
