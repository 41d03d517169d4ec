"""The rule by which a payment may be a duplicate of another top-up's."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.top_ups.duplicates import WINDOW, Paid, may_repeat
from shared.contracts.billing.payments import GatewayName
from tests.fixtures.billing.harness import money

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FIRST = Paid(money("119"), GatewayName.SANDBOX, NOON, NOON, is_intended=False)
SECOND = replace(FIRST, paid_at=NOON + WINDOW, begun_at=NOON + WINDOW)
MOMENT = timedelta(microseconds=1)


def test_an_equal_payment_within_ten_minutes_may_be_a_duplicate() -> None:
    assert timedelta(minutes=10) == WINDOW
    assert may_repeat(SECOND, FIRST)
    assert not may_repeat(replace(SECOND, paid_at=NOON + WINDOW + MOMENT), FIRST)


@pytest.mark.parametrize(
    "other",
    [
        replace(SECOND, amount=money("119.01")),
        replace(SECOND, amount=money("119", "USD")),
        replace(SECOND, gateway=GatewayName.BANK_TRANSFER),
    ],
)
def test_another_amount_currency_or_gateway_is_not_a_duplicate(other: Paid) -> None:
    assert not may_repeat(other, FIRST)


def test_what_is_meant_twice_is_none_whichever_is_paid_first() -> None:
    meant = replace(SECOND, is_intended=True)

    assert not may_repeat(meant, FIRST)
    assert not may_repeat(replace(FIRST, paid_at=NOON + WINDOW), meant)
    # What was said of an earlier one says nothing of this one.
    assert may_repeat(SECOND, replace(FIRST, is_intended=True))


_MOMENTS = st.timedeltas(timedelta(0), 2 * WINDOW).map(lambda gap: NOON + gap)
_PAID = st.builds(
    Paid,
    st.sampled_from([money("119"), money("11.90"), money("119", "USD")]),
    st.sampled_from(list(GatewayName)),
    _MOMENTS,
    _MOMENTS,
    st.booleans(),
)


@given(_PAID, _PAID)
def test_the_order_of_two_reports_makes_no_difference(a: Paid, b: Paid) -> None:
    if a.begun_at != b.begun_at:
        assert may_repeat(a, b) == may_repeat(b, a)
