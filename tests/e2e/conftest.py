"""A running client area with its demo, and real browsers to visit it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from launcher.demo.story import PASSWORD
from tests.fixtures.servers import Servers
from tests.fixtures.sites import Site

WAIT_MS = 15_000


@pytest.fixture(scope="session", params=["embedded", "stack"])
def site(request: pytest.FixtureRequest, servers: Servers) -> str:
    """The address of a client area in each of the two ways to run it."""
    site = servers.ask(request.param)
    assert isinstance(site, Site)
    return site.url


@pytest.fixture
def screenshots(pytestconfig: pytest.Config, tmp_path: Path) -> Path:
    """Where pictures of the pages go: the folder of ``--screenshots``, if given."""
    folder = Path(pytestconfig.getoption("--screenshots") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


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
