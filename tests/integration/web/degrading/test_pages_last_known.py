"""Every page that was seen before its service went, and after it is back."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from launcher.servers.databases import SERVICES
from tests.fixtures.installations import sign_in
from tests.fixtures.web.customer_site import (
    CustomerSite,
    Trouble,
    block_states,
    complaints,
    down,
    text_of,
)
from tests.fixtures.web.pages import (
    ABOUT,
    ALL_PAGES,
    BLOCKS,
    CUT_OFF,
    SIGN_IN_AWAY,
)


@pytest.mark.full
@ALL_PAGES
def test_a_page_once_seen_is_shown_as_last_known_and_says_so(
    settled_customer_site: CustomerSite, page: str
) -> None:
    wrong = complaints(settled_customer_site, page, _as_last_known)

    assert not wrong, "\n".join(wrong)


def _as_last_known(
    customer_site: CustomerSite, page: str, service: str, trouble: Trouble
) -> Iterator[str]:
    before = customer_site.open_whole(page)
    trouble(customer_site, service)

    answer = customer_site.open(page)

    if answer.status_code != 200:
        yield f"status {answer.status_code}, should be 200"
    if _heading(answer) != _heading(before):
        yield f"heading {_heading(answer)!r}, was {_heading(before)!r}"
    told = "We can't load this page right now." in text_of(answer)
    if told is not (ABOUT[page] == service):
        says = "says" if told else "does not say"
        yield f"it {says} that it could not be read"
    for name, state in block_states(answer, BLOCKS[service]).items():
        if state != "stale":
            yield f"block {name} is {state}, should be stale"


@ALL_PAGES
def test_with_the_broker_away_a_page_says_once_that_nothing_can_be_reached(
    customer_site: CustomerSite, page: str
) -> None:
    customer_site.open(page)
    for service in SERVICES:
        down(customer_site, service)

    answer = customer_site.open(page)

    assert answer.status_code == 200
    assert text_of(answer).count(CUT_OFF) == 1
    assert SIGN_IN_AWAY not in text_of(answer)


@pytest.mark.full
@ALL_PAGES
def test_a_service_that_is_back_leaves_no_trace(
    customer_site: CustomerSite, page: str
) -> None:
    for service in SERVICES:
        down(customer_site, service)
    customer_site.open(page)
    customer_site.mend()

    answer = customer_site.open_whole(page)

    assert answer.status_code == 200
    assert "right now" not in text_of(answer)


def test_one_list_is_not_shown_in_place_of_another(customer_site: CustomerSite) -> None:
    customer_site.browser.get("/services?state=active")
    down(customer_site, "inventory")

    assert customer_site.browser.get("/services?state=active").status_code == 200
    other = customer_site.browser.get("/services?state=suspended&q=mail")
    assert other.status_code == 503
    assert 'value="mail"' in text_of(other)


def test_pages_last_known_are_not_shown_to_anybody_else(
    customer_site: CustomerSite,
) -> None:
    customer_site.open("/companies/<company_id>/profile")
    email = f"bob-{customer_site.company_id}@example.com"
    if email not in customer_site.site.user_ids:
        customer_site.site.customer(email, "Bob & Co")
    bob = sign_in(customer_site.browser.application, email)
    down(customer_site, "identity")

    answer = bob.get(customer_site.address("/companies/<company_id>/profile"))

    assert answer.status_code == 503
    assert "Ada" not in text_of(answer)


def test_the_time_of_last_known_data_is_shown(customer_site: CustomerSite) -> None:
    customer_site.open("/services")
    down(customer_site, "inventory")
    customer_site.site.clock.move(timedelta(minutes=2))

    answer = customer_site.open("/services")

    known_at = customer_site.site.clock.now() - timedelta(minutes=2)
    assert "We can't load this page right now." in text_of(answer)
    assert f'datetime="{known_at.isoformat()}"' in text_of(answer)


def _heading(answer: TestResponse) -> str:
    return text_of(answer).split("<h1", 1)[1].split("</h1>", 1)[0]
