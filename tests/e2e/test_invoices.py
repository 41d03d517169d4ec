"""An invoice in the browser: its page and its PDF show what was paid."""

import re

import pytest
from playwright.sync_api import expect

from launcher.machine.processes import wait_until
from tests.e2e.conftest import WAIT_MS, SignIn, add_wallet, open_until, top_up
from tests.fixtures.billing.rendering.reading import read_text


@pytest.mark.over_the_broker
def test_the_pdf_of_a_new_invoice_says_what_its_page_says(
    sign_in: SignIn, newcomer: str
) -> None:
    page = sign_in(newcomer)
    add_wallet(page, "EUR")
    top_up(page, 20)
    expect(page.locator("#top-up-state")).to_have_attribute("data-state", "succeeded")
    page.locator("#top-up-state").get_by_role("link", name="Invoice").click()
    number = page.get_by_role("link", name=re.compile(r"^INV-"))

    def is_issued() -> bool:
        page.reload()
        return number.count() > 0

    assert wait_until(is_issued, WAIT_MS / 1000)
    number.click()
    open_until(page, page.url, "Download PDF")
    shown = page.locator("article").inner_text()
    file = page.get_by_role("link", name="Download PDF").get_attribute("href")
    answer = page.request.get(file or "")

    assert answer.headers["content-type"] == "application/pdf"
    said = read_text(answer.body())
    # The customer is German, and so is the document; the reader of the page is not.
    for figure in ("20,00", "3,80", "23,80"):
        assert f"{figure}\N{NO-BREAK SPACE}EUR" in shown
        assert f"{figure}\N{NO-BREAK SPACE}EUR" in said
    heading = page.get_by_role("heading", level=1).inner_text()
    assert heading.split()[-1] in said
