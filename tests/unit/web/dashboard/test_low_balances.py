"""The dashboard says it when a balance is below zero, or nearly so."""

import pytest
from msgspec.structs import replace

from shared.contracts.billing.dashboard import (
    DASHBOARD,
    BalanceLevel,
    CostBreakdown,
    Dashboard,
)
from shared.permissions import Permission
from tests.fixtures.documents import money
from tests.fixtures.stand_in import StandIn
from tests.fixtures.web.top_ups import has_wallet, opened, words

BELOW = "Your balance is below zero"
MINUS = "\N{MINUS SIGN}"


ADD_FUNDS = 'href="/funds/add'


@pytest.mark.parametrize("may", [True, False])
def test_only_who_may_add_funds_is_led_there(billing: StandIn, *, may: bool) -> None:
    if not may:
        billing.permissions -= {Permission.ADD_FUNDS}
    has_wallet(billing)
    _has_balance(billing, BalanceLevel.BELOW_ZERO, "0")

    page = opened(billing.browser(), "/")

    assert BELOW in page
    assert "Recommended Add Funds" in page
    assert (ADD_FUNDS in page) is may


@pytest.mark.parametrize(
    ("level", "left", "told"),
    [
        (BalanceLevel.FINE, "100", ""),
        (BalanceLevel.LOW, "100", "covers less than three days"),
        (
            BalanceLevel.BELOW_ZERO,
            "49.93",
            f"{BELOW} It is {MINUS}50.07 EUR; 49.93 EUR of",
        ),
        (BalanceLevel.BELOW_ZERO, "0", "your 100.00 EUR Credit is used up"),
    ],
)
def test_a_balance_that_asks_for_attention_is_told(
    billing: StandIn, level: BalanceLevel, left: str, told: str
) -> None:
    has_wallet(billing)
    _has_balance(billing, level, left)

    page = words(opened(billing.browser(), "/"))

    assert told in page
    assert ("Your balance is" in page) is bool(told)


def _has_balance(billing: StandIn, level: BalanceLevel, left: str) -> None:
    answer = billing.answers[str(DASHBOARD)](Dashboard())
    (wallet,) = answer.wallets
    low = replace(
        wallet,
        level=level,
        balance=money("-50.07"),
        credit_limit=money("100"),
        available=money(left),
    )
    day = money("40")
    costs = CostBreakdown(
        currency="EUR",
        hourly=day,
        daily=day,
        weekly=day,
        monthly=day,
        yearly=day,
        service_count=0,
        lines=[],
    )
    changed = replace(answer, wallets=[low], costs=[costs])
    billing.answers[str(DASHBOARD)] = lambda _: changed
