"""What is changed elsewhere shows by itself, within one poll, in either way to run."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Operate, SignIn

POLL_MS = 10_000
"""The interval of web/templates/components/block.html."""

SLACK_MS = 10_000
"""For an event's way and an answer on a busy machine."""

_FIGURE = "#block-balance .money"


@pytest.fixture
def amount(operate: Operate) -> Iterator[str]:
    """A sum to give to Cirrus and to take away again."""
    yield "0.37"
    _adjust(operate, "-0.37 GBP")


def test_a_change_elsewhere_shows_in_each_open_tab_within_one_poll(
    operate: Operate, sign_in: SignIn, amount: str
) -> None:
    first = sign_in("other@example.com")
    second = first.context.new_page()
    second.goto("/services")
    before = _balance(first)
    assert _balance(second) == before

    _adjust(operate, f"{amount} GBP")

    for tab in (first, second):
        expect(tab.locator(_FIGURE).first).not_to_have_text(
            before, timeout=POLL_MS + SLACK_MS
        )
    assert _balance(first) == _balance(second)


def _balance(page: Page) -> str:
    return page.locator(_FIGURE).first.inner_text()


def _adjust(operate: Operate, amount: str) -> None:
    words = ["wallet", "adjust", "--company", "Cirrus Ltd", "--amount", amount]
    said = operate(*words, "--reason", "a test")
    assert re.search(r"Balance .* GBP", said)
