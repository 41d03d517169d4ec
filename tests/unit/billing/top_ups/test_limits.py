"""Limits of top-ups, as the provider sets them."""

from decimal import Decimal

import pytest

from services.billing.top_ups import limits
from services.billing.top_ups.limits import TopUpLimits, read_limits
from shared import money
from shared.settings import SettingError


def test_a_currency_that_is_not_set_has_the_standard_limits() -> None:
    found = read_limits({}).of("EUR")

    assert found == TopUpLimits(Decimal(10), Decimal(1000), Decimal(5000), Decimal(100))


@pytest.mark.parametrize(
    ("currency", "minimum", "maximum"),
    [
        ("JPY", 2000, 200_000),
        ("HUF", 5000, 500_000),
        ("PLN", 50, 5000),
        ("GBP", 10, 1000),
    ],
)
def test_the_standard_limits_are_round_amounts_of_their_currency(
    currency: str, minimum: int, maximum: int
) -> None:
    found = read_limits({}).of(currency)

    assert (found.minimum, found.maximum) == (Decimal(minimum), Decimal(maximum))


def test_every_currency_that_can_be_offered_has_standard_limits() -> None:
    assert set(limits._FACTORS) == money._CURRENT


def test_each_currency_can_have_limits_of_its_own() -> None:
    found = read_limits(
        {"TOP_UP_LIMITS": "JPY=1500/150000/750000/15000 PLN=40/4000/20000/400"}
    )

    assert found.minimum("JPY").amount == Decimal(1500)
    assert found.of("PLN").unverified == Decimal(400)
    assert found.of("EUR") == TopUpLimits()


@pytest.mark.parametrize(
    "text",
    [
        "EUR",
        "EUR=1/2/3",
        "EUR=1/2/3/x",
        "XYZ=1/2/3/1",
        "EUR=5/4/3/1",
        "EUR=0/2/3/1",
        "EUR=NaN/2/3/1",
        "EUR=1/2/3/-1",
        "EUR=1/2/3/4",
    ],
)
def test_limits_that_make_no_sense_are_refused_at_the_start(text: str) -> None:
    with pytest.raises(SettingError, match="TOP_UP_LIMITS"):
        read_limits({"TOP_UP_LIMITS": text})
