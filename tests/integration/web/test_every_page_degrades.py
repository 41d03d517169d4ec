"""Every page with every service away, slow or faulty: docs/qa/degrading.md, as tests.

A page that is missing from the table fails `test_no_page_is_left_out`.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from launcher.databases import SERVICES
from launcher.demo.provider import catalog_rows
from launcher.postgres import PostgresServer
from launcher.processes import wait_until
from shared.contracts import billing, identity, inventory
from shared.contracts.billing import charging
from shared.contracts.billing.top_ups import GatewayName
from shared.money import Money, currency_of
from tests.fixtures.databases import fresh_database
from tests.fixtures.installations import (
    BILLING,
    Installation,
    begin_top_up,
    installation,
    same_cookies,
    sign_in,
)
from tests.fixtures.stripe import local_stripe
from tests.integration.web.test_safety import OPEN_TO_ALL
from web.companies.document_views import FILE_ADDRESS

# Whose content a page is about: it has nothing to show without that service. The
# others' parts are blocks, and the page stands.
ABOUT = {
    "/": None,
    "/services": "inventory",
    "/services/<service_id>": "inventory",
    "/account": "identity",
    "/account/password": "identity",
    "/account/two-factor": "identity",
    "/account/verification": "identity",
    "/companies/<company_id>/profile": "identity",
    "/companies/<company_id>/profile/edit": "identity",
    "/companies/<company_id>/members": "identity",
    "/companies/<company_id>/invoices": "billing",
    "/companies/<company_id>/invoices/<document_id>": "billing",
    "/companies/<company_id>/transactions": "billing",
    "/companies/<company_id>/transactions/<entry_id>": "billing",
    "/companies/<company_id>/wallets": "billing",
    "/funds/add": None,
    "/funds/top-ups/<top_up_id>": "billing",
    "/funds/top-ups/<top_up_id>/card": "billing",
}
BLOCKS = {
    "billing": ("balance", "costs"),
    "inventory": ("menu", "services"),
    "identity": (),
}
_SILENT = ("waiting", "stale", "unavailable")
PATIENCE_S = 20.0
NO_PAGES = {
    "/blocks/<name>",
    "/funds/quote",
    "/funds/top-ups/<top_up_id>/state",
    "/companies/<company_id>/profile/tax",
    "/companies/<company_id>/tax-id",
    "/companies/<company_id>/transactions.csv",
    "/companies/<company_id>/invoices.zip",
    f"/companies/<company_id>{FILE_ADDRESS}",
}
"""Files are in tests/unit/web/test_downloads.py."""

FRAME = (">Dashboard</bdi>", 'id="block-balance"', 'id="block-menu"', "Add Funds")
SIGN_IN_AWAY = "The sign-in service can't be reached right now."
CUT_OFF = "Nothing can be reached right now."


@dataclass
class Place:
    """An installation with a customer who has everything there is to see."""

    site: Installation
    company_id: UUID
    service_id: UUID
    entry_id: str
    document_id: str
    top_up_id: UUID
    card_top_up_id: UUID
    browser: FlaskClient

    def address(self, page: str) -> str:
        company, service = str(self.company_id), str(self.service_id)
        address = page.replace("<company_id>", company)
        by_card = page.endswith("/card")
        top_up = self.card_top_up_id if by_card else self.top_up_id
        address = address.replace("<top_up_id>", str(top_up))
        address = address.replace("<entry_id>", self.entry_id)
        address = address.replace("<document_id>", self.document_id)
        return address.replace("<service_id>", service)

    def open(self, page: str) -> TestResponse:
        return self.browser.get(self.address(page))

    def open_whole(self, page: str) -> TestResponse:
        """Open a page until its blocks all came in time, which takes a free machine."""
        opened: list[TestResponse] = []

        def is_whole() -> bool:
            opened.append(self.open(page))
            text = opened[-1].text
            return not any(f'data-state="{state}"' in text for state in _SILENT)

        assert wait_until(is_whole, PATIENCE_S)
        return opened[-1]

    def mend(self) -> None:
        for kind in (self.site.client.down, self.site.client.broken):
            kind.clear()
        self.site.client.slow.clear()


@pytest.fixture(scope="module")
def shared_place(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    with ExitStack() as stack:
        urls = {
            name: stack.enter_context(fresh_database(postgres_server, name))
            for name in SERVICES
        }
        folder: Path = tmp_path_factory.mktemp("site")
        stripe = stack.enter_context(local_stripe()).gateway()
        ways = {**BILLING.gateways, GatewayName.STRIPE: stripe}
        settings = replace(BILLING, gateways=ways)
        site = stack.enter_context(installation(urls, folder, billing=settings))
        company_id = site.customer("ada@example.com", "Ada & Co")
        service_id = _settle_in(site, company_id)
        browser = sign_in(site.app(), "ada@example.com")
        by_bank = begin_top_up(browser)
        by_card = begin_top_up(browser, GatewayName.STRIPE)
        site.run_job("issue_documents")
        yield Place(
            site=site,
            company_id=company_id,
            service_id=service_id,
            entry_id=_first_listed(browser, f"/companies/{company_id}/transactions"),
            document_id=_first_listed(browser, f"/companies/{company_id}/invoices"),
            top_up_id=by_bank,
            card_top_up_id=by_card,
            browser=browser,
        )


@pytest.fixture
def place(shared_place: Place) -> Iterator[Place]:
    """A browser that has seen nothing yet, and a web process that knows nothing."""
    app = shared_place.site.app()
    app.secret_key = shared_place.browser.application.secret_key
    browser = same_cookies(app, shared_place.browser)
    place = replace(shared_place, browser=browser)
    yield place
    place.mend()


Trouble = Callable[[Place, str], None]


def _down(place: Place, service: str) -> None:
    place.site.client.down.add(service)


def _broken(place: Place, service: str) -> None:
    place.site.client.broken.add(service)


TROUBLES = pytest.mark.parametrize("trouble", [_down, _broken])
ALL_PAGES = pytest.mark.parametrize("page", ABOUT)
ALL_SERVICES = pytest.mark.parametrize("service", SERVICES)


def test_no_page_is_left_out(place: Place) -> None:
    rules = place.browser.application.url_map.iter_rules()
    pages = {rule.rule for rule in rules if "GET" in (rule.methods or ())}

    assert pages - OPEN_TO_ALL - NO_PAGES == set(ABOUT)


@ALL_PAGES
def test_with_everything_up_no_page_says_that_anything_is_missing(
    place: Place, page: str
) -> None:
    answer = place.open_whole(page)

    assert answer.status_code == 200
    assert "right now" not in _text(answer)
    assert "as of" not in _text(answer).lower()


@TROUBLES
@ALL_SERVICES
@ALL_PAGES
def test_a_page_keeps_its_frame_and_says_what_is_missing(
    place: Place, page: str, service: str, trouble: Trouble
) -> None:
    trouble(place, service)

    answer = place.open(page)

    assert all(part in _text(answer) for part in FRAME)
    assert _text(answer).count("<h1") == 1
    # What concerns the whole page, and nothing else, is said for the whole page.
    assert (SIGN_IN_AWAY in _text(answer)) is (service == "identity")
    assert CUT_OFF not in _text(answer)
    if ABOUT[page] == service:
        assert answer.status_code == (503 if trouble is _down else 500)
        assert "can't be read right now" in _text(answer)
        assert ">Try again</a>" in _text(answer)
        assert answer.headers["X-Request-ID"] in _text(answer)
    else:
        assert answer.status_code == 200
        assert "can't be read right now</h1>" not in _text(answer)
    for name in BLOCKS[service]:
        if f'id="block-{name}"' in _text(answer):
            assert _state(answer, name) == "waiting"


@TROUBLES
@ALL_SERVICES
@ALL_PAGES
def test_a_page_once_seen_is_shown_as_last_known_and_says_so(
    place: Place, page: str, service: str, trouble: Trouble
) -> None:
    before = place.open_whole(page)
    trouble(place, service)

    answer = place.open(page)

    assert answer.status_code == 200
    assert _heading(answer) == _heading(before)
    told = "This page could not be read just now." in _text(answer)
    assert told is (ABOUT[page] == service)
    for name in BLOCKS[service]:
        if f'id="block-{name}"' in _text(answer):
            assert _state(answer, name) == "stale"


@ALL_PAGES
def test_with_the_broker_away_a_page_says_once_that_nothing_can_be_reached(
    place: Place, page: str
) -> None:
    place.open(page)
    for service in SERVICES:
        _down(place, service)

    answer = place.open(page)

    assert answer.status_code == 200
    assert _text(answer).count(CUT_OFF) == 1
    assert SIGN_IN_AWAY not in _text(answer)


@ALL_PAGES
def test_a_service_that_is_back_leaves_no_trace(place: Place, page: str) -> None:
    for service in SERVICES:
        _down(place, service)
    place.open(page)
    place.mend()

    answer = place.open_whole(page)

    assert answer.status_code == 200
    assert "right now" not in _text(answer)


@ALL_SERVICES
@pytest.mark.parametrize("page", ["/", "/services", "/account"])
def test_a_slow_service_is_waited_for_no_longer_than_its_deadline(
    place: Place, page: str, service: str
) -> None:
    place.site.client.slow.add(service)

    answer = place.open(page)

    is_missing = ABOUT[page] == service
    assert answer.status_code == (503 if is_missing else 200)
    assert all(part in _text(answer) for part in FRAME)


def test_one_list_is_not_shown_in_place_of_another(place: Place) -> None:
    place.browser.get("/services?state=active")
    _down(place, "inventory")

    assert place.browser.get("/services?state=active").status_code == 200
    other = place.browser.get("/services?state=suspended&q=mail")
    assert other.status_code == 503
    assert 'value="mail"' in _text(other)


def test_pages_last_known_are_not_shown_to_anybody_else(place: Place) -> None:
    place.open("/companies/<company_id>/profile")
    email = f"bob-{place.company_id}@example.com"
    if email not in place.site.user_ids:
        place.site.customer(email, "Bob & Co")
    bob = sign_in(place.browser.application, email)
    _down(place, "identity")

    answer = bob.get(place.address("/companies/<company_id>/profile"))

    assert answer.status_code == 503
    assert "Ada" not in _text(answer)


def test_what_is_not_there_is_said_within_the_frame(place: Place) -> None:
    answer = place.browser.get(f"/services/{place.company_id}")

    assert answer.status_code == 404
    assert all(part in _text(answer) for part in FRAME)


def test_an_expired_principal_without_identity_says_what_to_do(place: Place) -> None:
    place.browser.delete_cookie("principal")
    _down(place, "identity")

    answer = place.open("/")

    assert answer.status_code == 503
    assert "check right now who you are" in _text(answer)
    assert ">Try again</a>" in _text(answer)
    assert 'id="block-balance"' not in _text(answer)


def test_without_identity_logging_in_says_so_before_anything_is_entered(
    place: Place,
) -> None:
    stranger = place.browser.application.test_client()
    _down(place, "identity")

    answer = stranger.get("/login")

    assert answer.status_code == 503
    assert "Nobody can log in right now." in _text(answer)
    assert "<fieldset disabled>" in _text(answer)
    place.mend()
    assert "<fieldset disabled>" not in _text(stranger.get("/login"))


@pytest.mark.parametrize(("trouble", "status"), [(_down, 503), (_broken, 500)])
def test_a_login_that_fails_keeps_the_email_that_was_typed(
    place: Place, trouble: Trouble, status: int
) -> None:
    stranger = place.browser.application.test_client()
    token = _text(stranger.get("/login")).split('name="csrf_token" value="')[1]
    trouble(place, "identity")

    answer = stranger.post(
        "/login",
        data={
            "email": "ada@example.com",
            "password": "a-long-Password-1",
            "csrf_token": token.split('"')[0],
        },
    )

    assert answer.status_code == status
    assert 'value="ada@example.com"' in _text(answer)
    assert "a-long-Password-1" not in _text(answer)


def test_without_identity_switching_is_disabled_and_refused_all_the_same(
    place: Place,
) -> None:
    second = _second_company(place)
    place.browser.get("/")
    token = _token(place.browser.get("/account"))
    _down(place, "identity")

    page = place.browser.get("/")
    refused = place.browser.post(
        "/companies/switch", data={"csrf_token": token, "company": str(second)}
    )

    start = _text(page).index(f'value="{second}"')
    assert "disabled" in _text(page)[start : _text(page).index(">", start)]
    assert 'id="no-switch"' in _text(page)
    assert refused.status_code == 503
    assert "you may still act for the same company" in _text(refused)


def test_without_identity_logging_out_still_forgets_the_device(place: Place) -> None:
    token = _token(place.browser.get("/account"))
    _down(place, "identity")

    answer = place.browser.post("/logout", data={"csrf_token": token})

    assert answer.status_code == 303
    assert place.browser.get("/").status_code == 303


def test_add_funds_says_what_it_could_not_read(place: Place) -> None:
    _down(place, "billing")

    answer = place.open("/funds/add")

    assert answer.status_code == 200
    assert "The last movements can't be read right now" in _text(answer)


def test_the_time_of_what_was_last_known_is_told(place: Place) -> None:
    place.open("/services")
    _down(place, "inventory")
    place.site.clock.move(timedelta(minutes=2))

    answer = place.open("/services")

    known_at = place.site.clock.now() - timedelta(minutes=2)
    assert "This page could not be read just now." in _text(answer)
    assert f'datetime="{known_at.isoformat()}"' in _text(answer)


def _settle_in(site: Installation, company_id: UUID) -> UUID:
    stage = inventory.StageCatalog(import_id=company_id, rows=catalog_rows())
    site.operator.call(inventory.STAGE_CATALOG, stage)
    catalog = inventory.ApplyImport(import_id=company_id)
    site.operator.call(inventory.APPLY_CATALOG, catalog)
    wallet = billing.OpenWallet(company_id=company_id, currency="EUR")
    site.operator.call(billing.OPEN_WALLET, wallet)
    created = site.operator.call(
        inventory.CREATE_SERVICE,
        inventory.CreateService(
            company_id=company_id,
            reference="vps-1",
            name="web-01",
            plan_code="lxc-s",
            currency="EUR",
            period=inventory.Period.MONTH,
        ),
    )
    start = inventory.ChangeState(service_id=created.id)
    site.operator.call(inventory.ACTIVATE_SERVICE, start)
    site.operator.call(
        billing.ADJUST_WALLET,
        billing.AdjustWallet(
            company_id=company_id,
            amount=Money("100", currency_of("EUR")),
            kind=billing.AdjustmentKind.GOODWILL,
            reason="Welcome",
        ),
    )
    site.services.deliver_events()
    site.operator.call(charging.CHARGE_DUE, charging.ChargeDue())
    site.services.deliver_events()
    return created.id


def _first_listed(browser: FlaskClient, address: str) -> str:
    """The id of the first row that leads to a page of its own."""
    page = browser.get(address).text
    return page.split(f'href="{address}/', 1)[1].split('"', 1)[0]


def _second_company(place: Place) -> UUID:
    """Make the customer of the place a member of another company, once."""
    site = place.site
    created = site.operator.call(
        identity.CREATE_COMPANY,
        identity.CreateCompany(
            name="Second",
            address=identity.Address(country="DE"),
            owner_id=site.user_ids["ada@example.com"],
        ),
    )
    site.services.deliver_events()
    return created.id


def _text(answer: TestResponse) -> str:
    """The page as a reader sees its words."""
    return unescape(answer.text)


def _token(page: TestResponse) -> str:
    return _text(page).split('name="csrf_token" value="')[1].split('"')[0]


def _state(answer: TestResponse, block: str) -> str:
    start = _text(answer).index(f'id="block-{block}"')
    return _text(answer)[start:].split('data-state="', 1)[1].split('"', 1)[0]


def _heading(answer: TestResponse) -> str:
    return _text(answer).split("<h1", 1)[1].split("</h1>", 1)[0]
