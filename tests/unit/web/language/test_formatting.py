"""Figures and times as people read them."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from shared.language.formatting import (
    format_clock,
    format_datetime,
    format_money,
    format_rate,
)
from shared.money import Money, currency_of

BERLIN = ZoneInfo("Europe/Berlin")


def money(amount: str, currency: str = "EUR") -> Money:
    return Money(Decimal(amount), currency_of(currency))


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "text"),
    [
        ("1234.5", "EUR", "en", "1,234.50 EUR"),
        ("1234.5", "EUR", "de", "1.234,50 EUR"),
        ("12345", "PLN", "pl", "12 345,00 PLN"),
        ("-87.05", "EUR", "en", "\N{MINUS SIGN}87.05 EUR"),
        ("1234567", "JPY", "en", "1,234,567 JPY"),
        ("1234567.891", "KWD", "hi_IN", "12,34,567.891 KWD"),
        ("0.005", "EUR", "en", "0.01 EUR"),
        ("-0.004", "EUR", "en", "0.00 EUR"),
        ("99999999999999999999.99", "EUR", "en", "99,999,999,999,999,999,999.99 EUR"),
    ],
)
def test_an_amount_is_written_in_its_minor_unit(
    amount: str, currency: str, locale: str, text: str
) -> None:
    written = format_money(money(amount, currency), locale)

    assert written.text.replace("\N{NO-BREAK SPACE}", " ") == text


@pytest.mark.parametrize(
    ("price", "text"),
    [
        ("0.0052", "0.0052"),
        ("49.9", "49.90"),
        ("0.000000000042", "0.000000000042"),
        ("12345.678901", "12,345.678901"),
    ],
)
def test_a_unit_price_keeps_every_place_that_is_not_zero(price: str, text: str) -> None:
    written = format_money(money(price), "en", exact=True)

    assert written.text == f"{text}\N{NO-BREAK SPACE}EUR"


@pytest.mark.parametrize(
    ("rate", "locale", "text"),
    [
        ("19", "en", "19"),
        ("19.00", "de", "19"),
        ("8.1", "en", "8.1"),
        ("8.1", "pl", "8,1"),
        ("0.255346803734", "de", "0,255346803734"),
        ("1171.32", "fr", "1\N{NARROW NO-BREAK SPACE}171,32"),
    ],
)
def test_a_rate_is_written_in_the_readers_format(
    rate: str, locale: str, text: str
) -> None:
    assert format_rate(Decimal(rate), locale) == text


def test_the_parts_of_an_amount_make_up_its_text() -> None:
    parts = format_money(money("-1234.5"), "de")

    digits = parts.sign + parts.integer + parts.decimal_mark + parts.fraction
    assert f"{digits}\N{NO-BREAK SPACE}{parts.currency}" == parts.text


@pytest.mark.parametrize("currency", ["EUR", "USD", "PLN", "JPY", "KWD"])
@pytest.mark.parametrize("locale", ["en", "en_GB", "de", "pl", "fr", "es", "ja", "uk"])
def test_a_currency_is_its_code_after_the_amount_in_every_language(
    locale: str, currency: str
) -> None:
    for amount in ("1234.5", "-1234.5", "0"):
        digits, _, code = format_money(money(amount, currency), locale).text.rpartition(
            "\N{NO-BREAK SPACE}"
        )

        assert code == currency
        assert re.fullmatch(r"\u2212?[0-9][0-9.,\u00a0\u202f\u2019]*", digits)


def test_times_are_written_in_the_readers_zone() -> None:
    moment = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)

    assert format_datetime(moment, BERLIN, "en") == "1 Apr 2026, 00:30"
    assert format_clock(moment, BERLIN, "en") == "00:30"
