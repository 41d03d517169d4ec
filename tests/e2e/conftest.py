"""A running client area with its demo, and real browsers to visit it.

Each test visits an embedded run. On the stack it runs with `make nightly`, and with
`make test-full`, too, when it is marked ``over_the_broker``: what crosses the broker
and can fail there in a way that tests/contract does not show.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from launcher.demo.story import PASSWORD
from launcher.machine.processes import wait_until
from tests.fixtures.commands import CommandLine
from tests.fixtures.identity.two_factor import code_at
from tests.fixtures.servers import Servers
from tests.fixtures.sites import Site

WAIT_MS = 15_000
TIME_TO_TYPE_S = 12
PAGES = {
    "dashboard": "/",
    "services": "/services",
    "services-suspended": "/services?state=suspended",
    "services-nothing-found": "/services?q=nothingatall",
    "add-funds": "/funds/add",
    "account": "/account",
    "notices": "/account/notices",
    "own-activity": "/account/activity",
    "email": "/account/email",
    "confirm-email": "/confirm-email/no-such-link",
    "undo-email": "/undo-email/no-such-link",
    "password": "/account/password",
    "personal-data": "/account/personal-data",
    "sessions": "/account/sessions",
    "confirm": "/confirm",
    "verification": "/account/verification",
    "phone": "/account/verification/phone",
    "details": "/account/details",
    "new-company": "/account/companies/new",
    "verification-document": "/account/verification/document",
    "verification-email": "/account/verification/email",
    "two-factor": "/account/two-factor",
    "two-factor-app": "/account/two-factor/app",
    "roles": "/help/roles",
    "error": "/no/such/page",
    "components": "/dev/components",
}
"""Pages that every company has at the same address, by name."""
expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="session", params=["embedded", "stack"])
def running(request: pytest.FixtureRequest, servers: Servers) -> Site:
    """A client area in each of the two ways to run it."""
    site = servers.ask(request.param)
    assert isinstance(site, Site)
    return site


@pytest.fixture(scope="session")
def site(running: Site) -> str:
    """Its address."""
    return running.url


def pytest_configure(config: pytest.Config) -> None:
    words = "over_the_broker: on the stack with test-full, not only nightly"
    config.addinivalue_line("markers", words)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say when each runs."""
    for item in items:
        here = item.path.is_relative_to(Path(__file__).parent)
        if here and _is_on_the_stack(item):
            often = item.get_closest_marker("over_the_broker")
            item.add_marker("full" if often else "nightly")


def _is_on_the_stack(item: pytest.Item) -> bool:
    assert isinstance(item, pytest.Function)
    if hasattr(item, "callspec"):
        return item.callspec.params.get("running") == "stack"
    return False


Operate = Callable[..., str]


@pytest.fixture(scope="session")
def command_line() -> Iterator[CommandLine]:
    with closing(CommandLine()) as command_line:
        yield command_line


@pytest.fixture(scope="session")
def operate(running: Site, command_line: CommandLine) -> Operate:
    """Runs an operator's command, in a process of its own; returns what it says."""

    def run(*words: str) -> str:
        environment, folder = running.environment(), running.folder
        done = command_line.run(*words, environment=environment, folder=folder)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture
def newcomer(operate: Operate) -> str:
    """The email of who owns a company of their own, which has no wallet yet."""
    email = f"newcomer-{uuid4().hex}@example.com"
    words = ["--email", email, "--name", "A Newcomer", "--password", PASSWORD]
    user_id = operate("users", "create", *words, "--email-verified")
    company = ["--name", f"Company of {email}", "--country", "DE"]
    operate("companies", "create", *company, "--owner", user_id)
    return email


@dataclass(frozen=True)
class Screenshots:
    """Pictures of the pages, where ``--screenshots`` asks for them: they take time."""

    folder: Path | None

    def take(self, page: Page, name: str, *, full_page: bool = True) -> None:
        if self.folder is not None:
            page.screenshot(path=self.folder / f"{name}.png", full_page=full_page)


@pytest.fixture
def screenshots(pytestconfig: pytest.Config) -> Screenshots:
    folder: str | None = pytestconfig.getoption("--screenshots")
    return Screenshots(Path(folder) if folder else None)


NewContext = Callable[..., BrowserContext]


@pytest.fixture
def new_context(browser: Browser, site: str) -> Iterator[NewContext]:
    """Makes browser profiles, each with cookies of its own."""
    with ExitStack() as contexts:

        def make(**options: object) -> BrowserContext:
            context = browser.new_context(
                base_url=site,
                **{"locale": "en-GB", "timezone_id": "Europe/Berlin", **options},  # type: ignore[arg-type]
            )
            context.set_default_timeout(WAIT_MS)
            contexts.callback(context.close)
            return context

        yield make


@pytest.fixture
def page(new_context: NewContext) -> Page:
    """A visitor at a desk who has not signed in."""
    return new_context(viewport={"width": 1280, "height": 900}).new_page()


SignIn = Callable[..., Page]


@pytest.fixture
def sign_in(new_context: NewContext) -> SignIn:
    """Opens a browser in which somebody has signed in; returns its page."""

    def make(email: str = "demo@example.com", **options: object) -> Page:
        options.setdefault("viewport", {"width": 1280, "height": 900})
        opened = new_context(**options).new_page()
        log_in(opened, email)
        opened.get_by_role("heading", name="Dashboard").wait_for()
        return opened

    return make


def log_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.goto("/login")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def code_of(secret: str, *, last: bool = False) -> str:
    """The code that an app shows now, or the last one, which can be used before it.

    Waits where there would be another one before it is typed.
    """

    def has_time() -> bool:
        return datetime.now(UTC).timestamp() % 30 < 30 - TIME_TO_TYPE_S

    assert wait_until(has_time, 30)
    now = datetime.now(UTC)
    return code_at(now - timedelta(seconds=30) if last else now, secret)


def secret_on(page: Page) -> str:
    """The secret of the app that is set up on this page."""
    return page.locator(".key").inner_text().replace(" ", "")


def open_until(page: Page, address: str, words: str) -> None:
    """Open a page until it says so: what happens elsewhere takes its time."""

    def says_so() -> bool:
        page.goto(address)
        return words in page.locator("main").inner_text()

    assert wait_until(says_so, WAIT_MS / 1000), words


def open_whole(page: Page, address: str) -> None:
    """Open a page and wait until none of its blocks waits for a first answer.

    The network is never quiet for sure: blocks ask again for as long as it is open.
    The samples of /dev/components, whose ids say so, wait for ever.
    """
    page.goto(address)
    waiting = ".block[data-state=waiting]:not([id$=-waiting])"
    expect(page.locator(waiting)).to_have_count(0)


def add_wallet(page: Page, currency: str) -> None:
    """Add one as its owner does who finds none to top up on Add Funds."""
    page.goto("/funds/add")
    page.get_by_role("link", name=re.compile("Add a wallet|Another currency")).click()
    add = page.get_by_role("button", name="Add a wallet")
    reload_until_enabled(page, add)
    page.get_by_label("Currency").select_option(currency)
    add.click()
    expect(page.locator(f"#wallet-{currency}")).to_be_visible()


def reload_until_enabled(page: Page, button: Locator) -> None:
    """Wait until changes are possible: not while identity's answer came too late."""

    def is_enabled() -> bool:
        enabled = button.is_enabled()
        if not enabled:
            page.reload()
        return enabled

    assert wait_until(is_enabled, WAIT_MS / 1000)


def top_up(page: Page, net: int, choice: str = "Pay") -> None:
    """Top up a wallet in euros; ``choice`` is made on the hosted page."""
    # Billing hears of a new company's address a moment after its making.
    open_until(page, f"/funds/add?net={net}&currency=EUR", "Top Up Now")
    page.get_by_role("button", name="Top Up Now").click()
    page.get_by_role("button", name=choice, exact=True).click()
    page.locator("#top-up-state").wait_for()


def addresses(page: Page) -> dict[str, str]:
    """Find the address of each page, also of those that have an id in theirs."""
    page.goto("/services?q=AU-1030")
    service = page.locator("tbody a").first.get_attribute("href") or ""
    page.goto("/account")
    profile = page.locator("a[href*='/profile']").first.get_attribute("href") or ""
    other = page.locator("a[href*='/profile']").last.get_attribute("href") or ""
    page.goto(profile.replace("/profile", "/transactions?type=charges"))
    entry = page.locator("tbody a[href*='/transactions/']").first
    details = {"transaction": entry.get_attribute("href") or ""}
    invoices = profile.replace("/profile", "/invoices")
    for kind in ("invoice", "credit-note"):
        page.goto(f"{invoices}?type={kind}")
        document = page.locator("tbody .cell-lead > .cell-value > a").first
        details[kind] = document.get_attribute("href") or ""
    page.goto(profile.replace("/profile", "/members"))
    # Only who manages members has links to them.
    for member in page.locator(".person a").all()[-1:]:
        details["member"] = member.get_attribute("href") or ""
    pages = {
        "invoices": invoices,
        "invoices-nothing-found": f"{invoices}?to=2001-01-01",
        "service": service,
        "profile": profile,
        "profile-edit": f"{profile}/edit",
        "close": profile.replace("/profile", "/close"),
        "members": profile.replace("/profile", "/members"),
        "transactions": profile.replace("/profile", "/transactions"),
        "wallets": profile.replace("/profile", "/wallets"),
        "activity": profile.replace("/profile", "/activity"),
    }
    return {**PAGES, **details, **pages, "profile-of-another-company": other}
