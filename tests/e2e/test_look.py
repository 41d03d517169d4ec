"""Every page: readable for everyone, on a phone as on a desk, in light and dark."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page

from tests.e2e.conftest import NewContext, SignIn

PAGES = {
    "dashboard": "/",
    "services": "/services",
    "services-suspended": "/services?state=suspended",
    "services-nothing-found": "/services?q=nothingatall",
    "add-funds": "/funds/add",
    "account": "/account",
    "password": "/account/password",
    "verification": "/account/verification",
    "two-factor": "/account/two-factor",
    "error": "/no/such/page",
    "components": "/dev/components",
}
WIDTHS = (360, 1280)
THEMES = ("light", "dark")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_is_accessible_and_fits(
    sign_in: SignIn, screenshots: Path, width: int, theme: str
) -> None:
    page = sign_in(viewport={"width": width, "height": 800}, color_scheme=theme)
    page.screenshot(path=screenshots / f"readme-{width}-{theme}.png")
    complaints: list[str] = []
    page.on("console", lambda message: _note(message, complaints))

    for name, address in _with_details(page).items():
        page.goto(address)
        page.wait_for_load_state("networkidle")
        page.screenshot(
            path=screenshots / f"{name}-{width}-{theme}.png", full_page=True
        )
        results = Axe().run(page)
        assert results.violations_count == 0, f"{name}: {results.generate_report()}"
        assert _overflow(page) <= 0, name
    assert complaints == []


@pytest.mark.parametrize("theme", THEMES)
def test_the_login_is_accessible_and_fits(
    new_context: NewContext, screenshots: Path, theme: str
) -> None:
    for width in WIDTHS:
        size = {"width": width, "height": 800}
        page = new_context(viewport=size, color_scheme=theme).new_page()
        page.goto("/login")
        page.screenshot(path=screenshots / f"login-{width}-{theme}.png")

        results = Axe().run(page)

        assert results.violations_count == 0, results.generate_report()
        assert _overflow(page) <= 0


def _with_details(page: Page) -> dict[str, str]:
    """All pages, with those that have an id in their address."""
    page.goto("/services?q=AU-1030")
    service = page.locator("tbody a").first.get_attribute("href") or ""
    page.goto("/account")
    profile = page.locator("a[href*='/profile']").first.get_attribute("href") or ""
    members = profile.replace("/profile", "/members")
    transactions = profile.replace("/profile", "/transactions")
    other = page.locator("a[href*='/profile']").last.get_attribute("href") or ""
    pages = {
        "service": service,
        "profile": profile,
        "members": members,
        "transactions": transactions,
    }
    return {**PAGES, **pages, "profile-of-another-company": other}


def _overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    wider = "root => root.scrollWidth - root.clientWidth"
    return int(page.locator("html").evaluate(wider))


def _note(message: ConsoleMessage, complaints: list[str]) -> None:
    expected = "the server responded with a status of 404"
    if message.type in {"error", "warning"} and expected not in message.text:
        complaints.append(message.text)
