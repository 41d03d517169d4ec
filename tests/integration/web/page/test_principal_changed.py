"""A cookie's principal that identity has changed since: a company left, another role.

The page's calls were sent as that principal, in parallel with the session's check.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, update

from launcher.servers.databases import SERVICES
from services.identity.models.companies import Membership
from shared.contracts.identity.memberships import Role
from shared.db.database import Database
from tests.fixtures.installations import (
    Installation,
    installation,
    same_cookies,
    sign_in,
)
from tests.fixtures.web.customer_site import CustomerSite, block_states
from tests.fixtures.web.pages import ABOUT, BLOCKS, HTMX
from tests.integration.web.page.conftest import EMAIL

BILLING_PARTS = (
    "/funds/quote?net=20&currency=EUR",
    "/funds/top-ups/<top_up_id>/state",
    "/companies/<company_id>/profile/tax",
    "/companies/<company_id>/transactions.csv",
    "/companies/<company_id>/invoices.zip",
    "/companies/<company_id>/invoices/<document_id>.pdf",
)
"""What is fetched by itself, and is billing's."""

NOT_FOR_TECHNICAL = {
    "/companies/<company_id>/close",
    "/companies/<company_id>/members/<user_id>",
    "/companies/<company_id>/members/invite",
    "/companies/<company_id>/members/contacts/add",
    "/companies/<company_id>/activity",
    *(page for page, service in ABOUT.items() if service == "billing"),
}


@pytest.fixture
def urls(new_database: Callable[[str], str]) -> dict[str, str]:
    return {name: new_database(name) for name in SERVICES}


@pytest.fixture
def site(urls: dict[str, str], tmp_path: Path) -> Iterator[Installation]:
    with installation(urls, tmp_path) as made:
        yield made


@pytest.fixture
def identitys(urls: dict[str, str]) -> Iterator[Database]:
    with closing(Database(urls["identity"])) as database:
        yield database


@pytest.fixture
def browser(site: Installation, second: UUID) -> FlaskClient:
    return sign_in(site.app(), EMAIL)


def test_a_company_that_was_left_is_not_shown_in_the_frame_of_another(
    browser: FlaskClient, identitys: Database, first: UUID
) -> None:
    _leave(identitys, first)

    page = browser.get("/")

    assert page.status_code == 404
    assert "Second &amp; Co" in page.text
    assert _state(page.text, "balance") == "waiting"
    assert "EUR" not in page.text
    assert "PLN" in browser.get("/").text


def test_a_company_that_was_left_is_not_remembered_as_another(
    browser: FlaskClient, site: Installation, identitys: Database, first: UUID
) -> None:
    _leave(identitys, first)
    browser.get("/")
    site.client.down.add("billing")

    page = browser.get("/")

    assert page.status_code == 200
    assert _state(page.text, "balance") == "waiting"
    assert "EUR" not in page.text


def test_a_page_of_the_company_that_was_left_is_not_shown(
    browser: FlaskClient, identitys: Database, first: UUID
) -> None:
    _leave(identitys, first)

    page = browser.get(f"/companies/{first}/wallets")

    assert page.status_code == 404
    assert "EUR" not in page.text


def test_what_a_lost_role_included_is_not_shown(
    browser: FlaskClient, site: Installation, identitys: Database, first: UUID
) -> None:
    _become(identitys, first, Role.TECHNICAL)

    page = browser.get("/")

    assert page.status_code == 200
    assert _state(page.text, "balance") == "waiting"
    assert "EUR" not in page.text
    site.client.down.add("billing")
    assert _state(browser.get("/").text, "balance") == "waiting"


@pytest.mark.parametrize("address", ["wallets", "transactions", "transactions.csv"])
def test_a_page_that_a_lost_role_included_is_refused(
    browser: FlaskClient, identitys: Database, first: UUID, address: str
) -> None:
    _become(identitys, first, Role.TECHNICAL)

    page = browser.get(f"/companies/{first}/{address}")

    assert page.status_code == 403
    assert "EUR" not in page.text


def _leave(identitys: Database, company: UUID) -> None:
    with identitys.system() as db:
        db.execute(delete(Membership).where(Membership.company_id == company))


def _become(identitys: Database, company: UUID, role: Role) -> None:
    with identitys.system() as db:
        mine = Membership.company_id == company
        db.execute(update(Membership).where(mine).values(role=role))


def _state(html: str, block: str) -> str:
    start = html.index(f'id="block-{block}"')
    return html[start:].split('data-state="', 1)[1].split('"', 1)[0]


def test_no_page_shows_at_first_what_a_lost_role_included(
    customer_site: CustomerSite,
) -> None:
    """Each is opened by a browser that has the principal of before."""
    app = customer_site.browser.application
    browser = customer_site.log_in()
    for page in ABOUT:
        browser.get(customer_site.address(page))  # what was last known is remembered
    tabs = [same_cookies(app, browser) for _ in ABOUT]
    identitys = customer_site.site.services.dispatchers["identity"].service.database
    _become(identitys, customer_site.company_id, Role.TECHNICAL)
    try:
        shown = {
            page: tab.get(customer_site.address(page))
            for page, tab in zip(ABOUT, tabs, strict=True)
        }
    finally:
        _become(identitys, customer_site.company_id, Role.OWNER)

    for page, answer in shown.items():
        assert answer.status_code == (403 if page in NOT_FOR_TECHNICAL else 200), page
        states = block_states(answer, BLOCKS["billing"])
        assert set(states.values()) <= {"waiting", "not_allowed"}, page
        assert "strip-figure" not in answer.text, page


def test_no_part_of_a_page_shows_at_first_what_a_lost_role_included(
    customer_site: CustomerSite,
) -> None:
    app = customer_site.browser.application
    browser = customer_site.log_in()
    tabs = [same_cookies(app, browser) for _ in BILLING_PARTS]
    identitys = customer_site.site.services.dispatchers["identity"].service.database
    _become(identitys, customer_site.company_id, Role.TECHNICAL)
    try:
        shown = {
            part: tab.get(customer_site.address(part), headers=HTMX).status_code
            for part, tab in zip(BILLING_PARTS, tabs, strict=True)
        }
    finally:
        _become(identitys, customer_site.company_id, Role.OWNER)

    assert shown == dict.fromkeys(BILLING_PARTS, 403)
