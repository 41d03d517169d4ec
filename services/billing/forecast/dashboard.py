"""What the dashboard shows of billing: three queries, however many services there are.

Wallets with their newest postings are one query, so that the running balances fit the
balance; then the costs' roll-up; then the renewals' for all wallets at once.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select, true
from sqlalchemy.orm import Session

from services.billing.forecast.costs import Recurring, break_down, family_names
from services.billing.forecast.due import Horizon, due_after_resuming, read_due_lines
from services.billing.forecast.recommendation import Funds, Overdue, recommend
from services.billing.models.charging import RecurringCost, Standing
from services.billing.models.ledger import JournalEntry, Posting, Wallet
from services.billing.models.parties import Company
from services.billing.parties.companies import DEFAULT_TIME_ZONE
from services.billing.top_ups.limits import Limits
from shared.contracts import billing
from shared.contracts.billing.dashboard import LOW_DAYS, BalanceLevel
from shared.contracts.notes import read_note
from shared.money import Money, currency_of, round_to_ledger

RECENT_POSTINGS = 5


@dataclass
class _Costs:
    """One currency's roll-up."""

    active: list[Recurring] = field(default_factory=list)
    suspended: list[Recurring] = field(default_factory=list)
    unpaid: Decimal = Decimal(0)

    @property
    def overdue(self) -> Overdue:
        """What is unpaid, and one charge of each service suspended for payment."""
        count = sum(each.service_count for each in self.suspended)
        return Overdue(count, sum((e.amount for e in self.suspended), self.unpaid))


@dataclass(frozen=True)
class _WalletFigures:
    """A wallet, the zone its company lives in, and its newest postings."""

    wallet: Wallet
    zone: ZoneInfo
    recent: list[billing.dashboard.Posting]

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


def show(
    session: Session, limits: Limits, now: datetime, behind_since: datetime | None
) -> billing.dashboard.BillingDashboard:
    """Read one company's wallets and costs; the session is narrowed to it.

    ``behind_since`` is from when on events of its services may be missing.
    """
    wallet_figures = _read_wallet_figures(session)
    costs = _read_costs(session)
    names = {each: family_names(costs[each].active) for each in list(costs)}
    horizons = [_horizon(figures, costs, now) for figures in wallet_figures]
    due_lines = read_due_lines(session, horizons, names)
    for horizon in horizons:
        suspended = costs[horizon.currency].suspended
        due_lines[horizon.currency] += due_after_resuming(horizon, suspended)
    currencies = [figures.wallet.currency for figures in wallet_figures]
    currencies += sorted(costs.keys() - set(currencies))
    broken_down = {each: break_down(each, costs[each].active) for each in currencies}
    return billing.dashboard.BillingDashboard(
        wallets=[
            _wallet_view(
                figures,
                recommend(
                    figures.funds,
                    due_lines[figures.wallet.currency],
                    costs[figures.wallet.currency].overdue,
                    limits.minimum(figures.wallet.currency),
                    now,
                ),
                level_of(
                    figures.wallet.balance,
                    broken_down[figures.wallet.currency].daily.amount,
                ),
            )
            for figures in wallet_figures
        ],
        costs=list(broken_down.values()),
        catching_up_since=behind_since,
    )


def level_of(balance: Decimal, daily: Decimal) -> BalanceLevel:
    """Whether a balance asks for attention, where services cost ``daily``."""
    if balance < 0:
        return BalanceLevel.BELOW_ZERO
    is_low = balance < daily * LOW_DAYS
    return BalanceLevel.LOW if is_low else BalanceLevel.FINE


def _wallets_with_recent() -> Select[Any]:
    # Their entries are looked up afterwards: joined within, PostgreSQL may read the
    # whole journal for the few entries of a small company.
    recent = (
        select(Posting.position, Posting.debit, Posting.credit, Posting.entry_id)
        .where(Posting.account_id == Wallet.id)
        .order_by(Posting.position.desc())
        .limit(RECENT_POSTINGS)
        .lateral("recent")
    )
    note = (JournalEntry.note_code, JournalEntry.note_parameters, JournalEntry.memo)
    latest = (JournalEntry.at, JournalEntry.kind, *note)
    return (
        select(Wallet, Company.time_zone, recent, *latest)
        .outerjoin(Company, Company.company_id == Wallet.company_id)
        .outerjoin(recent, true())
        .outerjoin(JournalEntry, JournalEntry.id == recent.c.entry_id)
        .order_by(Wallet.is_primary.desc(), Wallet.currency, recent.c.position.desc())
    )


# Put together once: that takes as long as to run them.
_WALLETS_WITH_RECENT = _wallets_with_recent()
_RECURRING_COSTS = select(
    RecurringCost.currency,
    RecurringCost.family_code,
    RecurringCost.family_name,
    RecurringCost.period,
    RecurringCost.standing,
    RecurringCost.service_count,
    RecurringCost.amount,
)


def _read_wallet_figures(session: Session) -> list[_WalletFigures]:
    rows = session.execute(_WALLETS_WITH_RECENT)
    return [
        _WalletFigures(
            wallet,
            ZoneInfo(time_zone or DEFAULT_TIME_ZONE),
            list(_postings(wallet, [row for row in group if row.position is not None])),
        )
        for (wallet, time_zone), group in groupby(rows, key=lambda row: row[:2])
    ]


def _postings(
    wallet: Wallet, rows: Sequence[Any]
) -> Iterator[billing.dashboard.Posting]:
    """Newest first, each with the balance it left."""
    currency = currency_of(wallet.currency)
    balance = wallet.balance
    for row in rows:
        amount = (row.credit or 0) - (row.debit or 0)
        yield billing.dashboard.Posting(
            entry_id=row.entry_id,
            at=row.at,
            kind=row.kind.value,
            note=read_note(row.note_code, row.note_parameters, row.memo),
            amount=Money(amount, currency),
            balance=Money(balance, currency),
        )
        balance -= amount


def _read_costs(session: Session) -> Costs:
    costs: Costs = defaultdict(_Costs)
    for row in session.execute(_RECURRING_COSTS):
        of_currency = costs[row.currency]
        if row.standing is Standing.ACTIVE:
            of_currency.active.append(_recurring(row, row.amount))
            continue
        # The column has room for prices; what is charged or owed needs less.
        exact = Money(row.amount, currency_of(row.currency))
        amount = round_to_ledger(exact).amount
        if row.standing is Standing.OVERDUE:
            of_currency.suspended.append(_recurring(row, amount))
        else:
            of_currency.unpaid += amount
    return costs


def _recurring(row: Any, amount: Decimal) -> Recurring:
    return Recurring(
        row.family_code, row.family_name, row.period, row.service_count, amount
    )


def _horizon(figures: _WalletFigures, costs: Costs, now: datetime) -> Horizon:
    currency = figures.wallet.currency
    return Horizon(
        currency=currency,
        after=now,
        until=figures.funds.due_until(now),
        zone=figures.zone,
        periods=frozenset(cost.period for cost in costs[currency].active),
    )


def _wallet_view(
    figures: _WalletFigures,
    recommendation: billing.dashboard.Recommendation,
    level: BalanceLevel,
) -> billing.dashboard.Wallet:
    wallet = figures.wallet
    currency = currency_of(wallet.currency)
    return billing.dashboard.Wallet(
        id=wallet.id,
        currency=wallet.currency,
        is_primary=wallet.is_primary,
        balance=Money(wallet.balance, currency),
        credit_limit=Money(wallet.credit_limit, currency),
        available=Money(wallet.balance + wallet.credit_limit, currency),
        comfort_buffer=Money(wallet.comfort_buffer, currency),
        recommendation=recommendation,
        recent=figures.recent,
        level=level,
    )
