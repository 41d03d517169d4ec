"""Charging as a customer sees it: short of funds, and paid again."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Operate, SignIn, add_wallet, open_until, top_up

PATIENCE_MS = 30_000
"""For events both ways between billing and inventory, and the poll that shows it."""


@pytest.mark.full
@pytest.mark.over_the_broker
def test_a_service_suspended_for_payment_resumes_automatically_after_a_top_up(
    sign_in: SignIn, newcomer: str, operate: Operate, tmp_path: Path
) -> None:
    page = sign_in(newcomer)
    add_wallet(page, "EUR")
    _order_service(operate, tmp_path, newcomer)
    page.goto("/account/notices")
    before = page.locator(".notification").count()
    page.goto("/services?state=active")
    page.get_by_role("link", name="web-01").click()
    service = page.url
    service_id = re.findall(r"/services/([0-9a-f-]{36})", service)[0]
    why = ["--reason", "payment", "--why", "The balance did not cover it"]
    operate("services", "suspend", "--service", service_id, *why)
    open_until(page, service, "Resuming it costs")
    other_tab = page.context.new_page()
    other_tab.goto("/")
    expect(_counted(other_tab, "Suspended")).to_have_text("1")
    expect(other_tab.locator(".bell")).to_have_accessible_name(_unread(before + 1))

    top_up(page, 60)

    # Nobody touches the other tab.
    expect(_counted(other_tab, "Active")).to_have_text("1", timeout=PATIENCE_MS)
    expect(_counted(other_tab, "Suspended")).to_have_text("0")
    open_until(page, service, "Next charge")
    expect(page.locator("main")).to_contain_text("Active")
    page.goto("/account")
    page.locator("a[href*='/profile']").first.click()
    page.locator("#main").get_by_role("link", name="Transactions").click()
    expect(page.locator("tbody tr").first).to_contain_text("Charge for services")
    # It was suspended and resumed, and the top-up has an invoice.
    bell = other_tab.locator(".bell")
    expect(bell).to_have_accessible_name(_unread(before + 3), timeout=PATIENCE_MS)
    page.goto("/account/notices")
    expect(page.locator(".notification")).to_have_count(before + 3)
    page.get_by_role("button", name="Mark all as read").click()
    expect(bell).to_have_accessible_name("Notifications", timeout=PATIENCE_MS)


def _order_service(operate: Operate, folder: Path, owner: str) -> None:
    file = folder / "services.csv"
    file.write_text(
        "company,reference,name,plan,currency,period,state\n"
        f"Company of {owner},N-1,web-01,lxc-m,EUR,month,active\n"
    )
    operate("services", "import", str(file))


def _unread(number: int) -> str:
    return f"Notifications, {number} unread"


def _counted(page: Page, name: str) -> Locator:
    counter = page.locator("#block-services .counter").filter(has_text=name)
    return counter.locator(".counter-value")
