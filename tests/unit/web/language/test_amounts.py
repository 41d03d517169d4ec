"""Amounts as people type them, by their language, and what is none."""

import pytest
from babel import Locale

from shared.errors import InvalidInput
from shared.money import Money
from web.language.amounts import read_amount, write_amount


@pytest.mark.parametrize(
    ("text", "locale", "amount"),
    [
        ("50", "en", "50"),
        ("50.25", "en", "50.25"),
        (" 1,234.50 ", "en", "1234.50"),
        ("50,25", "de", "50.25"),
        ("1.234,50", "de", "1234.50"),
        ("1 234,50", "pl", "1234.50"),
        ("0.01", "en", "0.01"),
        # Marks of another language that can mean one thing only.
        ("12,50", "en", "12.50"),
        ("12.5", "de", "12.50"),
        ("1.234,50", "en", "1234.50"),
        ("1,234.50", "de", "1234.50"),
        ("1'234.50", "de", "1234.50"),
        ("1 234,50", "en", "1234.50"),
        ("1.234.567", "en", "1234567"),
        ("1.234.567", "pl", "1234567"),
        # In the reader's own language a mark before three digits is no riddle.
        ("1,234", "en", "1234"),
        ("1.234", "de", "1234"),
    ],
)
def test_decimal_comma_and_point_are_understood_where_they_are_clear(
    text: str, locale: str, amount: str
) -> None:
    assert read_amount(text, "EUR", Locale(locale)) == Money(amount, "EUR")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "amount_missing"),
        ("   ", "amount_missing"),
        ("-5", "amount_negative"),
        ("\N{MINUS SIGN}5", "amount_negative"),
        ("0", "amount_zero"),
        ("0.00", "amount_zero"),
        ("1e9", "amount_not_understood"),
        ("NaN", "amount_not_understood"),
        ("Infinity", "amount_not_understood"),
        ("ten", "amount_not_understood"),
        ("1,23.4", "amount_not_understood"),
        ("1.2.3", "amount_not_understood"),
        ("\u0661\u0662", "amount_not_understood"),
        ("\uff15", "amount_not_understood"),
        ("1,234,5", "amount_not_understood"),
        ("1.234.56", "amount_not_understood"),
        ("10,005.005", "amount_too_fine"),
        ("1.000", "amount_too_fine"),
        ("1234,567", "amount_too_fine"),
        ("9" * 10_000, "amount_too_long"),
    ],
)
def test_a_wrong_amount_is_refused_by_its_own_code(text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_amount(text, "EUR", Locale("en"))

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "locale"), [("1.234", "pl"), ("1.234", "fr"), ("1,000", "de")]
)
def test_an_amount_that_could_be_two_is_refused(text: str, locale: str) -> None:
    with pytest.raises(InvalidInput, match="amount_too_fine"):
        read_amount(text, "EUR", Locale(locale))


def test_a_currency_without_cents_takes_none() -> None:
    assert read_amount("1500", "JPY", Locale("en")) == Money(1500, "JPY")
    with pytest.raises(InvalidInput, match="amount_too_fine"):
        read_amount("1500.5", "JPY", Locale("en"))


def test_a_currency_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no_such_currency"):
        read_amount("5", "XXL", Locale("en"))


@pytest.mark.parametrize("locale", ["en", "de", "pl"])
def test_what_is_written_into_the_field_can_be_read_from_it(locale: str) -> None:
    money = Money("1234.50", "EUR")

    written = write_amount(money, Locale(locale))

    assert read_amount(written, "EUR", Locale(locale)) == money
