"""Changing a password, and replacing a forgotten one."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from launcher.demo.story import PASSWORD
from launcher.machine.layout import Layout
from launcher.machine.processes import wait_until
from launcher.servers.databases import own_urls
from launcher.servers.infrastructure import postgres_of
from shared.db.database import Database
from shared.principal import load_private_key
from tests.e2e.conftest import WAIT_MS, NewContext, log_in
from tests.fixtures.identity.mailed_tokens import reset_tokens
from tests.fixtures.identity.two_factor import code_at
from tests.fixtures.sites import Site

NEW = "tram under violet elms"
WEAK = "qwertyuiop[]"
PHONE = {"width": 360, "height": 740}

MailedLinks = Callable[[str], list[str]]


@pytest.fixture
def mailed_links(running: Site) -> MailedLinks:
    """Finds the addresses of the links mailed to somebody."""
    layout = Layout(running.folder)
    url = own_urls(postgres_of(layout), layout.secrets)["identity"]
    key = load_private_key(running.folder / "keys" / "principal.key")

    def find(email: str) -> list[str]:
        with closing(Database(url)) as database:
            tokens = reset_tokens(database, key, email)
        return [f"/reset-password/{token}" for token in tokens]

    return find


def opened_as(new_context: NewContext, email: str, **options: object) -> Page:
    page = new_context(**options).new_page()
    log_in(page, email)
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
    return page


def test_a_password_is_changed_by_keyboard_on_a_phone(
    new_context: NewContext, newcomer: str
) -> None:
    other = opened_as(new_context, newcomer)
    page = opened_as(new_context, newcomer, viewport=PHONE)
    page.goto("/account/password")
    new = page.get_by_label("New password")

    page.get_by_label("Current password").focus()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Tab")  # past the button that shows it
    page.keyboard.press("Tab")
    page.keyboard.type(WEAK)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(new).to_have_attribute("type", "text")
    expect(new).to_have_value(WEAK)
    new.press("Enter")
    expect(page.locator("#field-new-error")).to_be_visible()
    assert Axe().run(page).violations_count == 0
    expect(new).to_have_attribute("type", "password")

    page.get_by_label("Current password").fill(PASSWORD)
    new.fill(NEW)
    new.press("Enter")
    expect(page.locator(".notice-success")).to_be_visible()
    other.goto("/account")
    expect(other.get_by_role("heading", name="Log in")).to_be_visible()
    log_in(other, newcomer, NEW)
    expect(other.get_by_role("heading", name="Dashboard")).to_be_visible()


def turn_on_second_factor(page: Page) -> list[str]:
    """Set an app up; return the recovery codes."""
    page.goto("/account/two-factor")
    secret = page.locator(".key").inner_text().replace(" ", "")
    page.get_by_label("6-digit code").fill(code_at(datetime.now(UTC), secret))
    page.get_by_role("button", name="Turn on").click()
    codes = page.locator(".recovery-codes code")
    codes.first.wait_for()
    return codes.all_inner_texts()


@pytest.mark.full
@pytest.mark.over_the_broker
@pytest.mark.parametrize(("script", "has_factor"), [(True, False), (False, True)])
def test_a_forgotten_password_is_replaced_by_a_mailed_link(
    new_context: NewContext,
    newcomer: str,
    mailed_links: MailedLinks,
    *,
    script: bool,
    has_factor: bool,
) -> None:
    page = opened_as(new_context, newcomer)
    codes = turn_on_second_factor(page) if has_factor else []
    visitor = new_context(java_script_enabled=script, viewport=PHONE).new_page()
    for email in ("nobody-there@example.com", newcomer):
        visitor.goto("/login/forgot")
        visitor.get_by_label("Email").fill(email)
        visitor.get_by_role("button", name="Send the link").click()
        expect(visitor.get_by_role("heading", name="Check your email")).to_be_visible()
    assert wait_until(lambda: len(mailed_links(newcomer)) == 1, WAIT_MS / 1000)
    assert mailed_links("nobody-there@example.com") == []
    (link,) = mailed_links(newcomer)

    visitor.goto(link)
    show = visitor.get_by_role("button", name="Show password")
    expect(show).to_be_visible(visible=script)
    if script:
        assert Axe().run(visitor).violations_count == 0
    visitor.get_by_label("New password").fill(NEW)
    visitor.get_by_role("button", name="Set the password").click()
    expect(visitor.get_by_role("heading", name="Log in")).to_be_visible()
    page.goto("/account")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    log_in(visitor, newcomer, NEW)
    if has_factor:
        visitor.get_by_role("link", name="Use a recovery code").click()
        visitor.get_by_label("Recovery code").fill(codes[0])
        visitor.get_by_role("button", name="Log in").click()
    expect(visitor.get_by_role("heading", name="Dashboard")).to_be_visible()

    visitor.goto(link)
    expect(visitor.get_by_role("heading", name="can't be used")).to_be_visible()
