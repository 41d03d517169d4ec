"""Money: what is accepted, and that each rounding is the one its name says."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.money import (
    Money,
    currency_of,
    decimal_places,
    decode_money,
    encode_money,
    fits_invoices,
    fits_ledger,
    ledger_ratio,
    minor_unit,
    minor_unit_ratio,
    round_exchange_rate,
    round_to_ledger,
    round_to_minor_unit,
    round_up_to_whole,
)


def euros(amount: str) -> Money:
    return Money(Decimal(amount), currency_of("EUR"))


NO_AMOUNTS = """
,5|1,5|1.000,00|1e3|1E+999999999|NaN|Infinity|+1|.5|5.|--1|- 1|1_000|0x10|٣|１||1 | 1
"""  # noqa: RUF001  digits of other scripts are not taken for ours


@pytest.mark.parametrize(
    "amount", [*NO_AMOUNTS.strip("\n").split("|"), "9" * 41, "1\n"]
)
def test_an_amount_that_is_not_a_plain_decimal_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="an amount as text"):
        decode_money({"amount": amount, "currency": "EUR"})


@pytest.mark.parametrize(
    "data",
    [
        None,
        "1 EUR",
        {"amount": 1, "currency": "EUR"},
        {"amount": "1"},
        {"amount": "1", "currency": None},
    ],
)
def test_money_without_a_text_amount_and_a_currency_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match="an amount as text"):
        decode_money(data)


def test_a_currency_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no such currency"):
        decode_money({"amount": "1", "currency": "EURO"})


@given(st.decimals(-(10**20), 10**20, places=12))
def test_money_comes_back_from_the_wire_unchanged(amount: Decimal) -> None:
    money = Money(amount, currency_of("EUR"))

    assert decode_money(encode_money(money)) == money


@given(st.fractions())
def test_a_ratio_is_rounded_to_the_nearest_and_half_away_from_zero(
    amount: Fraction,
) -> None:
    rounded = Fraction(ledger_ratio(amount, "EUR").amount)

    error = abs(rounded) - abs(amount)
    assert -Fraction(1, 2_000_000) < error <= Fraction(1, 2_000_000)


@given(st.decimals(-(10**30), 10**30, places=9))
def test_a_ratio_and_a_decimal_are_rounded_alike(amount: Decimal) -> None:
    money = Money(amount, currency_of("EUR"))

    assert ledger_ratio(Fraction(amount), "EUR") == round_to_ledger(money)


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("0.0000005", "0.000001"),
        ("0.00000049", "0"),
        ("2.5000005", "2.500001"),
        # An even digit before the half: Python's own default would round down.
        ("0.0000025", "0.000003"),
        (
            "123456789012345678901234567890.0000005",
            "123456789012345678901234567890.000001",
        ),
    ],
)
def test_the_ledger_rounds_half_up(amount: str, rounded: str) -> None:
    assert round_to_ledger(euros(amount)) == euros(rounded)


@pytest.mark.parametrize(
    ("currency", "amount", "rounded"),
    [("EUR", "0.125", "0.13"), ("JPY", "0.5", "1"), ("BHD", "0.0005", "0.001")],
)
def test_what_is_paid_is_rounded_to_the_currencys_own_unit(
    currency: str, amount: str, rounded: str
) -> None:
    money = Money(Decimal(amount), currency_of(currency))

    assert round_to_minor_unit(money).amount == Decimal(rounded)
    assert minor_unit(currency) <= Decimal(rounded)


def test_an_invoice_has_room_for_two_decimal_places() -> None:
    assert all(fits_invoices(currency) for currency in ("EUR", "HUF", "JPY"))
    assert not any(fits_invoices(currency) for currency in ("BHD", "TND", "CLF"))


@pytest.mark.parametrize(
    ("amount", "whole"), [("10.000001", "11"), ("10", "10"), ("0.000001", "1")]
)
def test_a_recommendation_is_rounded_up_to_a_whole_unit(
    amount: str, whole: str
) -> None:
    assert round_up_to_whole(euros(amount)) == euros(whole)


@pytest.mark.parametrize(
    ("amount", "fits"),
    [
        ("99999999999999.999999", True),
        ("-99999999999999.999999", True),
        ("100000000000000", False),
        ("0.0000001", False),
        ("0.1000000000", True),
    ],
)
def test_the_ledger_takes_six_places_and_fourteen_digits(
    amount: str,
    fits: bool,  # noqa: FBT001
) -> None:
    assert fits_ledger(euros(amount)) is fits


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        (Fraction(1, 200), "EUR", "0.01"),
        (Fraction(-1, 200), "EUR", "-0.01"),
        (Fraction(4999, 10**6), "EUR", "0.00"),
        (Fraction(1, 2), "JPY", "1"),
        (Fraction(10**14) + Fraction(1, 3), "BHD", "100000000000000.333"),
    ],
)
def test_an_exact_result_is_rounded_half_up_to_the_minor_unit(
    amount: Fraction, currency: str, rounded: str
) -> None:
    assert minor_unit_ratio(amount, currency) == Money(rounded, currency_of(currency))


def test_an_exchange_rate_has_twelve_places_at_most_and_no_zeros_at_its_end() -> None:
    assert str(round_exchange_rate(Fraction(2, 3))) == "0.666666666667"
    assert str(round_exchange_rate(Fraction(108050, 100000))) == "1.0805"
    assert str(round_exchange_rate(Fraction(100))) == "100"


def test_amounts_are_written_with_the_places_of_their_currency() -> None:
    places = {code: decimal_places(code) for code in ("EUR", "JPY", "KWD")}
    assert places == {"EUR": 2, "JPY": 0, "KWD": 3}
