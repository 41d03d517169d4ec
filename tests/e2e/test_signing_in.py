"""Signing in, staying signed in, signing out."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import SignIn, log_in


@pytest.mark.over_the_broker
def test_a_customer_logs_in_and_sees_the_balance(page: Page) -> None:
    log_in(page, "demo@example.com")

    expect(page).to_have_url(re.compile(r"/(\?.*)?$"))
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
    expect(page.locator("#block-balance")).to_contain_text(re.compile(r"\d\.\d\d"))
    expect(page.locator("#block-balance")).to_contain_text("EUR")


def test_a_wrong_password_is_refused_without_saying_who_exists(page: Page) -> None:
    answers = []
    for email in ("cirrus-nobody@example.com", "secure@example.com"):
        log_in(page, email, "wrong-password-1")
        answers.append(page.get_by_role("alert").inner_text())

    assert answers[0] == answers[1]
    assert "wrong" in answers[0].lower()
    expect(page.get_by_label("Email")).to_have_value("secure@example.com")


def test_after_the_login_the_page_that_was_asked_for_opens(page: Page) -> None:
    page.goto("/services?state=suspended")
    page.get_by_label("Email").fill("demo@example.com")
    page.get_by_label("Password").fill("demo-Client-Area-1")
    page.get_by_role("button", name="Log in").click()

    expect(page).to_have_url(re.compile(r"/services\?.*state=suspended"))


def test_an_address_elsewhere_is_not_followed_after_the_login(page: Page) -> None:
    for target in ("//evil.example", "https://evil.example", "/\\evil.example"):
        page.context.clear_cookies()
        page.goto(f"/login?next={target}")
        page.get_by_label("Email").fill("demo@example.com")
        page.get_by_label("Password").fill("demo-Client-Area-1")
        page.get_by_role("button", name="Log in").click()

        expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
        assert "evil" not in page.url


@pytest.mark.over_the_broker
def test_logging_out_ends_the_session_and_back_shows_nothing(sign_in: SignIn) -> None:
    page = sign_in()
    cookies = page.context.cookies()
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("button", name="Logout").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()

    page.go_back()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.goto("/account")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_a_form_without_its_token_is_refused_with_a_clear_answer(
    sign_in: SignIn,
) -> None:
    page = sign_in()

    answer = page.request.post("/theme", form={"theme": "dark"})

    assert "That form has expired" in answer.text()
    assert "theme" not in {cookie.get("name") for cookie in page.context.cookies()}
