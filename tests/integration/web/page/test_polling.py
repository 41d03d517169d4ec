"""Blocks that poll: what is unchanged costs no call, what changed shows at once."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared.contracts import billing, identity
from shared.money import Money, currency_of
from tests.fixtures.installations import Installation, post, same_cookies, sign_in
from web.page.context import EXTENSION, Context
from web.page.freshness.changes import SETTLING
from web.page.freshness.polling import MAX_AGE

BLOCKS = ("balance", "menu", "recommended", "services", "costs", "security", "bell")
A_WHILE = SETTLING + timedelta(seconds=1)


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_that_did_not_change_is_answered_without_a_call(
    site: Installation, name: str
) -> None:
    browser = _customer(site, "ada@example.com")
    tag = _poll(browser, name).headers["HX-PTag"]
    site.clock.move(timedelta(seconds=10))
    site.client.calls.clear()

    answer = _poll(browser, name, tag)

    assert answer.status_code == 304
    assert answer.headers["HX-PTag"] == tag
    assert site.client.calls == []


@pytest.mark.parametrize("name", BLOCKS)
def test_what_came_with_the_page_needs_no_call_either(
    site: Installation, name: str
) -> None:
    browser = _customer(site, "ada@example.com")
    page = browser.get("/").text
    tag = page.split(f'id="block-{name}"')[1].split('hx-ptag="')[1].split('"')[0]
    site.client.calls.clear()

    assert _poll(browser, name, tag).status_code == 304
    assert site.client.calls == []


def test_a_change_of_the_wallet_shows_at_the_next_poll(site: Installation) -> None:
    company = _company(site, "ada@example.com")
    browser = _signed_in(site, "ada@example.com")
    tag = _poll(browser, "balance").headers["HX-PTag"]

    _credit(site, company, "7")

    changed = _poll(browser, "balance", tag)
    assert changed.status_code == 200
    assert "7<" in changed.text


def test_an_event_of_one_company_leaves_the_others_tags_as_they_are(
    site: Installation,
) -> None:
    _company(site, "ada@example.com")
    other = _company(site, "bob@example.com", "Bob & Co")
    ada = _signed_in(site, "ada@example.com")
    tag = _poll(ada, "balance").headers["HX-PTag"]
    app = ada.application
    bob = sign_in(app, "bob@example.com")
    bobs_tag = _poll(bob, "balance").headers["HX-PTag"]

    _credit(site, other, "1")
    site.client.calls.clear()

    assert _poll(ada, "balance", tag).status_code == 304
    assert site.client.calls == []
    assert _poll(bob, "balance", bobs_tag).status_code == 200


def test_a_block_depends_on_its_own_sources_alone(site: Installation) -> None:
    company = _company(site, "ada@example.com")
    browser = _signed_in(site, "ada@example.com")
    tags = {name: _poll(browser, name).headers["HX-PTag"] for name in BLOCKS}

    _credit(site, company, "1")
    site.client.calls.clear()

    assert _poll(browser, "menu", tags["menu"]).status_code == 304
    assert _poll(browser, "services", tags["services"]).status_code == 304
    assert site.client.calls == []
    assert _poll(browser, "recommended", tags["recommended"]).status_code == 200


def test_right_after_an_event_nothing_counts_as_settled(site: Installation) -> None:
    """Billing may still be taking in what inventory has told."""
    company = _company(site, "ada@example.com")
    browser = _signed_in(site, "ada@example.com")
    _credit(site, company, "1")
    tag = _poll(browser, "balance").headers["HX-PTag"]
    site.client.calls.clear()

    unsettled = _poll(browser, "balance", tag)

    assert unsettled.status_code == 304  # the words are the same
    assert site.client.calls == ["billing.dashboard"]
    site.clock.move(A_WHILE)
    settled = _poll(browser, "balance", tag).headers["HX-PTag"]
    site.client.calls.clear()
    assert _poll(browser, "balance", settled).status_code == 304
    assert site.client.calls == []


def test_while_the_link_to_the_broker_is_lost_every_poll_asks(
    site: Installation,
) -> None:
    browser = _customer(site, "ada@example.com")
    tag = _poll(browser, "balance").headers["HX-PTag"]
    changes = _context(browser).changes

    for turn in (changes.disconnected, changes.connected):
        turn()
        site.client.calls.clear()
        assert _poll(browser, "balance", tag).status_code == 304
        # Nor would it have been heard that the session has ended.
        assert sorted(site.client.calls) == [
            "billing.dashboard",
            "identity.resume_session",
        ]

    site.clock.move(A_WHILE)
    tag = _poll(browser, "balance").headers["HX-PTag"]
    site.client.calls.clear()
    assert _poll(browser, "balance", tag).status_code == 304
    assert site.client.calls == []


def test_a_tag_does_not_last_for_ever_as_time_itself_changes_figures(
    site: Installation,
) -> None:
    browser = _customer(site, "ada@example.com")
    tag = _poll(browser, "costs").headers["HX-PTag"]
    site.clock.move(MAX_AGE)
    site.client.calls.clear()

    _poll(browser, "costs", tag)

    assert site.client.calls == ["billing.dashboard"]


def test_while_billing_catches_up_the_costs_say_so_and_are_asked_for_again(
    site: Installation,
) -> None:
    browser = _customer(site, "ada@example.com")
    intake = site.services.dispatchers["billing"].service.intake
    with intake.taking_in(site.clock.now() - timedelta(minutes=1)):
        behind = _poll(browser, "costs")
        assert "Still catching up" in behind.text
    site.clock.move(timedelta(seconds=10))

    caught_up = _poll(browser, "costs", behind.headers["HX-PTag"])

    assert caught_up.status_code == 200
    assert "Still catching up" not in caught_up.text


def test_another_reader_gets_no_304(site: Installation) -> None:
    company = _company(site, "ada@example.com")
    site.customer("tess@example.com", "Tess & Co")
    membership = identity.memberships.AddMember(
        company_id=company,
        user_id=site.user_ids["tess@example.com"],
        role=identity.memberships.Role.TECHNICAL,
    )
    site.operator.call(identity.memberships.ADD_MEMBER, membership)
    ada = _signed_in(site, "ada@example.com")
    tag = _poll(ada, "balance").headers["HX-PTag"]
    tess = sign_in(ada.application, "tess@example.com")
    assert post(tess, "/companies/switch", company=str(company)).status_code == 303

    answer = _poll(tess, "balance", tag)

    assert answer.headers["HX-Refresh"] == "true"
    assert "EUR" not in answer.text
    assert "not included in your role" in _poll(tess, "balance").text


def test_a_poll_does_not_outlive_its_session(site: Installation) -> None:
    browser = _customer(site, "ada@example.com")
    tab = same_cookies(browser.application, browser)
    tag = _poll(tab, "balance").headers["HX-PTag"]
    post(browser, "/logout")

    answer = _poll(tab, "balance", tag)

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/login")


def test_last_known_data_has_no_lasting_tag(site: Installation) -> None:
    browser = _customer(site, "ada@example.com")
    _poll(browser, "balance")
    site.client.down.add("billing")
    stale = _poll(browser, "balance")
    assert 'data-state="stale"' in stale.text
    site.client.down.clear()

    fresh = _poll(browser, "balance", stale.headers["HX-PTag"])

    assert fresh.status_code == 200
    assert 'data-state="fresh"' in fresh.text


@pytest.mark.parametrize(
    "tag", ["x", "", ".", "..", "9" * 400 + "..", "-1.a.b", "²..", "1.2.3.4", "é" * 99]
)
def test_a_made_up_tag_is_as_good_as_none(site: Installation, tag: str) -> None:
    browser = _customer(site, "ada@example.com")

    assert _poll(browser, "balance", tag).status_code == 200


def _customer(site: Installation, email: str) -> FlaskClient:
    _company(site, email)
    return _signed_in(site, email)


def _company(site: Installation, email: str, name: str = "Ada & Co") -> UUID:
    company_id = site.customer(email, name)
    wallet = billing.wallets.OpenWallet(company_id=company_id, currency="EUR")
    site.operator.call(billing.wallets.OPEN_WALLET, wallet)
    site.services.deliver_events()
    return company_id


def _signed_in(site: Installation, email: str) -> FlaskClient:
    browser = sign_in(site.app(), email)
    site.clock.move(A_WHILE)
    return browser


def _credit(site: Installation, company_id: UUID, amount: str) -> None:
    adjustment = billing.wallets.AdjustWallet(
        company_id=company_id,
        amount=Money(Decimal(amount), currency_of("EUR")),
        kind=billing.wallets.AdjustmentKind.GOODWILL,
        reason="thanks",
    )
    site.operator.call(billing.wallets.ADJUST_WALLET, adjustment)
    site.services.deliver_events()


def _poll(browser: FlaskClient, name: str, tag: str | None = None) -> TestResponse:
    headers = {"HX-Request": "true"}
    if tag is not None:
        headers["HX-PTag"] = tag
    return browser.get(f"/blocks/{name}", headers=headers)


def _context(browser: FlaskClient) -> Context:
    context: Context = browser.application.extensions[EXTENSION]
    return context
