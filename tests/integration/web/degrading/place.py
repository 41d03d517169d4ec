"""A customer who has everything there is to see, and services that can be away."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import unescape
from uuid import UUID

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from launcher.demo.provider import catalog_rows
from launcher.machine.processes import wait_until
from launcher.servers.databases import SERVICES
from shared.contracts import billing, inventory
from shared.contracts.billing import charging
from shared.contracts.billing.top_ups import GatewayName
from shared.money import Money, currency_of
from tests.fixtures.installations import (
    Installation,
    begin_top_up,
    same_cookies,
    sign_in,
)

SILENT = ("waiting", "stale", "unavailable")
PATIENCE_S = 20.0


@dataclass
class Place:
    """An installation, the ids its pages are about, and the customer's browser."""

    site: Installation
    company_id: UUID
    service_id: UUID
    entry_id: str
    document_id: str
    top_up_id: UUID
    card_top_up_id: UUID
    browser: FlaskClient

    def address(self, page: str) -> str:
        by_card = page.endswith("/card")
        ids = {
            "<company_id>": self.company_id,
            "<service_id>": self.service_id,
            "<entry_id>": self.entry_id,
            "<document_id>": self.document_id,
            "<top_up_id>": self.card_top_up_id if by_card else self.top_up_id,
        }
        for mark, value in ids.items():
            page = page.replace(mark, str(value))
        return page

    def open(self, page: str) -> TestResponse:
        return self.browser.get(self.address(page))

    def open_whole(self, page: str) -> TestResponse:
        """Open a page until its blocks all came in time, which takes a free machine."""
        opened: list[TestResponse] = []

        def is_whole() -> bool:
            opened.append(self.open(page))
            text = opened[-1].text
            return not any(f'data-state="{state}"' in text for state in SILENT)

        assert wait_until(is_whole, PATIENCE_S), f"{page} never had all of its blocks"
        return opened[-1]

    def mend(self) -> None:
        for kind in (self.site.client.down, self.site.client.broken):
            kind.clear()
        self.site.client.slow.clear()


Trouble = Callable[[Place, str], None]


def down(place: Place, service: str) -> None:
    place.site.client.down.add(service)


def broken(place: Place, service: str) -> None:
    place.site.client.broken.add(service)


def slow(place: Place, service: str) -> None:
    place.site.client.slow.add(service)


def settle(site: Installation) -> Place:
    """Make a customer with a service, a charge, a document and two top-ups."""
    company_id = site.customer("ada@example.com", "Ada & Co")
    service_id = _order(site, company_id)
    browser = sign_in(site.app(), "ada@example.com")
    by_bank = begin_top_up(browser)
    by_card = begin_top_up(browser, GatewayName.STRIPE)
    site.run_job("issue_documents")
    return Place(
        site=site,
        company_id=company_id,
        service_id=service_id,
        entry_id=_first_listed(browser, f"/companies/{company_id}/transactions"),
        document_id=_first_listed(browser, f"/companies/{company_id}/invoices"),
        top_up_id=by_bank,
        card_top_up_id=by_card,
        browser=browser,
    )


@contextmanager
def first_visit(place: Place) -> Iterator[Place]:
    """A browser that has seen nothing yet, and a web process that knows nothing."""
    app = place.site.app()
    app.secret_key = place.browser.application.secret_key
    browser = same_cookies(app, place.browser)
    try:
        yield replace(place, browser=browser)
    finally:
        place.mend()


Check = Callable[[Place, str, str, Trouble], Iterator[str]]
"""Visits a page while a service is in trouble; yields what is wrong, in words."""


def complaints(
    place: Place,
    page: str,
    check: Check,
    troubles: tuple[Trouble, ...] = (down, broken),
) -> list[str]:
    """Check a page with each service in each trouble, each time on a first visit."""
    found = []
    for service in SERVICES:
        for trouble in troubles:
            with first_visit(place) as visit:
                wrong = list(check(visit, page, service, trouble))
            found += [f"{page} with {service} {trouble.__name__}: {w}" for w in wrong]
    return found


def text_of(answer: TestResponse) -> str:
    """The page as a reader sees its words."""
    return unescape(answer.text)


def token_of(page: TestResponse) -> str:
    return text_of(page).split('name="csrf_token" value="')[1].split('"')[0]


def block_states(answer: TestResponse, blocks: tuple[str, ...]) -> dict[str, str]:
    """The state of those of the blocks that the page has."""
    states = {}
    for name in blocks:
        _before, found, after = text_of(answer).partition(f'id="block-{name}"')
        if found:
            states[name] = after.split('data-state="', 1)[1].split('"', 1)[0]
    return states


def _order(site: Installation, company_id: UUID) -> UUID:
    """Make a wallet with money and a service that is charged; returns its id."""
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
