"""The pieces in a real browser: nothing overflows, everybody can use them."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from pypdfium2 import PdfDocument

from tests.fixtures.looks import (
    ROW_PX,
    WIDTHS,
    broken_words,
    overflow,
    row_heights,
    scrolling_parts,
)
from tests.fixtures.pieces import new_pieces_app, served

PHONE, DESK = 360, 1280
PAGES = ["/dev/components", "/dev/components/first-view", "/dev/components/crowded"]
CROWDED = PAGES[2]


@pytest.fixture(scope="module")
def pieces_url() -> Iterator[str]:
    with served(new_pieces_app()) as url:
        yield url


def open_page(
    browser: Browser, address: str, *, width: int, theme: str = "light"
) -> Page:
    context = browser.new_context(viewport={"width": width, "height": 800})
    context.add_cookies([{"name": "theme", "value": theme, "url": address}])
    page = context.new_page()
    page.goto(address)
    return page


@pytest.mark.parametrize("path", PAGES)
def test_no_page_scrolls_sideways_or_breaks_a_word(
    browser: Browser, pieces_url: str, path: str
) -> None:
    page = open_page(browser, pieces_url + path, width=DESK)

    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert overflow(page) <= 0, width
        assert broken_words(page) == [], width
    page.context.close()


def test_rows_of_two_lines_keep_their_height_whatever_is_in_them(
    browser: Browser, pieces_url: str
) -> None:
    page = open_page(browser, pieces_url + PAGES[0], width=PHONE)

    assert max(row_heights(page)) <= ROW_PX
    page.context.close()


def test_forty_families_need_no_scroll_bar_of_their_own(
    browser: Browser, pieces_url: str
) -> None:
    page = open_page(browser, pieces_url + CROWDED, width=DESK)

    assert scrolling_parts(page) == []
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    assert page.get_by_role("link", name="Family 40").is_visible()
    page.context.close()


def test_the_content_is_in_the_middle_of_what_the_menu_leaves(
    browser: Browser, pieces_url: str
) -> None:
    page = open_page(browser, pieces_url + CROWDED, width=1920)
    menu = page.locator("#sidebar").bounding_box()
    assert menu

    for part in (".topbar-inner", ".main", ".footer"):
        box = page.locator(part).bounding_box()
        assert box
        left = box["x"] - menu["width"]
        right = 1920 - box["x"] - box["width"]
        assert abs(left - right) <= 1, part
    page.context.close()


def test_paper_begins_with_what_is_on_the_page(
    browser: Browser, pieces_url: str
) -> None:
    page = open_page(browser, pieces_url + PAGES[0], width=DESK)

    paper = PdfDocument(page.pdf())

    assert "Total Services" in paper[0].get_textpage().get_text_range()
    page.context.close()


@pytest.mark.parametrize(
    ("width", "theme"),
    [
        (PHONE, "dark"),
        (DESK, "light"),
        pytest.param(PHONE, "light", marks=pytest.mark.full),
        pytest.param(DESK, "dark", marks=pytest.mark.full),
    ],
)
def test_axe_finds_nothing_to_complain_about(
    browser: Browser, pieces_url: str, width: int, theme: str
) -> None:
    page = open_page(browser, pieces_url + PAGES[0], width=width, theme=theme)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")

    result = Axe().run(page)

    assert result.violations_count == 0, result.generate_report()
    page.context.close()


def test_the_policy_lets_everything_through_that_the_page_needs(
    browser: Browser, pieces_url: str
) -> None:
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto(pieces_url + PAGES[0])
    page.evaluate("document.fonts.ready")

    assert complaints == []
    page.close()


@pytest.mark.parametrize(
    ("chosen", "system", "dark"),
    [
        ("light", "dark", False),
        ("dark", "light", True),
        ("system", "dark", True),
        ("system", "light", False),
    ],
)
def test_the_theme_is_the_chosen_one_or_the_systems(
    browser: Browser, pieces_url: str, chosen: str, system: str, *, dark: bool
) -> None:
    page = open_page(browser, pieces_url + PAGES[0], width=DESK, theme=chosen)
    page.emulate_media(color_scheme="dark" if system == "dark" else "light")

    # The canvas is nearly white or nearly black; how light it is stands first.
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert (float(colour.removeprefix("oklch(").split()[0]) < 0.5) is dark
    page.context.close()


def test_the_menus_work_without_script(browser: Browser, pieces_url: str) -> None:
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": PHONE, "height": 800}
    )
    page = context.new_page()
    page.goto(pieces_url + PAGES[0])

    page.get_by_role("button", name="Your account").click()
    page.get_by_role("link", name="Two-Factor Authentication Off").wait_for()
    page.get_by_role("button", name="Dark").click()

    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    page.get_by_role("button", name="Menu", exact=True).click()
    page.get_by_role("link", name="All Services").wait_for()
    context.close()


@pytest.mark.parametrize("width", [320, PHONE, 768, DESK])
def test_balance_and_add_funds_are_visible_at_once(
    browser: Browser, pieces_url: str, width: int
) -> None:
    page = open_page(browser, pieces_url + CROWDED, width=width)
    strip = page.locator(".strip")

    assert strip.get_by_text("Credit").is_visible()
    assert strip.get_by_role("link", name="4 more").is_visible()
    assert strip.get_by_role("link", name="Add Funds").is_visible()
    page.context.close()
