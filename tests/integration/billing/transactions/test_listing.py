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
from tests.fixtures.billing.office import START, Office
from tests.fixtures.billing.till import Till
from tests.fixtures.sandbox import Sandbox

LATE_IN_UTC = datetime(2026, 3, 1, 20, tzinfo=UTC)
"""In Tokyo it is the second of March."""


def listed(office: Office, request: ListTransactions) -> TransactionPage:
    return office.call(LIST_TRANSACTIONS, request, office.member(Role.VIEWER))


def walk(office: Office, request: ListTransactions) -> list[Transaction]:
    """All pages, to the last one."""
    page = listed(office, request)
    found = list(page.transactions)
    while page.next is not None:
        page = listed(office, structs.replace(request, cursor=page.next))
        found += page.transactions
    return found


def test_each_movement_shows_the_balance_it_left(office: Office) -> None:
    office.open_wallet()
    for amount in ("10", "-3.50", "0.25"):
        office.adjust(amount)

    found = walk(office, ListTransactions(limit=2))

    assert [str(t.balance.amount.normalize()) for t in found] == ["6.75", "6.5", "1E+1"]
    assert [t.amount.amount for t in found] == [
        Decimal("0.25"),
        Decimal("-3.5"),
        Decimal(10),
    ]


def test_movements_at_once_follow_each_other_without_a_gap(office: Office) -> None:
    office.open_wallet()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: office.adjust("1"), range(40)))

    found = sorted(walk(office, ListTransactions(limit=7)), key=lambda t: t.number)

    assert [t.balance.amount for t in found] == [Decimal(n) for n in range(1, 41)]
    assert office.differences() == []


def test_paging_is_stable_while_new_movements_arrive(office: Office) -> None:
    office.open_wallet()
    for _ in range(6):
        office.adjust("1")
    request = ListTransactions(limit=3)
    first = listed(office, request)

    office.adjust("1")
    second = listed(office, structs.replace(request, cursor=first.next))
    back = listed(office, structs.replace(request, cursor=second.previous))

    assert [t.balance.amount for t in second.transactions] == [3, 2, 1]
    assert back.transactions == first.transactions
    assert back.previous is not None


def test_the_times_of_a_wallet_never_fall_and_those_of_others_are_their_own(
    office: Office,
) -> None:
    """A call that began earlier may have waited for another, with its clock's time."""
    office.open_wallet("EUR")
    office.open_wallet("USD")
    earlier, later = START + timedelta(minutes=1), START + timedelta(minutes=2)
    for at, amount, currency in (
        (later, "5", "EUR"),
        (earlier, "7", "EUR"),
        (earlier, "9", "USD"),
    ):
        office.clock.move_to(at)
        office.adjust(amount, currency)

    found = walk(office, ListTransactions(limit=1))

    assert [(t.at, t.amount.amount) for t in found] == [
        (later, Decimal(7)),
        (later, Decimal(5)),
        (earlier, Decimal(9)),
    ]
    assert [t.balance.amount for t in found] == [12, 5, 9]


def test_a_list_is_narrowed_to_a_wallet_a_group_and_the_companys_days(
    office: Office,
) -> None:
    office.live_in("Asia/Tokyo")
    office.open_wallet("EUR")
    office.open_wallet("USD")
    office.clock.move_to(LATE_IN_UTC)
    office.adjust("5", "EUR")
    office.adjust("7", "USD")
    today = date(2026, 3, 2)

    assert listed(office, ListTransactions()).currencies == ["EUR", "USD"]
    assert _amounts(office, ListTransactions(currency="USD")) == [7]
    assert _amounts(office, ListTransactions(group=TransactionGroup.CHARGES)) == []
    assert _amounts(office, ListTransactions(group=TransactionGroup.ADJUSTMENTS)) == [
        7,
        5,
    ]
    of_today = ListTransactions(first_day=today, last_day=today)
    assert _amounts(office, of_today) == [7, 5]
    day_before = today - timedelta(days=1)
    assert _amounts(office, ListTransactions(last_day=day_before)) == []


def _amounts(office: Office, request: ListTransactions) -> list[Decimal]:
    return [t.amount.amount for t in listed(office, request).transactions]


def test_a_top_up_and_its_refund_name_the_top_up(
    billing_database: Database, bank: Sandbox
) -> None:
    office = Office(billing_database, gateways={GatewayName.SANDBOX: bank.gateway()})
    office.live_in("Europe/Berlin")
    office.open_wallet()
    till = Till(office, bank)
    paid = till.pay("100.00")
    till.refund(paid)

    refund, top_up = walk(office, ListTransactions())

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
    office: Office, request_: ListTransactions, code: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        listed(office, request_)

    assert refusal.value.code == code


def test_nobody_elses_transactions_are_listed(billing_database: Database) -> None:
    ours, theirs = Office(billing_database), Office(billing_database)
    for office in (ours, theirs):
        office.open_wallet()
    theirs.adjust("5")

    assert walk(ours, ListTransactions()) == []
