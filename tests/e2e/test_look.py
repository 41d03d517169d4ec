"""Every page: readable for everyone, on a phone as on a desk, in light and dark."""

from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page
from pypdfium2 import PdfDocument

from tests.e2e.conftest import (
    PAGES,
    NewContext,
    Screenshots,
    SignIn,
    add_wallet,
    addresses,
    code_of,
    log_in,
    open_until,
    open_whole,
    secret_on,
    top_up,
)
from tests.fixtures.looks import (
    ROW_PX,
    broken_words,
    first_row_is_seen,
    overflow,
    row_heights,
)
from tests.fixtures.looks import WIDTHS as ALL_WIDTHS

TOP_UPS = {
    "top-up-pending": ("Start a payment that stays pending", "Waiting for"),
    "top-up-paid-twice": ("Pay twice", "Possible duplicate"),
    "top-up-failed": ("Pay with a card that is declined", "declined"),
    "top-up-charged-back": ("Pay, then have the bank reverse it", "reversed"),
}
"""What is chosen on the hosted page, and what the top-up's page says then."""

_UNTIL_TRANSITIONS_END = """
Promise.allSettled(document.getAnimations()
    .filter(it => it instanceof CSSTransition)
    .map(it => it.finished))
"""
"""Nobody is asked to read colours between two themes."""

LISTS = ("services", "invoices", "transactions", "members", "activity", "own-activity")
"""Pages whose main part is a list."""

BEFORE_LOGIN = {
    "login": "/login",
    "forgot-password": "/login/forgot",
    "reset-sent": "/login/forgot/sent",
    "useless-link": "/reset-password/none",
}
WIDTHS = (360, 1280)
THEMES = ("light", "dark")


@pytest.mark.parametrize(
    ("width", "theme"),
    [
        pytest.param(360, "light", marks=pytest.mark.full),
        pytest.param(1280, "dark", marks=pytest.mark.full),
        pytest.param(360, "dark", marks=pytest.mark.nightly),
        pytest.param(1280, "light", marks=pytest.mark.nightly),
    ],
)
def test_every_page_is_accessible_and_fits(
    sign_in: SignIn, screenshots: Screenshots, width: int, theme: str
) -> None:
    page = sign_in(viewport={"width": width, "height": 800}, color_scheme=theme)
    screenshots.take(page, f"readme-{width}-{theme}", full_page=False)
    complaints: list[str] = []
    page.on("console", lambda message: _note(message, complaints))

    for name, address in addresses(page).items():
        open_whole(page, address)
        _look(page, screenshots, f"{name}-{width}-{theme}")
    assert complaints == []


@pytest.mark.full
def test_no_page_scrolls_sideways_or_breaks_a_word(sign_in: SignIn) -> None:
    page = sign_in()
    wrong: list[str] = []

    for name, address in addresses(page).items():
        page.goto(address)
        for width in ALL_WIDTHS:
            page.set_viewport_size({"width": width, "height": 740})
            if wider := overflow(page):
                wrong.append(f"{name} is {wider} px wider than {width}")
            wrong += [f"{name} at {width}: {word}" for word in broken_words(page)]
    assert wrong == []


@pytest.mark.full
def test_a_list_on_a_phone_has_low_rows_and_begins_in_sight(sign_in: SignIn) -> None:
    page = sign_in(viewport={"width": 360, "height": 740})
    pages = addresses(page)
    too_high: set[str] = set()

    for name in LISTS:
        page.goto(pages[name])
        if max(row_heights(page)) > ROW_PX:
            too_high.add(name)
        assert first_row_is_seen(page), name
    assert too_high == set()


@pytest.mark.full
def test_a_document_is_printed_alone_from_the_first_sheet_on(sign_in: SignIn) -> None:
    page = sign_in()
    page.goto(addresses(page)["invoice"])

    paper = PdfDocument(page.pdf())
    words = paper[0].get_textpage().get_text_range()

    assert "Rechnung" in words.partition("Kunde")[0]
    assert "Add Funds" not in words
    assert len(paper) == 1


@pytest.mark.full
def test_a_viewer_is_never_offered_to_add_funds(sign_in: SignIn) -> None:
    page = sign_in("viewer@example.com")
    offered = {}

    for name, address in addresses(page).items():
        if name == "components":
            continue
        page.goto(address)
        links = page.locator("a[href*='/funds/add']:visible").count()
        if links:
            offered[name] = links
    assert offered == {}


@pytest.mark.parametrize("name", ["dashboard", "services", "add-funds"])
def test_the_pages_of_every_day_are_accessible_and_fit(
    sign_in: SignIn, screenshots: Screenshots, name: str
) -> None:
    page = sign_in(viewport={"width": 360, "height": 800}, color_scheme="light")
    page.goto(PAGES[name])
    _look(page, screenshots, f"{name}-of-every-day")


@pytest.mark.full
def test_every_state_of_a_top_up_is_accessible_and_fits(
    sign_in: SignIn, newcomer: str, screenshots: Screenshots
) -> None:
    page = sign_in(newcomer)
    for currency in ("EUR", "USD"):
        add_wallet(page, currency)
    _look_at_all_sizes(page, screenshots, "wallets-two")
    for name, (choice, words) in TOP_UPS.items():
        top_up(page, 10, choice)
        open_until(page, page.url, words)
        _look_at_all_sizes(page, screenshots, name)


@pytest.mark.full
def test_a_profile_in_two_tabs_is_accessible_and_fits(
    sign_in: SignIn, newcomer: str, screenshots: Screenshots
) -> None:
    page = sign_in(newcomer)
    page.goto("/account")
    profile = page.locator("a[href*='/profile']").first.get_attribute("href") or ""
    tabs = [page, page.context.new_page()]
    for tab in tabs:
        tab.goto(f"{profile}/edit")
    for number, tab in enumerate(tabs):
        tab.get_by_label("City").fill(f"City {number}")
        tab.get_by_label("Country").select_option(["AT", "FR"][number])
        tab.get_by_role("button", name="Save profile").click()
    later = tabs[1]
    later.get_by_text("Someone changed this profile").wait_for()
    _look_at_all_sizes(later, screenshots, "profile-edit-outdated")


@pytest.mark.parametrize("theme", THEMES)
def test_what_is_shown_before_the_login_is_accessible_and_fits(
    new_context: NewContext, screenshots: Screenshots, theme: str
) -> None:
    for width in WIDTHS:
        size = {"width": width, "height": 800}
        page = new_context(viewport=size, color_scheme=theme).new_page()
        for name, address in BEFORE_LOGIN.items():
            page.goto(address)
            screenshots.take(page, f"{name}-{width}-{theme}", full_page=False)

            results = Axe().run(page)

            assert results.violations_count == 0, results.generate_report()
            assert overflow(page) <= 0


@pytest.mark.full
def test_the_second_step_and_its_codes_are_accessible_and_fit(
    sign_in: SignIn, newcomer: str, screenshots: Screenshots
) -> None:
    page = sign_in(newcomer)
    page.goto("/account/two-factor")
    page.get_by_label("6-digit code").fill(code_of(secret_on(page), last=True))
    page.get_by_role("button", name="Turn on").click()
    page.locator(".recovery-codes").wait_for()
    _look_at_all_sizes(page, screenshots, "recovery-codes")
    page.goto("/account/two-factor")
    _look_at_all_sizes(page, screenshots, "two-factor-on")
    page.get_by_role("link", name="Set up another app").click()
    _look_at_all_sizes(page, screenshots, "two-factor-another-app")
    page.context.clear_cookies()
    log_in(page, newcomer)
    page.get_by_label("6-digit code").fill("000000")
    page.get_by_role("button", name="Log in").click()
    page.get_by_text("This code is wrong").wait_for()
    _look_at_all_sizes(page, screenshots, "second-step")
    page.get_by_role("link", name="Use a recovery code").click()
    _look_at_all_sizes(page, screenshots, "second-step-recovery")


def _look(page: Page, screenshots: Screenshots, name: str) -> None:
    page.evaluate(_UNTIL_TRANSITIONS_END)
    screenshots.take(page, name)
    results = Axe().run(page)
    assert results.violations_count == 0, f"{name}: {results.generate_report()}"
    assert overflow(page) <= 0, name


def _look_at_all_sizes(page: Page, screenshots: Screenshots, name: str) -> None:
    for width, theme in product(WIDTHS, THEMES):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        _look(page, screenshots, f"{name}-{width}-{theme}")


def _note(message: ConsoleMessage, complaints: list[str]) -> None:
    expected = "the server responded with a status of 404"
    if message.type in {"error", "warning"} and expected not in message.text:
        complaints.append(message.text)
