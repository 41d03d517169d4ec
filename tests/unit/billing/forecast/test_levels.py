"""Whether a balance asks for attention."""

from decimal import Decimal

import pytest

from services.billing.forecast.dashboard import level_of
from shared.contracts.billing.dashboard import BalanceLevel


@pytest.mark.parametrize(
    ("balance", "daily", "level"),
    [
        ("-0.000001", "0", BalanceLevel.BELOW_ZERO),
        ("0", "0", BalanceLevel.FINE),
        ("0", "1", BalanceLevel.LOW),
        ("2.999999", "1", BalanceLevel.LOW),
        ("3", "1", BalanceLevel.FINE),
    ],
)
def test_a_balance_is_low_when_it_covers_less_than_three_days(
    balance: str, daily: str, level: BalanceLevel
) -> None:
    assert level_of(Decimal(balance), Decimal(daily)) is level
