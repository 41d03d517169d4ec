"""One service away: the page stands, the neighbours are full, and the gap says so."""

from datetime import timedelta

import pytest

from shared.contracts import identity
from tests.fixtures.installations import Installation, post, same_cookies, sign_in
from tests.fixtures.web.pages import BLOCKS

_OF_BILLING = BLOCKS["billing"]
_OF_INVENTORY = BLOCKS["inventory"]
_OF_IDENTITY = BLOCKS["identity"]


@pytest.mark.parametrize(
    ("service", "gone", "kept"),
    [
        ("billing", _OF_BILLING, (*_OF_INVENTORY, *_OF_IDENTITY)),
        ("inventory", _OF_INVENTORY, (*_OF_BILLING, *_OF_IDENTITY)),
        ("identity", _OF_IDENTITY, (*_OF_BILLING, *_OF_INVENTORY)),
    ],
)
def test_without_a_service_its_blocks_wait_and_the_others_are_full(
    site: Installation, service: str, gone: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    site.customer("ada@example.com", "Ada & Co")
    browser = sign_in(site.app(), "ada@example.com")
    site.client.down.add(service)

    page = browser.get("/")

    assert page.status_code == 200
    for name in gone:
        assert _state(page.text, name) == "waiting"
    for name in kept:
        assert _state(page.text, name) == "fresh"


def test_what_was_last_known_is_shown_with_its_time(site: Installation) -> None:
    site.customer("ada@example.com", "Ada & Co")
    browser = sign_in(site.app(), "ada@example.com")
    browser.get("/")
    site.client.down.add("billing")
    site.clock.move(timedelta(minutes=2))

    page = browser.get("/")

    assert _state(page.text, "balance") == "stale"
    assert "09:00" in page.text
    site.client.down.clear()
    assert _state(browser.get("/").text, "balance") == "fresh"


def test_without_identity_reading_works_until_the_principal_expires(
    site: Installation,
) -> None:
    site.customer("ada@example.com", "Ada & Co")
    browser = sign_in(site.app(), "ada@example.com")
    site.client.down.add("identity")

    assert _state(browser.get("/").text, "services") == "fresh"

    site.clock.move(timedelta(minutes=6))
    page = browser.get("/")
    assert page.status_code == 503
    assert "Log in" not in page.text


def test_a_session_that_ended_elsewhere_discards_the_page(site: Installation) -> None:
    site.customer("ada@example.com", "Ada & Co")
    app = site.app()
    browser = sign_in(app, "ada@example.com")
    tab = same_cookies(app, browser)  # its principal is still good
    post(browser, "/logout")

    page = tab.get("/")

    assert page.status_code == 303
    assert page.headers["Location"].startswith("/login")


def test_without_inventory_the_menu_still_leads_to_the_pages(
    site: Installation,
) -> None:
    site.customer("ada@example.com", "Ada & Co")
    browser = sign_in(site.app(), "ada@example.com")
    site.client.down.add("inventory")

    page = browser.get("/")

    assert ">Dashboard</bdi>" in page.text
    assert ">All Services</bdi>" in page.text


def test_a_role_without_billing_sees_a_notice_instead_of_figures(
    site: Installation,
) -> None:
    site.customer("tess@example.com", "Ada & Co", identity.memberships.Role.TECHNICAL)
    browser = sign_in(site.app(), "tess@example.com")

    page = browser.get("/")

    assert _state(page.text, "balance") == "not_allowed"
    assert _state(page.text, "services") == "fresh"


def _state(html: str, block: str) -> str:
    start = html.index(f'id="block-{block}"')
    return html[start:].split('data-state="', 1)[1].split('"', 1)[0]
