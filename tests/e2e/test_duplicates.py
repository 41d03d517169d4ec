"""A payment that came twice: found, asked back, and given back by an operator."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, expect

from launcher.machine.processes import wait_until
from tests.e2e.conftest import (
    WAIT_MS,
    Operate,
    SignIn,
    add_wallet,
    open_until,
    top_up,
)


@pytest.mark.full
@pytest.mark.over_the_broker
def test_a_duplicate_is_found_claimed_and_refunded(
    sign_in: SignIn, newcomer: str, operate: Operate
) -> None:
    page = sign_in(newcomer)
    add_wallet(page, "EUR")
    top_up(page, 20, "Pay with a card that is declined")
    top_up(page, 50, "Pay twice")
    open_until(page, page.url, "Possible duplicate")
    _open_transactions(page)
    expect(page.locator("#failed-payments")).to_contain_text("declined the card")
    row = page.get_by_role("row").filter(has_text="Possible duplicate")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("50.00")

    row.get_by_role("link", name="Top-up").click()
    page.get_by_label("What happened?").fill("Clicked twice")
    page.get_by_role("button", name="Ask for a refund of 59.50").click()
    expect(page.locator("[data-refund=under_review]")).to_be_visible()
    asked_back = page.url

    listed = operate("refunds", "list")
    assert "'Clicked twice'" in listed
    (waiting,) = (line for line in listed.splitlines() if newcomer in line)
    assert ": 59.50 EUR to" in waiting
    said = operate("refunds", "grant", "--payment", waiting.partition(":")[0])

    assert "59.50 EUR" in said
    page.goto(asked_back)
    expect(page.locator("[data-refund=refunded_as_asked]")).to_be_visible()
    _open_transactions(page)
    rows = page.get_by_role("table", name="Transactions").get_by_role("row")
    expect(rows.filter(has_text="Refund").first).to_contain_text("50.00")
    after, before = _balances_around(rows)
    assert after == before - 50
    page.goto(asked_back)
    _reload_until_a_credit_note_is_there(page)


def _open_transactions(page: Page) -> None:
    page.get_by_role("navigation", name="Main menu").get_by_role(
        "link", name="Transactions"
    ).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Transactions")


def _reload_until_a_credit_note_is_there(page: Page) -> None:
    """It is issued by a job, a moment after the money moved."""
    page.locator("#top-up-state").get_by_role("link", name="Invoice").click()
    note = page.get_by_role("row").filter(has_text="Credit note").first

    def is_there() -> bool:
        page.reload()
        return note.count() > 0

    assert wait_until(is_there, WAIT_MS / 1000)
    expect(note).to_contain_text("59.50")


def _balances_around(rows: Locator) -> tuple[Decimal, Decimal]:
    """The wallet's balance right after the newest refund, and right before it."""
    texts = [row.inner_text() for row in rows.all()]
    place = next(at for at, text in enumerate(texts) if "Refund" in text)
    after, before = (
        Decimal(re.sub(r"[^0-9.\-]", "", _last_amount(rows.nth(place + step))))
        for step in (0, 1)
    )
    return after, before


def _last_amount(row: Locator) -> str:
    return row.locator(".money").last.inner_text().replace("\N{MINUS SIGN}", "-")
