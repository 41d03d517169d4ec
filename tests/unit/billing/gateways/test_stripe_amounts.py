"""Amounts as Stripe writes them: https://docs.stripe.com/currencies."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.gateways.stripe_amounts import from_stripe, to_stripe
from shared.errors import Conflict
from shared.money import Money, currency_of


def money(amount: str, currency: str) -> Money:
    return Money(Decimal(amount), currency_of(currency))


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("11.90", "EUR", 1190),
        ("0.50", "USD", 50),
        ("119.000000", "EUR", 11900),
        ("500", "JPY", 500),
        ("10000", "KRW", 10000),
        # ISO 4217 gives the ariary fifths; Stripe takes whole ones.
        ("100", "MGA", 100),
        ("5.120", "KWD", 5120),
        ("5.12", "TND", 5120),
        # Without subunits, and written with two places all the same.
        ("5", "ISK", 500),
        ("5", "UGX", 500),
        ("999999.99", "HUF", 99999999),
    ],
)
def test_an_amount_is_written_in_the_unit_that_stripe_says(
    amount: str, currency: str, units: int
) -> None:
    assert to_stripe(money(amount, currency)) == units
    assert from_stripe(units, currency_of(currency)) == money(amount, currency)


@pytest.mark.parametrize(
    ("amount", "currency", "step"),
    [
        ("1.001", "EUR", "0.01"),
        ("0.5", "JPY", "1"),
        ("5.123", "KWD", "0.010"),
        ("5.5", "ISK", "1.00"),
    ],
)
def test_what_is_finer_than_a_card_takes_is_refused_and_never_rounded(
    amount: str, currency: str, step: str
) -> None:
    with pytest.raises(Conflict, match="not_payable_by_card") as refusal:
        to_stripe(money(amount, currency))

    assert refusal.value.parameters == {"step": step, "currency": currency}


@given(
    st.integers(1, 10**10),
    st.sampled_from(["EUR", "JPY", "KWD", "MGA", "XOF", "ISK", "CHF", "PLN"]),
)
def test_what_stripe_writes_is_read_as_it_was_written(
    units: int, currency: str
) -> None:
    read = from_stripe(units * 1000, currency_of(currency))

    assert to_stripe(read) == units * 1000
