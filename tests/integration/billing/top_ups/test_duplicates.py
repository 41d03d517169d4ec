"""Possible duplicates: marked by one rule, and told of before."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest

from shared.contracts.billing.top_ups import TopUpState
from shared.contracts.billing.transactions import TransactionGroup
from tests.fixtures.billing.duplicates import (
    NUMBERS,
    begun,
    begun_as_told,
    book,
    is_marked,
    paid,
    pay,
    stranger,
    transactions,
)
from tests.fixtures.billing.till import Till

TEN_MINUTES = timedelta(minutes=10)


def test_an_equal_top_up_paid_within_ten_minutes_is_marked(till: Till) -> None:
    first = paid(till)
    till.office.pass_time(TEN_MINUTES)

    (payment,) = paid(till).payments

    assert payment.duplicate_of == first.payments[0].id
    assert payment.duplicate_top_up_id == first.id
    assert till.balance == 200


def test_after_ten_minutes_it_is_not(till: Till) -> None:
    paid(till)
    till.office.pass_time(TEN_MINUTES + timedelta(microseconds=1))

    assert not is_marked(paid(till))


def test_another_amount_is_not(till: Till) -> None:
    paid(till, "100.00")

    assert not is_marked(paid(till, "100.01"))


def test_another_currency_is_not(till: Till) -> None:
    till.office.open_wallet("USD")
    paid(till)

    assert not is_marked(paid(till, currency="USD"))


def test_another_way_to_pay_is_not(till: Till) -> None:
    paid(till)
    by_bank = begun(till)
    book(till, by_bank)

    assert not is_marked(till.get(by_bank.id))


def test_another_company_s_is_not(till: Till) -> None:
    paid(till)

    assert not is_marked(paid(stranger(till)))


def test_a_refund_is_never_repeated(till: Till) -> None:
    till.refund(paid(till))

    assert not is_marked(paid(till))


def test_two_transfers_by_bank_are_marked_as_two_cards_are(till: Till) -> None:
    book(till, begun(till))
    second = begun(till)
    book(till, second)

    assert is_marked(till.get(second.id))


def test_what_was_meant_twice_is_marked_in_neither_order(till: Till) -> None:
    first = begun(till)
    till.office.pass_time(timedelta(seconds=1))
    second = begun(till, is_intended=True)

    pay(till, second)

    assert not is_marked(till.get(second.id))
    assert not is_marked(pay(till, first))


def test_what_two_tabs_began_is_marked_though_neither_was_warned(till: Till) -> None:
    quote = till.quote("100.00")
    tabs = [till.begin_as_quoted(quote) for _ in range(2)]

    assert [is_marked(pay(till, each)) for each in tabs] == [False, True]


def test_of_eight_equal_top_ups_paid_at_once_all_but_one_are_marked(till: Till) -> None:
    quote = till.quote("100.00")
    tabs = [till.begin_as_quoted(quote) for _ in range(8)]
    for each in tabs:
        till.start(each)
    payments = [till.get(each.id).payments[0] for each in tabs]

    with ThreadPoolExecutor(len(tabs)) as pool:
        list(pool.map(till.notify, payments))

    assert sum(is_marked(till.get(each.id)) for each in tabs) == len(tabs) - 1
    assert till.balance == 800


def test_a_quote_shows_an_equal_top_up_as_long_as_it_can_be_paid(
    till: Till,
) -> None:
    before = till.quote("100.00")
    first = begun(till)
    till.office.pass_time(timedelta(hours=23))

    told = till.quote("100.00")

    assert before.repeats is None
    assert told.repeats is not None
    assert (told.repeats.id, told.repeats.reference) == (first.id, first.reference)
    assert told.digest == before.digest
    assert till.quote("100.01").repeats is None
    till.cancel(first)
    assert till.quote("100.00").repeats is None


def test_a_quote_shows_payments_of_the_last_ten_minutes(
    till: Till,
) -> None:
    first = begun(till)
    till.office.pass_time(timedelta(hours=1))
    pay(till, first)
    till.office.pass_time(TEN_MINUTES)

    repeats = till.quote("100.00").repeats

    assert repeats is not None
    assert (repeats.id, repeats.state) == (first.id, TopUpState.SUCCEEDED)
    assert stranger(till).quote("100.00").repeats is None
    till.office.pass_time(timedelta(microseconds=1))
    assert till.quote("100.00").repeats is None


def test_a_quote_shows_partly_refunded_top_ups_but_not_refunded_ones(
    till: Till,
) -> None:
    first = paid(till)
    till.refund(first, "40.00")
    assert till.quote("100.00").repeats is not None

    till.refund(first)

    assert till.quote("100.00").repeats is None


@pytest.mark.parametrize("by_bank", [False, True])
@pytest.mark.parametrize(
    ("before_paid", "before_second", "before_its_payment"),
    [
        (timedelta(0), timedelta(0), timedelta(0)),
        (timedelta(minutes=9), timedelta(minutes=3), timedelta(minutes=1)),
        (timedelta(hours=20), timedelta(0), timedelta(minutes=9)),
        (timedelta(0), TEN_MINUTES, timedelta(0)),
        (timedelta(0), timedelta(minutes=11), timedelta(0)),
    ],
)
def test_a_second_top_up_confirmed_as_asked_is_never_a_duplicate(
    till: Till,
    *,
    by_bank: bool,
    before_paid: timedelta,
    before_second: timedelta,
    before_its_payment: timedelta,
) -> None:
    """The first is paid before the second is begun."""
    way = book if by_bank else pay
    first = begun(till)
    till.office.pass_time(before_paid)
    way(till, first)
    till.office.pass_time(before_second)
    second = begun_as_told(till)
    till.office.pass_time(before_its_payment)
    way(till, second)

    assert not is_marked(till.get(second.id))


@pytest.mark.parametrize("by_bank", [False, True])
@pytest.mark.parametrize("gap", [timedelta(minutes=1), timedelta(hours=20)])
def test_nor_where_the_first_is_still_open_when_the_second_is_begun(
    till: Till, gap: timedelta, *, by_bank: bool
) -> None:
    way = book if by_bank else pay
    first = begun(till)
    till.office.pass_time(gap)
    second = begun_as_told(till)
    for each in (first, second):
        way(till, each)

    assert not is_marked(till.get(first.id))
    assert not is_marked(till.get(second.id))


def test_a_further_payment_of_one_top_up_makes_no_other_one_a_duplicate(
    till: Till,
) -> None:
    first = paid(till)
    till.office.pass_time(timedelta(minutes=15))
    second = begun_as_told(till)
    till.notify(first.payments[0], transaction=f"tx-{next(NUMBERS)}-{first.id}")

    assert not is_marked(pay(till, second))


def test_a_top_up_of_another_amount_is_not_a_duplicate(till: Till) -> None:
    """A quote can't tell of what nobody has been asked for."""
    first = begun(till, "50.00")
    till.start(first)
    (payment,) = till.get(first.id).payments
    till.notify(payment, transaction=f"tx-{first.id}", amount="119.00")
    till.office.pass_time(timedelta(minutes=1))

    assert not is_marked(pay(till, begun_as_told(till)))


def test_a_begin_sent_twice_is_one_top_up_whatever_it_repeats(till: Till) -> None:
    begun(till)
    key = str(uuid4())

    once, again = (begun(till, is_intended=True, key=key) for _ in range(2))

    assert once.id == again.id


def test_failed_payments_are_shown_for_thirty_days_on_the_first_page(
    till: Till,
) -> None:
    paid(till)
    failed = till.pay("20.00", "decline")

    (told,) = transactions(till).failed

    assert (told.top_up_id, told.reference) == (failed.id, failed.reference)
    assert told.amount == failed.gross
    assert told.failure == "card_declined"
    of_top_ups = transactions(till, "EUR", TransactionGroup.TOP_UPS)
    assert of_top_ups.failed == [told]
    assert transactions(till, "USD").failed == []
    assert transactions(till, "EUR", TransactionGroup.CHARGES).failed == []
    assert transactions(stranger(till)).failed == []
    till.office.pass_time(timedelta(days=31))
    assert transactions(till).failed == []
