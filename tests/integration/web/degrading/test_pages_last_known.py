"""Every page that was seen before its service went, and after it is back."""

from collections.abc import Iterator
from datetime import timedelta

from werkzeug.test import TestResponse

from launcher.servers.databases import SERVICES
from tests.fixtures.installations import sign_in
from tests.fixtures.web.pages import (
    ABOUT,
    ALL_PAGES,
    BLOCKS,
    CUT_OFF,
    SIGN_IN_AWAY,
)
from tests.fixtures.web.place import (
    Place,
    Trouble,
    block_states,
    complaints,
    down,
    text_of,
)


@ALL_PAGES
def test_a_page_once_seen_is_shown_as_last_known_and_says_so(
    settled_place: Place, page: str
) -> None:
    wrong = complaints(settled_place, page, _as_last_known)

    assert not wrong, "\n".join(wrong)


def _as_last_known(
    place: Place, page: str, service: str, trouble: Trouble
) -> Iterator[str]:
    before = place.open_whole(page)
    trouble(place, service)

    answer = place.open(page)

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
    place: Place, page: str
) -> None:
    place.open(page)
    for service in SERVICES:
        down(place, service)

    answer = place.open(page)

    assert answer.status_code == 200
    assert text_of(answer).count(CUT_OFF) == 1
    assert SIGN_IN_AWAY not in text_of(answer)


@ALL_PAGES
def test_a_service_that_is_back_leaves_no_trace(place: Place, page: str) -> None:
    for service in SERVICES:
        down(place, service)
    place.open(page)
    place.mend()

    answer = place.open_whole(page)

    assert answer.status_code == 200
    assert "right now" not in text_of(answer)


def test_one_list_is_not_shown_in_place_of_another(place: Place) -> None:
    place.browser.get("/services?state=active")
    down(place, "inventory")

    assert place.browser.get("/services?state=active").status_code == 200
    other = place.browser.get("/services?state=suspended&q=mail")
    assert other.status_code == 503
    assert 'value="mail"' in text_of(other)


def test_pages_last_known_are_not_shown_to_anybody_else(place: Place) -> None:
    place.open("/companies/<company_id>/profile")
    email = f"bob-{place.company_id}@example.com"
    if email not in place.site.user_ids:
        place.site.customer(email, "Bob & Co")
    bob = sign_in(place.browser.application, email)
    down(place, "identity")

    answer = bob.get(place.address("/companies/<company_id>/profile"))

    assert answer.status_code == 503
    assert "Ada" not in text_of(answer)


def test_the_time_of_last_known_data_is_shown(place: Place) -> None:
    place.open("/services")
    down(place, "inventory")
    place.site.clock.move(timedelta(minutes=2))

    answer = place.open("/services")

    known_at = place.site.clock.now() - timedelta(minutes=2)
    assert "We can't load this page right now." in text_of(answer)
    assert f'datetime="{known_at.isoformat()}"' in text_of(answer)


def _heading(answer: TestResponse) -> str:
    return text_of(answer).split("<h1", 1)[1].split("</h1>", 1)[0]
