"""Amounts as people type them into a search."""

from decimal import Decimal

import pytest

from services.billing.transactions.amounts_typed import read_typed

READ: list[tuple[str, set[str]]] = [
    ("12", {"12", "-12"}),
    ("12.5", {"12.5", "-12.5"}),
    ("12,50", {"12.50", "-12.50"}),
    ("-12.50", {"-12.50"}),
    ("\N{MINUS SIGN}12.50", {"-12.50"}),
    ("+ 12.50", {"12.50"}),
    ("1.234", {"1.234", "1234", "-1.234", "-1234"}),
    ("1.234,5", {"1234.5", "-1234.5"}),
    ("1,234,567.89", {"1234567.89", "-1234567.89"}),
    ("1 234 567,89", {"1234567.89", "-1234567.89"}),
    ("12 345\N{NO-BREAK SPACE}EUR", {"12345", "-12345"}),
    ("€12", {"12", "-12"}),
    ("12 €", {"12", "-12"}),
]


@pytest.mark.parametrize(("text", "values"), READ)
def test_an_amount_is_read_in_anybodys_way_to_write_it(
    text: str, values: set[str]
) -> None:
    amount = read_typed(text)

    assert amount is not None
    assert set(amount.signed()) == set(map(Decimal, values))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "twelve",
        "12 QQQ",
        "12 eur",
        "2026-03-01",
        "2026 12",
        "1,2,3",
        "1,23,456",
        "1.2345678",
        "12 services",
        "x12",
        "٣",
    ],
)
def test_other_text_is_not_an_amount(text: str) -> None:
    assert read_typed(text) is None


def test_the_currency_is_shown() -> None:
    amount = read_typed("12.50 USD")

    assert amount is not None
    assert amount.currency == "USD"
