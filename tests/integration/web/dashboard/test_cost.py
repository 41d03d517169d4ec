"""What a dashboard costs: one call per service, one flight, a handful of queries."""

from concurrent.futures import Future
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine, event

from launcher.demo.provider import PLANS, catalog_rows
from shared.contract import Method, RequestT, ResponseT
from shared.contracts import billing, inventory
from shared.rpc.client import CallContext, ServiceClient
from tests.fixtures.installations import Installation, same_cookies, sign_in

MOST_QUERIES = {"identity": 6, "inventory": 1, "billing": 3}
"""Per dashboard, however many services and wallets there are: fewer are welcome."""


class OneFlight:
    """Holds every answer back until as many calls are under way as are expected.

    A page that waits for one answer before it starts the next call never gets it.
    """

    def __init__(self, client: ServiceClient, size: int) -> None:
        self._client = client
        self._size = size
        self._held: list[tuple[Future[Any], Future[Any]]] = []
        self.started: list[str] = []

    def start(
        self,
        method: Method[RequestT, ResponseT],
        request: RequestT,
        context: CallContext,
    ) -> Future[ResponseT]:
        self.started.append(str(method))
        held: Future[ResponseT] = Future()
        self._held.append((held, self._client.start(method, request, context)))
        if len(self._held) == self._size:
            for waiting, real in self._held:
                real.add_done_callback(partial(_pass_on, waiting))
        return held

    @property
    def figures(self) -> CollectorRegistry:
        return self._client.figures

    def close(self) -> None:
        self._client.close()


def _pass_on(held: Future[Any], real: Future[Any]) -> None:
    if error := real.exception():
        held.set_exception(error)
    else:
        held.set_result(real.result())


@pytest.fixture
def queries(site: Installation) -> dict[str, list[str]]:
    """The statements each service sends, by service."""
    seen: dict[str, list[str]] = {name: [] for name in site.services.dispatchers}
    for name, dispatcher in site.services.dispatchers.items():
        _watch(dispatcher.service.database.engine, seen[name])
    return seen


def _watch(engine: Engine, seen: list[str]) -> None:
    @event.listens_for(engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)


def test_the_dashboard_makes_one_call_per_service_in_one_parallel_flight(
    site: Installation,
) -> None:
    site.customer("ada@example.com", "Ada & Co")
    app = site.app()
    browser = sign_in(app, "ada@example.com")
    flight = OneFlight(site.client, size=3)
    crowded = site.app(flight)
    crowded.secret_key = app.secret_key
    same_browser = same_cookies(crowded, browser)

    answer = same_browser.get("/")

    assert answer.status_code == 200
    assert sorted(flight.started) == [
        "billing.dashboard",
        "identity.resume_session",
        "inventory.dashboard",
    ]


def test_the_dashboard_needs_a_handful_of_queries(
    site: Installation, queries: dict[str, list[str]]
) -> None:
    _settle_in(site, site.customer("ada@example.com", "Ada & Co"))
    browser = sign_in(site.app(), "ada@example.com")
    browser.get("/")
    for statements in queries.values():
        statements.clear()

    page = browser.get("/")

    assert page.text.count("Recommended Add Funds") >= 2
    sent = {service: len(statements) for service, statements in queries.items()}
    assert sent.keys() == MOST_QUERIES.keys()
    assert all(0 < sent[name] <= most for name, most in MOST_QUERIES.items()), sent


def test_with_an_expired_principal_there_is_still_one_call_per_service(
    site: Installation,
) -> None:
    site.customer("ada@example.com", "Ada & Co")
    browser = sign_in(site.app(), "ada@example.com")
    browser.delete_cookie("principal")
    site.client.calls.clear()

    assert browser.get("/").status_code == 200

    assert sorted(site.client.calls) == [
        "billing.dashboard",
        "identity.resume_session",
        "inventory.dashboard",
    ]


def _settle_in(site: Installation, company_id: UUID) -> None:
    """Give a company wallets in two currencies and a service of each family."""
    stage = inventory.importing.StageCatalog(import_id=company_id, rows=catalog_rows())
    site.operator.call(inventory.importing.STAGE_CATALOG, stage)
    catalog = inventory.importing.ApplyImport(import_id=company_id)
    site.operator.call(inventory.importing.APPLY_CATALOG, catalog)
    for currency in ("EUR", "GBP"):
        wallet = billing.wallets.OpenWallet(company_id=company_id, currency=currency)
        site.operator.call(billing.wallets.OPEN_WALLET, wallet)
    for plan, (_family, name, prices) in PLANS.items():
        service = inventory.lifecycle.CreateService(
            company_id=company_id,
            reference=plan,
            name=name,
            plan_code=plan,
            currency="EUR",
            period=inventory.services.Period(next(iter(prices))),
        )
        created = site.operator.call(inventory.lifecycle.CREATE_SERVICE, service)
        ready = inventory.lifecycle.ChangeState(service_id=created.id, why="ready")
        site.operator.call(inventory.lifecycle.ACTIVATE_SERVICE, ready)
    site.services.deliver_events()
