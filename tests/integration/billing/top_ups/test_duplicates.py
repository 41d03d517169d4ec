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
from tests.fixtures.billing.payer import Payer

TEN_MINUTES = timedelta(minutes=10)


def test_an_equal_top_up_paid_within_ten_minutes_is_marked(payer: Payer) -> None:
    first = paid(payer)
    payer.harness.pass_time(TEN_MINUTES)

    (payment,) = paid(payer).payments

    assert payment.duplicate_of == first.payments[0].id
    assert payment.duplicate_top_up_id == first.id
    assert payer.balance == 200


def test_after_ten_minutes_it_is_not(payer: Payer) -> None:
    paid(payer)
    payer.harness.pass_time(TEN_MINUTES + timedelta(microseconds=1))

    assert not is_marked(paid(payer))


def test_another_amount_is_not(payer: Payer) -> None:
    paid(payer, "100.00")

    assert not is_marked(paid(payer, "100.01"))


def test_another_currency_is_not(payer: Payer) -> None:
    payer.harness.open_wallet("USD")
    paid(payer)

    assert not is_marked(paid(payer, currency="USD"))


def test_another_way_to_pay_is_not(payer: Payer) -> None:
    paid(payer)
    by_bank = begun(payer)
    book(payer, by_bank)

    assert not is_marked(payer.get(by_bank.id))


def test_another_company_s_is_not(payer: Payer) -> None:
    paid(payer)

    assert not is_marked(paid(stranger(payer)))


def test_a_refund_is_never_repeated(payer: Payer) -> None:
    payer.refund(paid(payer))

    assert not is_marked(paid(payer))


def test_two_transfers_by_bank_are_marked_as_two_cards_are(payer: Payer) -> None:
    book(payer, begun(payer))
    second = begun(payer)
    book(payer, second)

    assert is_marked(payer.get(second.id))


def test_what_was_meant_twice_is_marked_in_neither_order(payer: Payer) -> None:
    first = begun(payer)
    payer.harness.pass_time(timedelta(seconds=1))
    second = begun(payer, is_intended=True)

    pay(payer, second)

    assert not is_marked(payer.get(second.id))
    assert not is_marked(pay(payer, first))


def test_what_two_tabs_began_is_marked_though_neither_was_warned(payer: Payer) -> None:
    quote = payer.quote("100.00")
    tabs = [payer.begin_as_quoted(quote) for _ in range(2)]

    assert [is_marked(pay(payer, each)) for each in tabs] == [False, True]


def test_of_eight_equal_top_ups_paid_at_once_all_but_one_are_marked(
    payer: Payer,
) -> None:
    quote = payer.quote("100.00")
    tabs = [payer.begin_as_quoted(quote) for _ in range(8)]
    for each in tabs:
        payer.start(each)
    payments = [payer.get(each.id).payments[0] for each in tabs]

    with ThreadPoolExecutor(len(tabs)) as pool:
        list(pool.map(payer.notify, payments))

    assert sum(is_marked(payer.get(each.id)) for each in tabs) == len(tabs) - 1
    assert payer.balance == 800


def test_a_quote_shows_an_equal_top_up_as_long_as_it_can_be_paid(
    payer: Payer,
) -> None:
    before = payer.quote("100.00")
    first = begun(payer)
    payer.harness.pass_time(timedelta(hours=23))

    told = payer.quote("100.00")

    assert before.repeats is None
    assert told.repeats is not None
    assert (told.repeats.id, told.repeats.reference) == (first.id, first.reference)
    assert told.digest == before.digest
    assert payer.quote("100.01").repeats is None
    payer.cancel(first)
    assert payer.quote("100.00").repeats is None


def test_a_quote_shows_payments_of_the_last_ten_minutes(
    payer: Payer,
) -> None:
    first = begun(payer)
    payer.harness.pass_time(timedelta(hours=1))
    pay(payer, first)
    payer.harness.pass_time(TEN_MINUTES)

    repeats = payer.quote("100.00").repeats

    assert repeats is not None
    assert (repeats.id, repeats.state) == (first.id, TopUpState.SUCCEEDED)
    assert stranger(payer).quote("100.00").repeats is None
    payer.harness.pass_time(timedelta(microseconds=1))
    assert payer.quote("100.00").repeats is None


def test_a_quote_shows_partly_refunded_top_ups_but_not_refunded_ones(
    payer: Payer,
) -> None:
    first = paid(payer)
    payer.refund(first, "40.00")
    assert payer.quote("100.00").repeats is not None

    payer.refund(first)

    assert payer.quote("100.00").repeats is None


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
    payer: Payer,
    *,
    by_bank: bool,
    before_paid: timedelta,
    before_second: timedelta,
    before_its_payment: timedelta,
) -> None:
    """The first is paid before the second is begun."""
    way = book if by_bank else pay
    first = begun(payer)
    payer.harness.pass_time(before_paid)
    way(payer, first)
    payer.harness.pass_time(before_second)
    second = begun_as_told(payer)
    payer.harness.pass_time(before_its_payment)
    way(payer, second)

    assert not is_marked(payer.get(second.id))


@pytest.mark.parametrize("by_bank", [False, True])
@pytest.mark.parametrize("gap", [timedelta(minutes=1), timedelta(hours=20)])
def test_nor_where_the_first_is_still_open_when_the_second_is_begun(
    payer: Payer, gap: timedelta, *, by_bank: bool
) -> None:
    way = book if by_bank else pay
    first = begun(payer)
    payer.harness.pass_time(gap)
    second = begun_as_told(payer)
    for each in (first, second):
        way(payer, each)

    assert not is_marked(payer.get(first.id))
    assert not is_marked(payer.get(second.id))


def test_a_further_payment_of_one_top_up_makes_no_other_one_a_duplicate(
    payer: Payer,
) -> None:
    first = paid(payer)
    payer.harness.pass_time(timedelta(minutes=15))
    second = begun_as_told(payer)
    payer.notify(first.payments[0], transaction=f"tx-{next(NUMBERS)}-{first.id}")

    assert not is_marked(pay(payer, second))


def test_a_top_up_of_another_amount_is_not_a_duplicate(payer: Payer) -> None:
    """A quote can't tell of what nobody has been asked for."""
    first = begun(payer, "50.00")
    payer.start(first)
    (payment,) = payer.get(first.id).payments
    payer.notify(payment, transaction=f"tx-{first.id}", amount="119.00")
    payer.harness.pass_time(timedelta(minutes=1))

    assert not is_marked(pay(payer, begun_as_told(payer)))


def test_a_begin_sent_twice_is_one_top_up_whatever_it_repeats(payer: Payer) -> None:
    begun(payer)
    key = str(uuid4())

    once, again = (begun(payer, is_intended=True, key=key) for _ in range(2))

    assert once.id == again.id


def test_failed_payments_are_shown_for_thirty_days_on_the_first_page(
    payer: Payer,
) -> None:
    paid(payer)
    failed = payer.pay("20.00", "decline")

    (told,) = transactions(payer).failed

    assert (told.top_up_id, told.reference) == (failed.id, failed.reference)
    assert told.amount == failed.gross
    assert told.failure == "card_declined"
    of_top_ups = transactions(payer, "EUR", TransactionGroup.TOP_UPS)
    assert of_top_ups.failed == [told]
    assert transactions(payer, "USD").failed == []
    assert transactions(payer, "EUR", TransactionGroup.CHARGES).failed == []
    assert transactions(stranger(payer)).failed == []
    payer.harness.pass_time(timedelta(days=31))
    assert transactions(payer).failed == []
