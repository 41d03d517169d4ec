"""A further wallet in the browser: added, made primary, and first everywhere."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import SignIn, add_wallet

CURRENCIES = "#block-balance .money-currency"


@pytest.mark.full
@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}])
def test_a_wallet_is_added_and_made_the_primary_one(
    sign_in: SignIn, newcomer: str, options: dict[str, bool]
) -> None:
    page = sign_in(newcomer, **options)
    add_wallet(page, "EUR")
    add_wallet(page, "USD")
    expect(page.locator(CURRENCIES).first).to_have_text("EUR")

    page.locator("#wallet-USD").get_by_role("button", name="Make primary").click()

    expect(page.locator("#wallet-USD")).to_contain_text("Primary")
    expect(page.get_by_role("button", name="Make primary")).to_have_count(1)
    page.goto("/")
    expect(page.locator(CURRENCIES).first).to_have_text("USD")
    page.goto("/funds/add")
    expect(page.get_by_label("Currency")).to_have_value("USD")


def test_a_comfort_buffer_is_recommended_at_once(
    sign_in: SignIn, newcomer: str
) -> None:
    page = sign_in(newcomer)
    add_wallet(page, "EUR")

    page.get_by_label("Comfort buffer").fill("-1")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".form-error")).to_contain_text("without a minus sign")
    page.get_by_label("Comfort buffer").fill("75")
    page.get_by_role("button", name="Save").click()

    expect(page.locator("main")).to_contain_text("is saved")
    page.get_by_role("link", name="Add Funds in EUR").click()
    expect(page.locator("#top-up .amount")).to_contain_text("75.00")
