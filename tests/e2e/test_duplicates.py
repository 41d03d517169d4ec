"""A payment that came twice: found, asked back, and given back by an operator."""

import re
from decimal import Decimal

from playwright.sync_api import Page, expect

from launcher.processes import wait_until
from tests.e2e.conftest import WAIT_MS, Operate, SignIn


def test_a_duplicate_is_found_asked_back_and_given_back(
    sign_in: SignIn, operate: Operate
) -> None:
    page = sign_in()
    before = _balance(page)
    _open_transactions(page)
    expect(page.locator("#failed-payments")).to_contain_text("declined by its bank")
    row = page.get_by_role("row").filter(has_text="Possibly duplicate")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("50.00")

    row.get_by_role("link", name="Top-up").click()
    page.get_by_label("What happened?").fill("Clicked twice")
    page.get_by_role("button", name="Ask for a refund of this duplicate").click()
    expect(page.locator("#top-up-state")).to_contain_text("You asked for it back")
    top_up = page.url

    (waiting,) = (
        line for line in operate("refunds", "list").splitlines() if "'Clicked" in line
    )
    said = operate("refunds", "grant", "--payment", waiting.partition(":")[0])

    assert "59.50 EUR given back" in said
    page.goto(top_up)
    expect(page.locator("#top-up-state")).to_contain_text("As you asked")
    _open_transactions(page)
    newest = page.get_by_role("table", name="Transactions").get_by_role("row").nth(1)
    expect(newest).to_contain_text("Refund")
    expect(newest).to_contain_text("50.00")
    page.goto(top_up)
    _reload_until_a_credit_note_is_there(page)
    page.goto("/")
    assert _balance(page) == before - 50


def _open_transactions(page: Page) -> None:
    page.get_by_role("navigation", name="Main menu").get_by_role(
        "link", name="Transactions"
    ).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Transactions")


def _reload_until_a_credit_note_is_there(page: Page) -> None:
    """It is issued by a job, a moment after the money moved."""
    page.get_by_role("link", name="Its invoices").click()
    note = page.get_by_role("row").filter(has_text="Credit note").first

    def is_there() -> bool:
        page.reload()
        return note.count() > 0

    assert wait_until(is_there, WAIT_MS / 1000)
    expect(note).to_contain_text("59.50")


def _balance(page: Page) -> Decimal:
    text = page.locator("#block-balance .money").first.inner_text()
    return Decimal(re.sub(r"[^0-9.\-]", "", text.replace("\N{MINUS SIGN}", "-")))
