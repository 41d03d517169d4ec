"""A document is sent in a browser, and its page follows what becomes of it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import NewContext, Operate, log_in, open_until
from tests.fixtures.identity import files

CENTER = "/account/verification"
TOO_LARGE = "This file is too large."
STEP = "#identity_document"


@pytest.mark.over_the_broker
@pytest.mark.full
def test_a_document_is_sent_followed_and_accepted(
    new_context: NewContext, newcomer: str, operate: Operate, tmp_path: Path
) -> None:
    page = new_context(viewport={"width": 360, "height": 740}).new_page()
    log_in(page, newcomer)
    page.goto(CENTER)
    page.locator(STEP).get_by_role("link", name="Send a document").click()
    too_large = _choose(page, tmp_path / "large.jpg", b"\xff\xd8\xff" * 4_000_000)
    said = too_large.evaluate("field => field.validationMessage")
    assert said.startswith(TOO_LARGE)
    page.get_by_role("button", name="Send document").click()
    expect(page).to_have_url(re.compile("/document"))

    _choose(page, tmp_path / "my passport.jpg", files.photo())
    page.get_by_role("button", name="Send document").click()

    step = page.locator(STEP)
    expect(step).to_contain_text("my passport.jpg, sent")
    expect(step).to_contain_text("In review")
    found = re.search(
        rf"([0-9a-f-]{{36}}).*{newcomer}", operate("verification", "list")
    )
    assert found
    shown = operate("verification", "view", found[1], "--to", str(tmp_path / "viewed"))
    assert Path(shown.splitlines()[0]).stat().st_mode & 0o777 == 0o600
    operate("verification", "approve", found[1])
    assert not Path(shown.splitlines()[0]).exists()

    expect(step).to_contain_text("We accepted my passport.jpg", timeout=30_000)
    expect(step).to_contain_text("Verified")


@pytest.mark.full
def test_without_a_script_the_page_shows_why_a_file_was_refused(
    new_context: NewContext, newcomer: str, tmp_path: Path
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    log_in(page, newcomer)
    page.goto(f"{CENTER}/document?step=company_document")
    page.get_by_label("Document").select_option("Trade licence")
    _choose(page, tmp_path / "large.pdf", b"%PDF-1.7" * 1_500_000)
    page.get_by_role("button", name="Send document").click()
    expect(page.get_by_text(TOO_LARGE)).to_be_visible()
    _choose(page, tmp_path / "licence.pdf", files.pdf(password="secret"))
    page.get_by_role("button", name="Send document").click()
    step = page.locator("#company_document")
    expect(step).to_contain_text("licence.pdf")

    open_until(page, CENTER, "The PDF needs a password")


def _choose(page: Page, file: Path, content: bytes) -> Locator:
    file.write_bytes(content)
    field = page.get_by_label("File")
    field.set_input_files(file)
    return field
