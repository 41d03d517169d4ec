"""A company's legal details in the browser: edited, and the tax rule follows."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import SignIn, open_until

AUSTRIAN = "VAT 20 % — Austria, business in Austria without a VAT ID"


@pytest.mark.full
@pytest.mark.over_the_broker
@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}])
def test_editing_the_profile_changes_the_tax_rule(
    sign_in: SignIn, newcomer: str, options: dict[str, bool]
) -> None:
    page = sign_in(newcomer, **options)
    page.goto("/account")
    page.locator("a[href*='/profile']").first.click()
    open_until(page, page.url, "VAT 19 % — Germany, business customer")
    profile = page.url

    page.get_by_role("link", name="Edit profile").click()
    page.get_by_label("Legal name").fill("")
    page.get_by_role("button", name="Save profile").click()
    expect(page.locator("#field-name-error")).to_contain_text("200")
    page.get_by_label("Legal name").fill("Donau 🎷 OG")
    page.get_by_label("Country").select_option(label="Austria")
    page.get_by_label("Time zone").select_option(label="Austria, Vienna")
    page.get_by_role("button", name="Save profile").click()

    expect(page.locator("#messages")).to_contain_text("The profile is saved.")
    expect(page.locator("#company-profile")).to_contain_text("Austria, Vienna")
    if options:
        open_until(page, profile, AUSTRIAN)
    expect(page.locator("#tax-details")).to_contain_text(AUSTRIAN)
    expect(page.get_by_role("heading", level=1)).to_have_text("Donau 🎷 OG")


def test_of_two_tabs_the_later_one_says_what_the_earlier_one_saved(
    sign_in: SignIn, newcomer: str
) -> None:
    page = sign_in(newcomer)
    page.goto("/account")
    page.locator("a[href*='/profile']").first.click()
    page.get_by_role("link", name="Edit profile").click()
    tab = page.context.new_page()
    tab.goto(page.url)
    tab.get_by_label("City").fill("Linz")
    tab.get_by_role("button", name="Save profile").dblclick()
    expect(tab.locator("#messages")).to_contain_text("The profile is saved.")

    page.get_by_label("City").fill("Graz")
    page.get_by_role("button", name="Save profile").click()

    expect(page.locator("main")).to_contain_text("Someone changed this profile")
    expect(page.locator("#field-city-hint")).to_contain_text("Saved value: Linz")
    expect(page.get_by_label("City")).to_have_value("Graz")
    page.get_by_role("button", name="Save profile").click()
    expect(page.locator("#company-profile")).to_contain_text("Graz")
