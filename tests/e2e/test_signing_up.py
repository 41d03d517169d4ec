"""A customer comes by themselves, and goes again."""

from collections.abc import Callable
from contextlib import closing
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from launcher.machine.layout import Layout
from launcher.machine.processes import wait_until
from launcher.servers.databases import own_urls
from launcher.servers.infrastructure import postgres_of
from services.identity.models.mailed_links import LinkKind
from shared.db.database import Database
from shared.principal import load_private_key
from tests.e2e.conftest import WAIT_MS, NewContext, open_until
from tests.fixtures.identity.mailed_tokens import mailed_tokens
from tests.fixtures.sites import Site

PHONE = {"width": 360, "height": 740}
PASSWORD = "tram under violet elms"
NAME = "Nightshade Ltd"

MailedLinks = Callable[[str], list[str]]


@pytest.fixture
def mailed_links(running: Site) -> MailedLinks:
    """Finds the addresses of the links to sign up that are mailed to somebody."""
    layout = Layout(running.folder)
    url = own_urls(postgres_of(layout), layout.secrets)["identity"]
    key = load_private_key(running.folder / "keys" / "principal.key")

    def find(email: str) -> list[str]:
        with closing(Database(url)) as database:
            tokens = mailed_tokens(database, key, email, LinkKind.SIGN_UP)
        return [f"/sign-up/{token}" for token in tokens]

    return find


def check(page: Page, *, script: bool) -> None:
    """No page is wider than the phone, and axe finds nothing."""
    width = page.locator("html").evaluate("it => it.scrollWidth") if script else 0
    assert width <= PHONE["width"]
    if script:
        assert Axe().run(page).violations_count == 0


@pytest.mark.full
@pytest.mark.over_the_broker
@pytest.mark.parametrize("script", [True, False])
def test_a_customer_signs_up_and_closes_their_company(
    new_context: NewContext, mailed_links: MailedLinks, *, script: bool
) -> None:
    email = f"eve-{uuid4().hex}@example.com"
    page = new_context(java_script_enabled=script, viewport=PHONE).new_page()
    page.goto("/login")
    page.get_by_role("link", name="Sign up").click()
    check(page, script=script)
    page.get_by_label("Email").fill(email)
    page.get_by_label("Email").press("Enter")
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    assert wait_until(lambda: len(mailed_links(email)) == 1, WAIT_MS / 1000)
    (link,) = mailed_links(email)

    page.goto(link)
    check(page, script=script)
    page.get_by_label("Your name").fill("Eve Example")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("Legal name").fill(NAME)
    page.get_by_label("Country").select_option("DE")
    page.get_by_role("button", name="Open the account").click()
    expect(page.locator("#field-terms-error")).to_be_visible()
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("I accept the terms").check()
    page.get_by_role("button", name="Open the account").click()
    expect(page.locator(".notice-success")).to_be_visible()
    page.get_by_role("button", name="Add a wallet").click()
    expect(page.get_by_role("heading", name="EUR")).to_be_visible()
    company = page.url.removesuffix("/wallets")
    page.goto(link)
    expect(page.get_by_role("heading", name="can't be used")).to_be_visible()

    page.goto(f"{company}/close")
    check(page, script=script)
    page.get_by_label("Name of the company").fill(NAME)
    page.get_by_role("button", name="Close the company").click()
    expect(page.get_by_text("This company is closed.")).to_be_visible()
    open_until(page, f"{company}/invoices", "This company is closed.")
    page.goto("/account/personal-data")
    check(page, script=script)
    page.get_by_label("Your email address").fill(email)
    page.get_by_role("button", name="Delete the account").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
