"""The pages of what people did: each act in words, with a link, as page and file."""

import csv
import io
import re
from collections.abc import Sequence
from html import unescape

import pytest
from flask.testing import FlaskClient

from shared.contracts import identity
from shared.contracts.identity.memberships import Role
from tests.fixtures.billing.subscriber import Subscriber
from tests.fixtures.installations import PASSWORD, Installation, begin_top_up, sign_in
from web.activity.csv_file import COLUMNS

EMAIL, VERA = "ada@example.com", "vera@example.com"


@pytest.fixture
def subscriber(site: Installation) -> Subscriber:
    """A company with a service, a member who reads, and a top-up that was begun."""
    subscriber = Subscriber(site, EMAIL)
    subscriber.order()
    vera = site.operator.call(
        identity.people.CREATE_USER,
        identity.people.CreateUser(email=VERA, name="Vera", password=PASSWORD),
    )
    site.operator.call(
        identity.memberships.ADD_MEMBER,
        identity.memberships.AddMember(
            company_id=subscriber.company_id, user_id=vera.id, role=Role.VIEWER
        ),
    )
    return subscriber


@pytest.fixture
def browser(subscriber: Subscriber) -> FlaskClient:
    return sign_in(subscriber.site.app(), EMAIL)


def test_each_act_is_a_sentence_that_leads_to_what_it_was_about(
    subscriber: Subscriber, browser: FlaskClient
) -> None:
    begin_top_up(browser)
    subscriber.site.services.deliver_events()

    page = _get(browser, f"/companies/{subscriber.company_id}/activity")

    assert "Started a top-up of 20.00" in _words(page)
    assert "Added a member with the role Viewer Vera" in _words(page)
    (table,) = re.findall(r"<tbody.*</tbody>", page, re.DOTALL)
    links = {unescape(link) for link in re.findall(r'href="([^"]+)"', table)}
    assert len(links) >= len({"the member", "the service", "the top-up"})
    for link in links:
        assert browser.get(link).status_code == 200, link


NARROWED = (
    ("?what=company", "Added a member", "Started a top-up"),
    ("?who=support", "Added a member", "Started a top-up"),
    ("?what=billing", "Started a top-up", "Added a member"),
    ("?from=2026-03-02", "Started a top-up", "No activity matches"),
    ("?to=2026-03-01", "No activity matches", "Started a top-up"),
)


def test_the_list_is_narrowed_by_who_what_and_when(
    subscriber: Subscriber, browser: FlaskClient
) -> None:
    begin_top_up(browser)
    subscriber.site.services.deliver_events()
    place = f"/companies/{subscriber.company_id}/activity"

    for address, present, absent in NARROWED:
        page = _words(_get(browser, place + address))
        assert present in page, address
        assert absent not in page, address

    assert browser.get(f"{place}?from=nonsense").status_code == 422
    assert browser.get(f"{place}?what=nonsense").status_code == 422


def test_ones_own_log_ins_say_from_where(
    subscriber: Subscriber, browser: FlaskClient
) -> None:
    subscriber.site.services.deliver_events()

    own = _words(_get(browser, "/account/activity"))
    of_company = _words(_get(browser, f"/companies/{subscriber.company_id}/activity"))

    assert "Logged in" in own
    assert "127.0.0.x" in own
    assert "Logged in" not in of_company


def test_the_file_has_what_the_filters_leave(
    subscriber: Subscriber, browser: FlaskClient
) -> None:
    begin_top_up(browser)
    subscriber.site.services.deliver_events()
    place = f"/companies/{subscriber.company_id}/activity.csv"

    header, *rows = _rows(browser, place)
    _, *narrowed = _rows(browser, f"{place}?what=billing&after=nonsense")
    _, *own = _rows(browser, "/account/activity.csv")

    assert tuple(header) == COLUMNS
    methods = [row[COLUMNS.index("Method")] for row in rows]
    assert {"identity.add_member", "billing.begin_top_up"} <= set(methods)
    assert {row[COLUMNS.index("Method")].split(".")[0] for row in narrowed} == {
        "billing"
    }
    assert "identity.log_in" in {row[COLUMNS.index("Method")] for row in own}


def test_only_who_may_read_it_is_shown_the_way_there(
    subscriber: Subscriber, browser: FlaskClient
) -> None:
    vera = sign_in(subscriber.site.app(), VERA)
    place = f"/companies/{subscriber.company_id}"

    assert f'href="{place}/activity"' in _get(browser, f"{place}/profile")
    assert f'href="{place}/activity"' not in _get(vera, f"{place}/profile")
    assert vera.get(f"{place}/activity").status_code == 403


def _get(browser: FlaskClient, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, answer.text
    return answer.text


def _words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).replace("\xa0", " ").split())


def _rows(browser: FlaskClient, address: str) -> Sequence[Sequence[str]]:
    text = browser.get(address).data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))
