"""What is changed elsewhere shows by itself, within one poll, in either way to run."""

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import SignIn
from tests.fixtures.servers import Servers
from tests.fixtures.sites import Site

POLL_MS = 10_000
"""The interval of web/templates/components/block.html."""

SLACK_MS = 10_000
"""For an event's way and an answer on a busy machine."""

_FIGURE = "#block-balance .money"


@pytest.fixture
def amount(site: str, servers: Servers) -> Iterator[str]:
    """A sum to give to Cirrus and to take away again."""
    yield "0.37"
    _adjust(_site_at(site, servers), "-0.37 GBP")


def test_a_change_elsewhere_shows_in_each_open_tab_within_one_poll(
    site: str, servers: Servers, sign_in: SignIn, amount: str
) -> None:
    first = sign_in("other@example.com")
    second = first.context.new_page()
    second.goto("/services")
    before = _balance(first)
    assert _balance(second) == before

    _adjust(_site_at(site, servers), f"{amount} GBP")

    for tab in (first, second):
        expect(tab.locator(_FIGURE).first).not_to_have_text(
            before, timeout=POLL_MS + SLACK_MS
        )
    assert _balance(first) == _balance(second)


def _balance(page: Page) -> str:
    return page.locator(_FIGURE).first.inner_text()


def _site_at(url: str, servers: Servers) -> Site:
    for name in ("embedded", "stack"):
        site = servers.ask(name)
        assert isinstance(site, Site)
        if site.url == url:
            return site
    raise LookupError(url)


def _adjust(site: Site, amount: str) -> None:
    """As the operator does, from a process of its own."""
    words = ["wallet", "adjust", "--company", "Cirrus Ltd", "--amount", amount]
    done = subprocess.run(
        [sys.executable, "-m", "launcher.cli", *words, "--reason", "a test"],
        env=site.environment(),
        cwd=site.folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"Balance .* GBP", done.stdout)
