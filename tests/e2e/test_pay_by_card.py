"""Paying by card in the browser: Stripe's fields on our page, its notices to us."""

import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from uuid import uuid4

import pytest
import requests
import waitress.server
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    StorageState,
    expect,
)

from launcher.machine.ports import LOOPBACK
from launcher.servers.databases import SERVICES
from launcher.servers.postgres import PostgresServer
from shared.contracts import billing
from shared.contracts.billing.payments import GatewayName
from tests.e2e.conftest import WAIT_MS, log_in
from tests.fixtures.databases import fresh_database
from tests.fixtures.installations import (
    BILLING,
    PASSWORD,
    Installation,
    begin_top_up,
    installation,
    sign_in,
)
from tests.fixtures.stripe import (
    DECLINED_CARD,
    GOOD_CARD,
    SECURE_CARD,
    WEBHOOK_SECRET,
    local_stripe,
)
from tests.fixtures.stripe_browser import stripe_for_browsers


@dataclass(frozen=True)
class Shop:
    """A client area that takes cards, and how to become a customer of it."""

    site: Installation
    url: str
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    shared: list[StorageState] = field(default_factory=list)

    def new_customer(self, *, is_verified: bool = True) -> str:
        """Somebody with an empty wallet; returns their email."""
        email = f"{uuid4().hex}@example.com"
        company_id = self.site.customer(email, "Ada & Co")
        wallet = billing.wallets.OpenWallet(company_id=company_id, currency="EUR")
        self.site.operator.call(billing.wallets.OPEN_WALLET, wallet)
        if is_verified:
            self.site.verify(email)
        self.site.services.deliver_events()
        return email

    def open(self, email: str = "", **options: object) -> Page:
        """A browser in which somebody has signed in: one for all, or this one."""
        if not email:
            options["storage_state"] = self.cookies()
        context = self.browser.new_context(base_url=self.url, **options)  # type: ignore[arg-type]
        self.contexts.append(context)
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        if email:
            log_in(page, email, PASSWORD)
            page.get_by_role("heading", name="Dashboard").wait_for()
        return page

    def cookies(self) -> StorageState:
        """Those of a customer whom the tests share, as signing in takes a while."""
        if not self.shared:
            email = self.new_customer()
            self.shared.append(self.open(email).context.storage_state())
        return self.shared[0]


@pytest.fixture(scope="module")
def shop(
    postgres_server: PostgresServer,
    browser: Browser,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Shop]:
    with ExitStack() as stack:
        urls = {
            name: stack.enter_context(fresh_database(postgres_server, name))
            for name in SERVICES
        }
        stripe = stack.enter_context(local_stripe())
        script = stack.enter_context(stripe_for_browsers(stripe))
        ways = {GatewayName.STRIPE: stripe.gateway(), **BILLING.gateways}
        site = stack.enter_context(
            installation(
                urls,
                tmp_path_factory.mktemp("shop"),
                billing=replace(BILLING, gateways=ways),
                environment={"STRIPE_JS_URL": script},
            )
        )
        server = waitress.server.create_server(site.app(), host=LOOPBACK, port=0)
        threading.Thread(target=server.run, daemon=True).start()
        stack.callback(server.close)
        port = server.effective_port
        hook = {
            "url": f"http://{LOOPBACK}:{port}/webhooks/stripe",
            "secret": WEBHOOK_SECRET,
        }
        requests.post(f"{stripe.url}/_config/webhooks/ours", json=hook, timeout=10)
        yield Shop(site, f"http://localhost:{port}", browser)


@pytest.fixture(autouse=True)
def close_browsers(shop: Shop) -> Iterator[None]:
    yield
    while shop.contexts:
        shop.contexts.pop().close()


@pytest.mark.full
def test_a_card_is_paid_with_saved_used_again_and_removed(shop: Shop) -> None:
    page = shop.open(shop.new_customer())
    complaints: list[str] = []
    page.on("console", lambda message: _note(message, complaints))

    _top_up(page)
    _type_card(page, GOOD_CARD)
    page.get_by_label("Save this card").check()
    _pay(page)
    expect(page.locator("#top-up-state")).to_have_attribute("data-state", "succeeded")
    expect(page.locator("#top-up-payments")).to_contain_text("Visa ending in 4242")
    expect(page.locator("#block-balance .money").first).to_contain_text("50.00")

    _top_up(page)
    expect(page.get_by_label("Visa •••• 4242, expires 04/27")).to_be_checked()
    expect(page.locator("#card-field")).to_be_hidden()
    _pay(page)
    expect(page.locator("#top-up-state")).to_have_attribute("data-state", "succeeded")
    expect(page.locator("#block-balance .money").first).to_contain_text("100.00")

    _top_up(page)
    page.get_by_role("button", name="Remove Visa •••• 4242").click()
    expect(page.locator("#saved-cards")).to_have_count(0)
    expect(page.locator("#card-field input").first).to_be_visible()
    assert complaints == []


def test_a_declined_card_is_shown_where_another_one_can_be_entered(shop: Shop) -> None:
    page = shop.open()
    _top_up(page)
    _type_card(page, DECLINED_CARD)

    page.get_by_role("button", name="Pay").click()

    expect(page.locator("#card-problem")).to_contain_text("declined")
    expect(page.get_by_role("button", name="Pay")).to_be_enabled()
    page.get_by_role("link", name="Top-up TU-").click()
    expect(page.locator("#top-up-state")).to_contain_text("declined the card")


@pytest.mark.full
@pytest.mark.parametrize(
    ("choice", "where", "told"),
    [
        ("Complete", "#top-up-state", "to your balance"),
        ("Fail", "#card-problem", "failed authentication"),
    ],
)
def test_3_d_secure_asks_before_anything_is_paid(
    shop: Shop, choice: str, where: str, told: str
) -> None:
    page = shop.open()
    _top_up(page)
    _type_card(page, SECURE_CARD)

    page.get_by_role("button", name="Pay").click()
    page.get_by_role("button", name=f"{choice} authentication").click()

    expect(page.locator(where)).to_contain_text(told)


def test_an_unverified_user_sees_how_to_save_cards(shop: Shop) -> None:
    browser = sign_in(shop.site.app(), shop.new_customer(is_verified=False))
    top_up = begin_top_up(browser, GatewayName.STRIPE)

    page = browser.get(f"/funds/top-ups/{top_up}/card").text

    assert "Save this card" not in page
    assert "/account/verification" in page


@pytest.mark.full
def test_without_javascript_the_page_leads_to_another_way(shop: Shop) -> None:
    page = shop.open(java_script_enabled=False)
    page.goto("/funds/add?net=50&currency=EUR")
    page.get_by_role("radio", name="Card").check()

    page.get_by_role("button", name="Top Up Now").click()

    # Playwright looks for no words in there by itself.
    instead = page.locator("#card noscript")
    assert "Paying by card needs JavaScript" in instead.inner_text()
    expect(page.locator("#card-form")).to_be_hidden()
    instead.locator("a", has_text="cancel this top-up").click()
    expect(page.get_by_role("button", name="Cancel this top-up")).to_be_visible()


@pytest.mark.full
def test_a_script_that_does_not_load_is_reported(shop: Shop) -> None:
    page = shop.open()
    page.route("**/js.stripe.com/**", lambda route: route.abort())

    _top_up(page)

    expect(page.locator("#card-problem")).to_contain_text("could not be loaded")


def test_only_the_page_for_cards_may_load_anything_of_stripes(shop: Shop) -> None:
    app = replace(shop.site, environment={}).app()
    browser = sign_in(app, shop.new_customer())
    top_up = begin_top_up(browser, GatewayName.STRIPE)

    def policy(address: str) -> str:
        answer = browser.get(address)
        assert answer.status_code == 200
        return answer.headers["Content-Security-Policy"]

    strict = policy("/funds/add?net=20&currency=EUR")
    assert policy(f"/funds/top-ups/{top_up}/card") == (
        f"{strict}; script-src 'self' https://js.stripe.com https://*.js.stripe.com; "
        "frame-src https://js.stripe.com https://*.js.stripe.com "
        "https://hooks.stripe.com; connect-src 'self' https://api.stripe.com"
    )
    assert "stripe" not in strict
    for other in ("/", f"/funds/top-ups/{top_up}", "/funds/add?net=20&currency=EUR"):
        assert policy(other) == strict


@pytest.mark.full
@pytest.mark.parametrize(("width", "theme"), [(360, "dark"), (1280, "light")])
def test_the_page_is_accessible_and_fits(shop: Shop, width: int, theme: str) -> None:
    size = {"width": width, "height": 800}
    page = shop.open(viewport=size, color_scheme=theme)
    _top_up(page)

    # The fields are their stand-in's, and no part of our page.
    results = Axe().run(page, context={"exclude": [["#card-field"]]})

    assert results.violations_count == 0, results.generate_report()


def _top_up(page: Page) -> None:
    """Go from Add Funds to the page for the card."""
    page.goto("/funds/add?net=50&currency=EUR")
    page.get_by_role("radio", name="Card").check()
    page.get_by_role("button", name="Top Up Now").click()
    page.get_by_role("heading", name="Pay by card").wait_for()


def _type_card(page: Page, number: str) -> None:
    typed = {"number": number, "exp_month": "4", "exp_year": "27", "cvc": "123"}
    for name, text in typed.items():
        page.get_by_placeholder(name, exact=True).fill(text)


def _pay(page: Page) -> None:
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url(re.compile(r"/funds/top-ups/[0-9a-f-]+(\?|$)"))


def _note(message: ConsoleMessage, complaints: list[str]) -> None:
    if message.type in {"error", "warning"}:
        complaints.append(message.text)
