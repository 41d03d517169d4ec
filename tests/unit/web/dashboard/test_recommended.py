"""Recommended Add Funds, and the notice where a balance is below zero, or nearly so."""

from dataclasses import replace as changed_view

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
from tests.fixtures.fake_services import FakeServices
from tests.fixtures.web.top_ups import fetched, has_wallet, opened, words
from web.dev import samples

OWED = "\N{MINUS SIGN}50.07 EUR"
ADD_FUNDS = 'href="/funds/add'


@pytest.mark.parametrize("may", [True, False])
def test_only_who_may_add_funds_is_led_there(
    billing: FakeServices, *, may: bool
) -> None:
    if not may:
        billing.permissions -= {Permission.ADD_FUNDS}
    has_wallet(billing)
    _has_balance(billing, BalanceLevel.BELOW_ZERO, "0")

    page = opened(billing.browser(), "/")

    assert 'class="notice notice-danger"' in page
    assert "Recommended Add Funds" in page
    assert (ADD_FUNDS in page) is may


@pytest.mark.parametrize(
    ("level", "left", "figures"),
    [
        (BalanceLevel.FINE, "100", []),
        (BalanceLevel.LOW, "100", [OWED, "40.00 EUR"]),
        (BalanceLevel.BELOW_ZERO, "49.93", [OWED, "49.93 EUR", "100.00 EUR"]),
        (BalanceLevel.BELOW_ZERO, "0", [OWED, "100.00 EUR"]),
    ],
)
def test_a_balance_that_needs_attention_has_a_notice(
    billing: FakeServices, level: BalanceLevel, left: str, figures: list[str]
) -> None:
    has_wallet(billing)
    _has_balance(billing, level, left)

    block = fetched(billing.browser(), "/blocks/recommended")

    notice = words(block.partition('class="notice ')[2].partition("<section")[0])
    assert bool(notice) is bool(figures)
    assert all(figure in notice for figure in figures)


@pytest.mark.parametrize(
    ("level", "left", "credit", "notice"),
    [
        (BalanceLevel.FINE, "100", "100", ""),
        (BalanceLevel.LOW, "100", "100", "low"),
        (BalanceLevel.BELOW_ZERO, "49.93", "100", "credit_left"),
        (BalanceLevel.BELOW_ZERO, "0", "100", "credit_used"),
        (BalanceLevel.BELOW_ZERO, "-50.07", "0", "no_credit"),
    ],
)
def test_the_notice_depends_on_the_level_and_on_the_credit_left(
    level: BalanceLevel, left: str, credit: str, notice: str
) -> None:
    view = samples.outlook()
    wallet = replace(
        view.wallet,
        level=level,
        available=money(left),
        credit_limit=money(credit),
    )

    assert changed_view(view, wallet=wallet).notice == notice


@pytest.mark.parametrize(
    ("amount", "overdue", "suspended", "purpose"),
    [
        ("0", "0", 0, "covered"),
        ("100", "0", 0, "due"),
        ("100", "5", 0, "overdue"),
        ("100", "5", 2, "resumes"),
    ],
)
def test_what_is_recommended_says_what_it_is_for(
    amount: str, overdue: str, suspended: int, purpose: str
) -> None:
    view = samples.outlook()
    recommendation = replace(
        view.recommended,
        amount=money(amount),
        overdue=money(overdue),
        overdue_service_count=suspended,
    )
    wallet = replace(view.wallet, recommendation=recommendation)

    assert changed_view(view, wallet=wallet).purpose == purpose


def _has_balance(billing: FakeServices, level: BalanceLevel, left: str) -> None:
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
