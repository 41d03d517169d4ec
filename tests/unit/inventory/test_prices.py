"""What a price may be."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.inventory.prices import MAX_PRICE, parse_price, price_text
from shared.errors import InvalidInput
from shared.money import Money, round_price


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", "0"),
        ("4.5", "4.50"),
        (".5", "0.50"),
        ("5.", "5.00"),
        ("1e-3", "0.001"),
        ("1000000000", "1000000000.00"),
        ("0.0000000000005", "0.000000000001"),
        ("0.00000000000049", "0.00"),
    ],
)
def test_numbers_are_prices_of_twelve_places(text: str, amount: str) -> None:
    assert parse_price(text, "EUR").amount == Decimal(amount)


@pytest.mark.parametrize(
    "text", ["", " ", "x", "1,5", "1_0", "NaN", "inf", "٣", "1e999", "--1", "1" * 99]
)
def test_text_without_a_number_is_not_a_price(text: str) -> None:
    with pytest.raises(InvalidInput, match="bad_price"):
        parse_price(text, "EUR")


@given(st.decimals(0, MAX_PRICE, allow_nan=False, places=14))
def test_rounding_a_price_moves_it_by_half_a_unit_at_most(amount: Decimal) -> None:
    rounded = round_price(Money(amount, "EUR")).amount

    assert abs(rounded - amount) <= Decimal("5e-13")
    assert rounded == round_price(Money(rounded, "EUR")).amount


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("4.900000000000", "EUR", "4.90 EUR"),
        ("0.025500000000", "EUR", "0.0255 EUR"),
        ("100", "JPY", "100 JPY"),
        ("0.5", "JPY", "0.5 JPY"),
        ("1E+3", "EUR", "1000.00 EUR"),
    ],
)
def test_a_price_is_written_with_the_places_it_needs(
    amount: str, currency: str, text: str
) -> None:
    assert price_text(Money(Decimal(amount), currency)) == text
