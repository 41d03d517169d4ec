"""A session that ends while a page is open: back there, with what was typed."""

from contextlib import suppress

import pytest
from playwright.sync_api import Error, Page, expect

from launcher.demo.story import PASSWORD
from tests.e2e.conftest import SignIn, add_wallet, open_until

SHOWN = "tab-shown"


def end_session(page: Page) -> None:
    """Sign out in another tab, which this one does not notice."""
    tab = page.context.new_page()
    tab.goto("/logout")
    tab.locator("main").get_by_role("button", name="Log out").click()
    expect(tab.get_by_role("heading", name="Log in")).to_be_visible()
    tab.close()


def log_in_again(page: Page, email: str) -> None:
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def let_a_block_ask(page: Page) -> None:
    """Unless one has asked already and the page is on its way to the login."""
    with suppress(Error):
        page.evaluate(f"htmx.trigger(document.body, '{SHOWN}')")


@pytest.mark.full
def test_typed_amounts_come_back_whichever_part_asked(
    sign_in: SignIn, newcomer: str
) -> None:
    page = sign_in(newcomer)
    add_wallet(page, "EUR")
    open_until(page, "/funds/add?net=20&currency=EUR", "Top Up Now")
    net = page.get_by_label("Net amount")
    net.fill("12,5")
    expect(page.locator("#pay .sum").first).to_contain_text("12.50")

    end_session(page)
    let_a_block_ask(page)
    log_in_again(page, newcomer)
    expect(net).to_have_value("12,5")
    expect(page.locator("#pay .sum").first).to_contain_text("12.50")

    end_session(page)
    net.fill("34.5")  # the figures ask
    log_in_again(page, newcomer)
    expect(net).to_have_value("34.5")

    end_session(page)
    page.get_by_role("button", name="Top Up Now").click()  # the form is sent
    log_in_again(page, newcomer)
    expect(net).to_have_value("34.5")
    expect(page.locator("#pay .sum").first).to_contain_text("34.50")

    page.get_by_role("button", name="Top Up Now").click()
    page.get_by_role("button", name="Pay", exact=True).wait_for()
    page.goto("/funds/add")
    page.get_by_role("link", name="Pay or cancel TU-").click()
    expect(page.locator("#top-up-state")).to_be_visible()
    _leave_and_come_back(page, newcomer)


def test_an_unreadable_amount_has_its_error_beside_the_field_while_typing(
    sign_in: SignIn,
) -> None:
    page = sign_in()
    page.goto("/funds/add")
    net = page.get_by_label("Net amount")
    net.fill("20")

    net.press_sequentially("x")

    expect(page.locator("#field-net-error")).to_be_visible()
    expect(net).to_have_attribute("aria-invalid", "true")
    expect(net).to_be_focused()
    expect(net).to_have_value("20x")
    expect(page.locator("#pay .form-error")).to_have_count(0)
    net.press("Backspace")
    expect(page.locator("#field-net-error")).to_have_count(0)


def test_logging_in_again_leads_back_to_an_open_list(sign_in: SignIn) -> None:
    page = sign_in()
    page.goto("/services?state=suspended&sort=price")

    _leave_and_come_back(page, "demo@example.com")


def _leave_and_come_back(page: Page, email: str) -> None:
    address = page.url
    end_session(page)
    let_a_block_ask(page)
    log_in_again(page, email)
    expect(page).to_have_url(address)
