"""Once somebody has logged out, the cookies of before read nothing any more."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.fixtures.installations import post, same_cookies
from tests.fixtures.web.customer_site import CustomerSite
from tests.fixtures.web.pages import ABOUT, BLOCKS, HTMX

FRAGMENTS = (
    "/funds/quote?net=20&currency=EUR",
    "/funds/top-ups/<top_up_id>/state",
    "/companies/<company_id>/profile/tax",
    "/companies/<company_id>/transactions.csv",
    "/companies/<company_id>/invoices.zip",
    "/companies/<company_id>/invoices/<document_id>.pdf",
)
"""What is fetched by itself."""


@pytest.fixture
def browser(customer_site: CustomerSite) -> FlaskClient:
    """A session of this test's own."""
    return customer_site.log_in()


def addresses() -> list[str]:
    blocks = [f"/blocks/{name}" for names in BLOCKS.values() for name in names]
    return [*ABOUT, *FRAGMENTS, *blocks]


def is_refused(answer: TestResponse) -> bool:
    if answer.status_code == 303:
        return answer.headers["Location"].startswith("/login")
    return answer.status_code == 401


def test_after_logout_the_earlier_cookies_read_nothing(
    customer_site: CustomerSite, browser: FlaskClient
) -> None:
    tabs = [same_cookies(browser.application, browser) for _ in addresses()]
    post(browser, "/logout")

    for tab, address in zip(tabs, addresses(), strict=True):
        assert is_refused(tab.get(customer_site.address(address), headers=HTMX)), (
            address
        )


def test_nor_do_they_when_identity_is_away(
    customer_site: CustomerSite, browser: FlaskClient
) -> None:
    tab = same_cookies(browser.application, browser)
    post(browser, "/logout")
    customer_site.site.client.down.add("identity")

    page = tab.get("/")

    assert page.status_code == 503
    assert "Ada &amp; Co" not in page.text


def test_another_process_is_notified(
    customer_site: CustomerSite, browser: FlaskClient
) -> None:
    other = customer_site.site.app()
    other.secret_key = browser.application.secret_key
    tab = same_cookies(other, browser)
    # It has listened for a while, and so need not ask identity.
    customer_site.site.clock.move(timedelta(minutes=1))
    assert tab.get("/").status_code == 200
    customer_site.site.client.calls.clear()
    assert tab.get("/blocks/balance", headers=HTMX).status_code == 200
    assert customer_site.site.client.calls == ["billing.dashboard"]
    post(browser, "/logout")

    customer_site.site.services.deliver_events()

    assert is_refused(tab.get("/blocks/balance", headers=HTMX))
