"""My Account: a mobile number, a further company, and one's own details."""

import json
import re
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from launcher.machine.processes import wait_until
from tests.e2e.conftest import WAIT_MS, NewContext, log_in
from tests.fixtures.sites import Site


def texted_code(site: Site, number: str) -> str:
    """The code of the message to a number, which developers find in the log."""
    name = "identity" if site.way == "stack" else "client-area"
    log = site.folder / "log" / f"{name}.log"
    found: list[str] = []

    def is_sent() -> bool:
        lines = (line for line in log.read_text().splitlines() if number in line)
        found.extend(json.loads(line)["text"] for line in lines)
        return bool(found)

    assert wait_until(is_sent, WAIT_MS / 1000)
    code = re.search(r"#(\d{6})\Z", found[-1])
    assert code
    return code[1]


@pytest.mark.full
def test_a_number_is_verified_and_a_company_created_without_a_script(
    running: Site, new_context: NewContext, newcomer: str
) -> None:
    small = {"width": 360, "height": 740}
    page = new_context(viewport=small, java_script_enabled=False).new_page()
    log_in(page, newcomer)

    number = f"+49151{uuid4().int % 10**8:08}"
    page.goto("/account/verification/phone")
    page.get_by_label("Mobile number").fill(number)
    page.get_by_role("button", name="Send code").click()
    code = texted_code(running, number)
    page.get_by_label("Code from the text message").fill(f"{code[:3]} {code[3:]}")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("is verified.")).to_be_visible()

    page.goto("/account")
    expect(page.locator("#profile")).to_contain_text("+49 151")
    page.get_by_role("link", name="New company").click()
    page.get_by_label("Legal name").fill("A Second Company")
    page.get_by_label("Country").select_option("DE")
    page.get_by_role("button", name="Create company").click()
    page.get_by_label("Currency").select_option("EUR")
    page.get_by_role("button", name="Add a wallet").click()
    expect(page.locator("#wallet-EUR")).to_be_visible()

    page.goto("/account")
    tile = page.locator(".company-tile", has_text="A Second Company")
    expect(tile).to_contain_text("Owner")
    expect(tile).not_to_contain_text("No wallet yet")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Name").fill("Nadja Neu")
    page.get_by_label("Language").select_option("de-AT")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#profile")).to_contain_text("Nadja Neu")
