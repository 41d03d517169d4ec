"""Recommended Add Funds: worked examples of the formula."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.forecast.recommendation import Funds, Overdue, recommend
from shared.contracts.billing.dashboard import DueLine, Recommendation
from shared.contracts.inventory.services import Period
from shared.money import Money, currency_of

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def euros(amount: str | Decimal) -> Money:
    return Money(Decimal(amount), currency_of("EUR"))


def recommendation(
    due: str | Decimal = "0",
    overdue: str | Decimal = "0",
    buffer: str | Decimal = "0",
    balance: str | Decimal = "0",
) -> Recommendation:
    line = DueLine(
        family_code="vps",
        family_name="VPS",
        period=Period.MONTH,
        service_count=1,
        amount=euros(due),
    )
    funds = Funds("EUR", Decimal(balance), Decimal(buffer), horizon_days=30)
    late = Overdue(service_count=2, amount=Decimal(overdue))
    return recommend(funds, [line], late, euros("10"), NOW)


@pytest.mark.parametrize(
    ("due", "overdue", "buffer", "balance", "amount"),
    [
        ("100", "20", "30", "50", "100"),
        ("100.000001", "0", "0", "0", "101"),
        # The balance is not ignored: enough is there already.
        ("100", "0", "0", "100", "0"),
        ("100", "0", "20", "500", "0"),
        # A debt is to be settled too.
        ("0", "0", "0", "-40.5", "41"),
        # What is missing is less than can be topped up.
        ("3", "0", "0", "0", "10"),
        ("0.000001", "0", "0", "0", "10"),
        ("10", "0", "0", "0", "10"),
    ],
)
def test_worked_examples(
    due: str, overdue: str, buffer: str, balance: str, amount: str
) -> None:
    assert recommendation(due, overdue, buffer, balance).amount == euros(amount)


def test_the_working_out_adds_up_and_names_its_horizon() -> None:
    shown = recommendation("100", "20", "30", "50.25")

    assert shown.exact == euros("99.75")
    assert shown.exact == shown.due + shown.overdue + shown.comfort_buffer - (
        shown.balance
    )
    assert shown.overdue_service_count == 2
    assert shown.due_until == NOW + timedelta(days=30)
    assert shown.minimum == euros("10")


amounts = st.decimals(0, 10**6, places=6)


@given(amounts, amounts, amounts, st.decimals(-(10**6), 10**6, places=6))
def test_after_the_top_up_the_buffer_is_left_and_no_more_than_rounding_asks(
    due: Decimal, overdue: Decimal, buffer: Decimal, balance: Decimal
) -> None:
    shown = recommendation(due, overdue, buffer, balance)

    left = balance + shown.amount.amount - due - overdue
    assert left >= buffer
    assert shown.amount.amount >= 0
    assert shown.amount.amount == int(shown.amount.amount)
    if shown.amount.amount > 10:
        assert left - buffer < 1
