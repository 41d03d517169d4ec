"""What is changed elsewhere shows by itself, within one poll, in either way to run."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Operate, SignIn, add_wallet

POLL_MS = 10_000
"""The interval of web/templates/components/block.html."""

SLACK_MS = 10_000
"""For an event's way and an answer on a busy machine."""

_FIGURE = "#block-balance .money"


@pytest.mark.full
@pytest.mark.over_the_broker
def test_a_change_elsewhere_shows_in_each_open_tab_within_one_poll(
    operate: Operate, sign_in: SignIn, newcomer: str
) -> None:
    first = sign_in(newcomer)
    add_wallet(first, "EUR")
    first.goto("/")
    second = first.context.new_page()
    second.goto("/services")
    before = _balance(first)
    assert _balance(second) == before

    words = ["--company", f"Company of {newcomer}", "--amount", "0.37 EUR"]
    said = operate("wallet", "adjust", *words, "--reason", "a test")
    assert re.search(r"Balance .* EUR", said)

    for tab in (first, second):
        expect(tab.locator(_FIGURE).first).not_to_have_text(
            before, timeout=POLL_MS + SLACK_MS
        )
    assert _balance(first) == _balance(second)


def _balance(page: Page) -> str:
    return page.locator(_FIGURE).first.inner_text()
