"""Add Funds in the browser: from the amount over the hosted page to the balance."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import SignIn, add_wallet, open_until, top_up


@pytest.mark.full
@pytest.mark.over_the_broker
def test_a_top_up_changes_the_balance_in_this_tab_and_in_another(
    sign_in: SignIn, newcomer: str
) -> None:
    page = sign_in(newcomer)
    add_wallet(page, "EUR")
    other_tab = page.context.new_page()
    other_tab.goto("/")
    before = _balance(other_tab)
    open_until(page, "/funds/add?net=20&currency=EUR", "Top Up Now")
    page.goto("/funds/add")

    page.get_by_label("Net amount").fill("50")
    expect(page.locator("#pay .sum").first).to_contain_text("50.00")
    expect(page.locator("#quote")).to_contain_text("Balance after top-up")
    page.get_by_role("button", name="Top Up Now").click()
    page.get_by_role("button", name="Pay", exact=True).click()

    expect(page.locator("#top-up-state")).to_have_attribute("data-state", "succeeded")
    expect(page.locator("#block-balance .money").first).to_contain_text(
        _written(before + 50)
    )
    # Nobody touches the other tab.
    other_tab.bring_to_front()
    expect(other_tab.locator("#block-balance .money").first).to_contain_text(
        _written(before + 50)
    )


def test_a_declined_card_is_shown_and_nothing_is_charged(
    sign_in: SignIn, newcomer: str
) -> None:
    page = sign_in(newcomer)
    add_wallet(page, "EUR")

    top_up(page, 20, "Pay with a card that is declined")

    expect(page.locator("#top-up-state")).to_have_attribute("data-state", "failed")
    expect(page.locator("#top-up-state")).to_contain_text("declined")
    page.goto("/")
    assert _balance(page) == 0


def test_above_the_limit_the_way_leads_to_the_step_that_lifts_it(
    sign_in: SignIn,
) -> None:
    page = sign_in()
    page.goto("/funds/add")

    page.get_by_label("Net amount").fill("500")

    expect(page.locator("#quote .notice")).to_contain_text("Verify your phone")
    expect(page.get_by_role("button", name="Top Up Now")).to_have_count(0)
    expect(page.get_by_role("link", name=re.compile("Use .* instead"))).to_be_visible()
    page.locator("#pay").get_by_role("link", name="Verify your phone").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Verification")
    assert page.url.endswith("#phone")


@pytest.mark.parametrize("typed", ["-5", "1e9", "NaN", "10,005.005", "\u0661\u0662"])
def test_a_missing_amount_is_refused_beside_the_field(
    sign_in: SignIn, typed: str
) -> None:
    page = sign_in()
    page.goto("/funds/add")

    page.get_by_label("Net amount").fill(typed)

    expect(page.locator("#field-net-error")).to_be_visible()


def test_it_works_without_javascript(sign_in: SignIn) -> None:
    page = sign_in("demo@example.com", java_script_enabled=False)
    page.goto("/funds/add?net=&currency=EUR")
    page.get_by_label("Net amount").fill("12")

    page.get_by_role("button", name="Calculate").click()

    expect(page.locator("#quote .sum-lead")).to_contain_text("14.28")
    assert "form_key" not in page.url
    assert "csrf_token" not in page.url
    page.get_by_role("button", name="Top Up Now").click()
    page.goto("/funds/add")
    page.get_by_role("link", name="Pay or cancel TU-").first.click()
    expect(page.locator("#top-up-state")).to_have_attribute("data-state", "pending")
    expect(page.get_by_role("button", name="Continue to payment")).to_be_visible()
    page.get_by_role("button", name="Cancel this top-up").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Top-up TU-")
    expect(page.locator("#top-up-state")).to_have_attribute("data-state", "cancelled")


@pytest.mark.full
def test_a_second_top_up_after_going_back_is_another_one(
    sign_in: SignIn, newcomer: str
) -> None:
    """What a browser shows again, from its history or by its address, is sent anew."""
    page = sign_in(newcomer)
    add_wallet(page, "EUR")
    open_until(page, "/funds/add?net=20&currency=EUR", "Top Up Now")
    shown: set[str] = set()

    for _ in range(2):
        expect(page.locator("#quote .sum-lead")).to_be_visible()
        form = page.url
        page.get_by_role("button", name="Top Up Now").click()
        page.get_by_role("button", name="Pay", exact=True).click()
        succeeded = page.locator("#top-up-state[data-state=succeeded]")
        expect(succeeded).to_be_visible()
        shown.add(page.url)
        page.goto(form)

    assert len(shown) == 2


def _balance(page: Page) -> float:
    text = page.locator("#block-balance .money").first.inner_text()
    return float(re.sub(r"[^0-9.\-]", "", text.replace("\N{MINUS SIGN}", "-")))


def _written(amount: float) -> str:
    return f"{amount:,.2f}"
