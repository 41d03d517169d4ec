"""Where a gateway sends the customer back to: an address that the settings know."""

from concurrent.futures import Future
from dataclasses import replace

from flask import Flask

from services.billing.service import BillingService
from shared.contract import Method, RequestT, ResponseT
from shared.contracts import billing
from shared.rpc.client import CallContext
from shared.settings import read_settings
from tests.fixtures.installations import Installation, begin_top_up, sign_in
from web.page.context import EXTENSION
from web.settings import read_web_settings

EMAIL = "ada@example.com"


class _Recorder:
    """Stands before a client and keeps what payments were started with."""

    def __init__(self, site: Installation) -> None:
        self._client = site.client
        self.figures = site.client.figures
        self.started: list[billing.top_ups.StartPayment] = []

    def start(
        self,
        method: Method[RequestT, ResponseT],
        request: RequestT,
        context: CallContext,
    ) -> Future[ResponseT]:
        if isinstance(request, billing.top_ups.StartPayment):
            self.started.append(request)
        return self._client.start(method, request, context)

    def close(self) -> None:
        self._client.close()


def _way_back(site: Installation, app: Flask, recorder: _Recorder) -> str:
    company = site.customer(EMAIL, "Ada & Co")
    wallet = billing.wallets.OpenWallet(company_id=company, currency="EUR")
    site.operator.call(billing.wallets.OPEN_WALLET, wallet)
    top_up_id = begin_top_up(sign_in(app, EMAIL))
    (started,) = recorder.started
    path = f"/funds/top-ups/{top_up_id}?company={company}"
    assert started.return_url.endswith(path)
    return started.return_url.removesuffix(path)


def test_it_is_the_public_address_whatever_host_the_request_names(
    site: Installation,
) -> None:
    recorder = _Recorder(site)
    app = site.app(recorder)
    public_url = "https://my.example.com"
    settings = read_web_settings(read_settings({"PUBLIC_URL": public_url}))
    service = site.services.dispatchers["billing"].service
    assert isinstance(service, BillingService)
    service._checkouts = replace(service._checkouts, public_url=public_url)
    app.extensions[EXTENSION] = replace(app.extensions[EXTENSION], settings=settings)
    assert _way_back(site, app, recorder) == "https://my.example.com"


def test_at_a_loopback_address_it_is_the_one_that_is_in_use(
    site: Installation,
) -> None:
    """A container or a tunnel may show it at another port than its own."""
    recorder = _Recorder(site)
    app = site.app(recorder)
    assert _way_back(site, app, recorder) == "http://localhost"
