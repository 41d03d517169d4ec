"""Checks that the books are right, and says in words where they are not.

The database keeps its own rules; this is in case a person has switched one of
them off, and for roll-ups that code keeps.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, exists, func, select, union_all
from sqlalchemy.orm import Session, aliased

from services.billing.audit.service_books import (
    credits_beyond_charges,
    used_beyond_charges,
)
from services.billing.charging import rollups
from services.billing.charging.contributions import expected_sums
from services.billing.models.charging import (
    Charge,
    RecurringCost,
    Renewal,
    Subscription,
)
from services.billing.models.documents import Document
from services.billing.models.ledger import EntryKind, JournalEntry, Posting, Wallet
from services.billing.models.parties import Company
from services.billing.models.payments import (
    PAID,
    Chargeback,
    ChargebackState,
    Payment,
)
from services.billing.models.refunds import Refund, RefundState
from services.billing.models.top_ups import TopUp
from services.billing.models.transactions import Transaction
from services.billing.parties.companies import DEFAULT_TIME_ZONE
from shared.contracts.billing.charging import ChargeKind
from shared.contracts.billing.transactions import TransactionGroup
from shared.contracts.inventory.services import Period
from shared.db.company_walk import companies_of

MOST_DIFFERENCES = 100
"""Of each kind; more would say nothing new."""


def verify(session: Session) -> list[str]:
    """Compare the ledger with itself, balances with postings, roll-ups with services.

    Needs a session in which nothing has been read, because it sees one state of the
    database throughout.
    """
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    return [
        *_entries_that_do_not_balance(session),
        *_entries_without_postings(session),
        *_balances_that_are_not_sums(session),
        *_balances_that_are_not_listed(session),
        *_refunds_that_are_not_sums(session),
        *_invoices_credited_twice(session),
        *_payments_that_are_not_posted(session),
        *_repayments_that_are_not_posted(session),
        *_charges_that_are_not_posted(session),
        *credits_beyond_charges(session, MOST_DIFFERENCES),
        *used_beyond_charges(session, MOST_DIFFERENCES),
        *_time_charged_twice(session),
        *_paid_times_that_are_no_edges(session),
        *_rollups_that_are_not_sums(session),
    ]


def _entries_that_do_not_balance(session: Session) -> Iterator[str]:
    excess = _sum(Posting.debit) - _sum(Posting.credit)
    wanted = (
        select(Posting.entry_id, Posting.currency, excess.label("excess"))
        .group_by(Posting.entry_id, Posting.currency)
        .having(excess != 0)
    )
    for row in _some(session, wanted):
        yield (
            f"entry {row.entry_id}: debits exceed credits by "
            f"{row.excess:f} {row.currency}"
        )


def _entries_without_postings(session: Session) -> Iterator[str]:
    postings = select(Posting.line).where(Posting.entry_id == JournalEntry.id)
    for row in _some(session, select(JournalEntry.id).where(~postings.exists())):
        yield f"entry {row.id}: has no postings"


def _balances_that_are_not_sums(session: Session) -> Iterator[str]:
    balance = _sum(Posting.credit) - _sum(Posting.debit)
    wanted = (
        select(Wallet.id, Wallet.currency, Wallet.balance, balance.label("posted"))
        .outerjoin(Posting, Posting.account_id == Wallet.id)
        .group_by(Wallet.id)
        .having(balance != Wallet.balance)
    )
    for row in _some(session, wanted):
        yield (
            f"wallet {row.id}: balance is {row.balance:f} {row.currency}, "
            f"its postings sum to {row.posted:f}"
        )


def _balances_that_are_not_listed(session: Session) -> Iterator[str]:
    """Wallets whose last transaction left another balance, or whose sum is another."""
    newest = (
        select(Transaction.balance)
        .where(Transaction.wallet_id == Wallet.id)
        .order_by(Transaction.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    listed = (
        select(_sum(Transaction.amount))
        .where(Transaction.wallet_id == Wallet.id)
        .scalar_subquery()
    )
    wanted = select(Wallet.id, Wallet.currency, Wallet.balance).where(
        (func.coalesce(newest, 0) != Wallet.balance) | (listed != Wallet.balance)
    )
    for row in _some(session, wanted):
        yield (
            f"wallet {row.id}: balance is {row.balance:f} {row.currency}, "
            "its transactions end at another"
        )


def _refunds_that_are_not_sums(session: Session) -> Iterator[str]:
    """Top-ups that keep another sum of refunds than those that were not refused."""
    counts = Refund.state != RefundState.FAILED
    refunded = func.coalesce(func.sum(Refund.net).filter(counts), 0)
    wanted = (
        select(TopUp.id, TopUp.currency, TopUp.refunded_net, refunded.label("given"))
        .outerjoin(Refund, Refund.top_up_id == TopUp.id)
        .group_by(TopUp.id)
        .having(refunded != TopUp.refunded_net)
    )
    for row in _some(session, wanted):
        yield (
            f"top-up {row.id}: {row.refunded_net:f} {row.currency} net is refunded, "
            f"its refunds sum to {row.given:f}"
        )


def _invoices_credited_twice(session: Session) -> Iterator[str]:
    """Documents of which credit notes, or invoices that replace one, take too much."""
    later = aliased(Document)
    taken = func.sum(later.net + later.tax)
    wanted = (
        select(Document.number, taken.label("taken"))
        .join(later, later.corrects_id == Document.id)
        .group_by(Document.id)
        .having(
            (taken > Document.net + Document.tax) | (func.sum(later.net) > Document.net)
        )
    )
    for row in _some(session, wanted):
        yield f"document {row.number}: what corrects it sums to {row.taken:f}"


def _payments_that_are_not_posted(session: Session) -> Iterator[str]:
    kept = select(Payment.company_id, Payment.currency, -Payment.net).where(
        Payment.state.in_(PAID)
    )
    posted = _posted(Transaction.kind == EntryKind.TOP_UP)
    yield from _not_posted(session, "paid", kept, posted)


def _repayments_that_are_not_posted(session: Session) -> Iterator[str]:
    """Refunds and chargebacks together: one may turn out to have been the other.

    Chargebacks of releases that kept no row of them are left out.
    """
    taken = Chargeback.net + Chargeback.beyond
    refunded = select(Refund.company_id, Refund.currency, Refund.net).where(
        Refund.state != RefundState.FAILED
    )
    taken_back = (
        select(Chargeback.company_id, Payment.currency, taken)
        .join(Payment, Payment.id == Chargeback.payment_id)
        .where(taken != 0, Chargeback.state == ChargebackState.BOOKED)
    )
    # The release that first kept rows named the payment as the cause.
    causes = (
        func.concat("chargeback:", Chargeback.id),
        func.concat("payment:", Chargeback.payment_id),
    )
    is_kept = exists().where(JournalEntry.cause.in_(causes), taken != 0)
    of_chargebacks = (EntryKind.CHARGEBACK, EntryKind.CHARGEBACK_REVERSED)
    posted = _posted(
        Transaction.kind.in_((EntryKind.REFUND, EntryKind.REFUND_FAILED))
        | (Transaction.kind.in_(of_chargebacks) & is_kept)
    )
    yield from _not_posted(session, "refunded", refunded, taken_back, posted)


def _posted(condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(Transaction.company_id, Transaction.currency, Transaction.amount)
        .join(JournalEntry, JournalEntry.id == Transaction.entry_id)
        .where(condition)
    )


def _not_posted(
    session: Session, what: str, *parts: Select[*tuple[Any, ...]]
) -> Iterator[str]:
    """Name each company and currency in which the parts do not sum to zero."""
    company_id, currency, amount = union_all(*parts).subquery().c
    wanted = (
        select(company_id, currency, _sum(amount))
        .group_by(company_id, currency)
        .having(_sum(amount) != 0)
    )
    for company, code, excess in _some(session, wanted):
        yield (
            f"company {company}: what was {what} and what the ledger has of it "
            f"differ by {excess:f} {code}"
        )


def _charges_that_are_not_posted(session: Session) -> Iterator[str]:
    """Per company and currency: merged rows name no entry, and keep their sum."""
    charged = (
        select(
            Charge.company_id, Charge.currency, func.sum(Charge.amount).label("amount")
        )
        .group_by(Charge.company_id, Charge.currency)
        .subquery()
    )
    posted = (
        select(
            Transaction.company_id,
            Transaction.currency,
            func.sum(-Transaction.amount).label("amount"),
        )
        .where(Transaction.group == TransactionGroup.CHARGES)
        .group_by(Transaction.company_id, Transaction.currency)
        .subquery()
    )
    same = (charged.c.company_id == posted.c.company_id) & (
        charged.c.currency == posted.c.currency
    )
    sums = (func.coalesce(each.c.amount, 0) for each in (charged, posted))
    rows, entries = sums
    wanted = (
        select(
            func.coalesce(charged.c.company_id, posted.c.company_id).label("company"),
            func.coalesce(charged.c.currency, posted.c.currency).label("currency"),
            rows.label("rows"),
            entries.label("entries"),
        )
        .select_from(charged.join(posted, same, full=True))
        .where(rows != entries)
    )
    for row in _some(session, wanted):
        yield (
            f"company {row.company}: services were charged {row.rows:f} "
            f"{row.currency}, the ledger says {row.entries:f}"
        )


def _time_charged_twice(session: Session) -> Iterator[str]:
    whole = Charge.kind.in_((ChargeKind.CHARGE, ChargeKind.GRACE))
    before = func.max(Charge.ends_at).over(
        partition_by=Charge.service_id,
        order_by=Charge.starts_at,
        rows=(None, -1),
    )
    periods = (
        select(Charge.service_id, Charge.starts_at, before.label("paid_until"))
        .where(whole)
        .subquery()
    )
    wanted = select(periods).where(periods.c.paid_until > periods.c.starts_at)
    for row in _some(session, wanted):
        yield (
            f"service {row.service_id}: charged from {row.starts_at.isoformat()}, "
            f"and before that until {row.paid_until.isoformat()}"
        )


def _paid_times_that_are_no_edges(session: Session) -> Iterator[str]:
    # The anchor is exact, also in an hour that comes twice: see paid_time.edge_of.
    edge = case(
        (Subscription.paid_periods == 0, Subscription.anchor),
        else_=func.period_edge(
            Subscription.anchor,
            Subscription.period,
            Subscription.paid_periods,
            func.coalesce(Company.time_zone, DEFAULT_TIME_ZONE),
        ),
    )
    wanted = (
        select(Subscription.service_id, Subscription.paid_through, edge.label("edge"))
        .outerjoin(Company, Company.company_id == Subscription.company_id)
        .where(
            Subscription.period != Period.ONCE,
            Subscription.paid_through.is_not(None),
            Subscription.paid_through != edge,
        )
    )
    for row in _some(session, wanted):
        yield (
            f"service {row.service_id}: paid through {row.paid_through.isoformat()}, "
            f"its periods say {row.edge.isoformat()}"
        )


def _rollups_that_are_not_sums(session: Session) -> Iterator[str]:
    found = 0
    for company_id in companies_of(session, (Subscription, RecurringCost, Renewal)):
        for difference in _differences(session, company_id):
            yield difference
            found += 1
            if found == MOST_DIFFERENCES:
                return


def _differences(session: Session, company_id: UUID) -> Iterator[str]:
    expected = expected_sums(session, company_id)
    stored = rollups.stored_sums(session, company_id)
    for key in expected.keys() | stored.keys():
        due, have = (sums.get(key, rollups.Sum()) for sums in (expected, stored))
        # A row of nothing is as good as none.
        if due != have:
            yield (
                f"{_words(key)}: {have.service_count} services of {have.amount:f}, "
                f"should be {due.service_count} of {due.amount:f}"
            )


def _words(key: rollups.Key) -> str:
    kind = "recurring cost" if isinstance(key, rollups.CostKey) else "renewals"
    values = (getattr(value, "value", value) for value in key)
    return f"{kind} {' '.join(map(str, values))}"


def _sum(column: Any) -> Any:
    return func.coalesce(func.sum(column), 0)


def _some(session: Session, wanted: Select[*tuple[Any, ...]]) -> Sequence[Any]:
    return session.execute(wanted.limit(MOST_DIFFERENCES)).all()
