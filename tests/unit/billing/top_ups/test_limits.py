"""Limits of top-ups, as the provider sets them."""

from decimal import Decimal

import pytest

from services.billing.top_ups import limits
from services.billing.top_ups.limits import LevelLimits, TopUpLimits, read_limits
from shared import money
from shared.contracts.identity.verification.levels import VerificationLevel
from shared.settings import SettingError


def test_the_standard_limits_are_those_of_the_table() -> None:
    found = read_limits({}).of("EUR")

    assert [found.at(level) for level in VerificationLevel] == [
        LevelLimits(Decimal(50), Decimal(50)),
        LevelLimits(Decimal(100), Decimal(100)),
        LevelLimits(Decimal(500), Decimal(500)),
        LevelLimits(None, Decimal(1000)),
    ]
    most = (found.minimum, found.balance, found.document)
    assert most == (Decimal(10), Decimal(5000), Decimal(10_000))


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

    assert (found.minimum, found.identity.one) == (Decimal(minimum), Decimal(maximum))


def test_every_currency_that_can_be_offered_has_standard_limits() -> None:
    assert set(limits._FACTORS) == money._CURRENT


def test_each_currency_can_have_limits_of_its_own() -> None:
    text = "JPY minimum=1500 identity=any/150000; PLN email=400/300 phone=any/2000;"
    found = read_limits({"TOP_UP_LIMITS": text})

    assert found.minimum("JPY").amount == Decimal(1500)
    assert found.of("JPY").identity == LevelLimits(None, Decimal(150_000))
    assert found.of("PLN").email == LevelLimits(Decimal(400), Decimal(300))
    assert found.of("PLN").phone == LevelLimits(None, Decimal(2000))
    assert found.of("EUR") == TopUpLimits()


@pytest.mark.parametrize(
    "text",
    [
        "EUR",
        "EUR=10/1000/5000/100",
        "EUR minimum",
        "EUR minimum=0",
        "EUR minimum=NaN",
        "EUR minimum=-1",
        "EUR minimum=1001",
        "EUR maximum=5",
        "EUR email=100",
        "EUR email=100/100/100",
        "EUR email=100/any",
        "EUR email=10/10",
        "EUR email=any/100",
        "EUR balance=999",
        "EUR document=4999",
        "XYZ minimum=1",
        "XYZ",
    ],
)
def test_limits_that_make_no_sense_are_refused_at_the_start(text: str) -> None:
    with pytest.raises(SettingError, match="TOP_UP_LIMITS"):
        read_limits({"TOP_UP_LIMITS": text})
