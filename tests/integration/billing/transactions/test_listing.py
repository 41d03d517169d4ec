"""The list of transactions: every movement once, in order, with the balance it left."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec import structs

from shared.contracts.billing.payments import GatewayName
from shared.contracts.billing.transactions import (
    LIST_TRANSACTIONS,
    ListTransactions,
    Transaction,
    TransactionGroup,
    TransactionPage,
)
from shared.contracts.identity.memberships import Role
from shared.db.database import Database
from shared.errors import InvalidInput
from tests.fixtures.billing.harness import START, BillingHarness
from tests.fixtures.billing.payer import Payer
from tests.fixtures.sandbox import Sandbox

LATE_IN_UTC = datetime(2026, 3, 1, 20, tzinfo=UTC)
"""In Tokyo it is the second of March."""


def listed(harness: BillingHarness, request: ListTransactions) -> TransactionPage:
    return harness.call(LIST_TRANSACTIONS, request, harness.member(Role.VIEWER))


def walk(harness: BillingHarness, request: ListTransactions) -> list[Transaction]:
    """All pages, to the last one."""
    page = listed(harness, request)
    found = list(page.transactions)
    while page.next is not None:
        page = listed(harness, structs.replace(request, cursor=page.next))
        found += page.transactions
    return found


def test_each_movement_shows_the_balance_it_left(harness: BillingHarness) -> None:
    harness.open_wallet()
    for amount in ("10", "-3.50", "0.25"):
        harness.adjust(amount)

    found = walk(harness, ListTransactions(limit=2))

    assert [str(t.balance.amount.normalize()) for t in found] == ["6.75", "6.5", "1E+1"]
    assert [t.amount.amount for t in found] == [
        Decimal("0.25"),
        Decimal("-3.5"),
        Decimal(10),
    ]


def test_movements_at_once_follow_each_other_without_a_gap(
    harness: BillingHarness,
) -> None:
    harness.open_wallet()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: harness.adjust("1"), range(40)))

    found = sorted(walk(harness, ListTransactions(limit=7)), key=lambda t: t.number)

    assert [t.balance.amount for t in found] == [Decimal(n) for n in range(1, 41)]
    assert harness.differences() == []


def test_paging_is_stable_while_new_movements_arrive(harness: BillingHarness) -> None:
    harness.open_wallet()
    for _ in range(6):
        harness.adjust("1")
    request = ListTransactions(limit=3)
    first = listed(harness, request)

    harness.adjust("1")
    second = listed(harness, structs.replace(request, cursor=first.next))
    back = listed(harness, structs.replace(request, cursor=second.previous))

    assert [t.balance.amount for t in second.transactions] == [3, 2, 1]
    assert back.transactions == first.transactions
    assert back.previous is not None


def test_the_times_of_a_wallet_never_fall_and_those_of_others_are_their_own(
    harness: BillingHarness,
) -> None:
    """A call that began earlier may have waited for another, with its clock's time."""
    harness.open_wallet("EUR")
    harness.open_wallet("USD")
    earlier, later = START + timedelta(minutes=1), START + timedelta(minutes=2)
    for at, amount, currency in (
        (later, "5", "EUR"),
        (earlier, "7", "EUR"),
        (earlier, "9", "USD"),
    ):
        harness.clock.move_to(at)
        harness.adjust(amount, currency)

    found = walk(harness, ListTransactions(limit=1))

    assert [(t.at, t.amount.amount) for t in found] == [
        (later, Decimal(7)),
        (later, Decimal(5)),
        (earlier, Decimal(9)),
    ]
    assert [t.balance.amount for t in found] == [12, 5, 9]


def test_a_list_is_narrowed_to_a_wallet_a_group_and_the_companys_days(
    harness: BillingHarness,
) -> None:
    harness.live_in("Asia/Tokyo")
    harness.open_wallet("EUR")
    harness.open_wallet("USD")
    harness.clock.move_to(LATE_IN_UTC)
    harness.adjust("5", "EUR")
    harness.adjust("7", "USD")
    today = date(2026, 3, 2)

    assert listed(harness, ListTransactions()).currencies == ["EUR", "USD"]
    assert _amounts(harness, ListTransactions(currency="USD")) == [7]
    assert _amounts(harness, ListTransactions(group=TransactionGroup.CHARGES)) == []
    assert _amounts(harness, ListTransactions(group=TransactionGroup.ADJUSTMENTS)) == [
        7,
        5,
    ]
    of_today = ListTransactions(first_day=today, last_day=today)
    assert _amounts(harness, of_today) == [7, 5]
    day_before = today - timedelta(days=1)
    assert _amounts(harness, ListTransactions(last_day=day_before)) == []


def _amounts(harness: BillingHarness, request: ListTransactions) -> list[Decimal]:
    return [t.amount.amount for t in listed(harness, request).transactions]


def test_a_top_up_and_its_refund_name_the_top_up(
    billing_database: Database, bank: Sandbox
) -> None:
    harness = BillingHarness(
        billing_database, gateways={GatewayName.SANDBOX: bank.gateway()}
    )
    harness.live_in("Europe/Berlin")
    harness.open_wallet()
    payer = Payer(harness, bank)
    paid = payer.pay("100.00")
    payer.refund(paid)

    refund, top_up = walk(harness, ListTransactions())

    assert (refund.kind, top_up.kind) == ("refund", "top_up")
    assert refund.top_up_id == top_up.top_up_id == paid.id
    assert refund.balance.amount == 0


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (ListTransactions(limit=0), "bad_limit"),
        (ListTransactions(limit=101), "bad_limit"),
        (ListTransactions(cursor="nonsense"), "bad_cursor"),
        (ListTransactions(currency="\0"), "no_such_currency"),
        (ListTransactions(currency="E\0R"), "no_such_currency"),
        (ListTransactions(first_day=date(1, 1, 1)), "bad_day"),
        (ListTransactions(last_day=date(9999, 12, 31)), "bad_day"),
    ],
)
def test_a_list_that_can_not_be_is_refused(
    harness: BillingHarness, request_: ListTransactions, code: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        listed(harness, request_)

    assert refusal.value.code == code


def test_nobody_elses_transactions_are_listed(billing_database: Database) -> None:
    ours, theirs = BillingHarness(billing_database), BillingHarness(billing_database)
    for harness in (ours, theirs):
        harness.open_wallet()
    theirs.adjust("5")

    assert walk(ours, ListTransactions()) == []
