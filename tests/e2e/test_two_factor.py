"""Two-Factor Authentication: set up, asked for, lost and set up again."""

import re

import pytest
from playwright.sync_api import Page, expect

from launcher.demo.story import TOTP_SECRETS
from tests.e2e.conftest import NewContext, code_of, log_in, secret_on


def answer(page: Page, label: str, code: str) -> None:
    page.get_by_label(label).fill(code)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


def log_out(page: Page) -> None:
    page.goto("/logout")
    page.get_by_role("main").get_by_role("button", name="Log out").click()


@pytest.mark.full
def test_a_phone_is_set_up_lost_and_replaced_without_a_script(
    new_context: NewContext, newcomer: str
) -> None:
    small = {"width": 360, "height": 740}
    page = new_context(viewport=small, java_script_enabled=False).new_page()
    log_in(page, newcomer)
    page.goto("/account/two-factor")
    secret = secret_on(page)
    page.get_by_label("6-digit code").fill("000000")
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_text("This code is wrong")).to_be_visible()
    assert secret_on(page) == secret, "what the app has scanned stays"
    page.get_by_label("6-digit code").fill(code_of(secret, last=True))
    page.get_by_role("button", name="Turn on").click()
    codes = page.locator(".recovery-codes code").all_inner_texts()
    assert len(codes) == 10
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.path().read_text().split() == codes

    log_out(page)
    log_in(page, newcomer)
    page.goto("/account")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    log_in(page, newcomer)
    answer(page, "6-digit code", code_of(secret))

    log_out(page)
    log_in(page, newcomer)
    page.get_by_role("link", name="Use a recovery code").click()
    answer(page, "Recovery code", codes[0].lower())
    page.goto("/account/two-factor")
    expect(page.locator("#recovery-codes")).to_contain_text("9 of 10 left")
    page.get_by_role("link", name="Set up another app").click()
    another = secret_on(page)
    page.get_by_label(re.compile("recovery code")).fill(codes[1])
    page.get_by_label("6-digit code").fill(code_of(another, last=True))
    page.get_by_role("button", name="Use this app").click()
    expect(page.locator("#recovery-codes")).to_contain_text("8 of 10 left")

    log_out(page)
    log_in(page, newcomer)
    answer(page, "6-digit code", code_of(another))


def test_the_demos_secure_customer_gives_a_code(page: Page) -> None:
    ((email, secret),) = TOTP_SECRETS.items()
    log_in(page, email)
    page.goto("/login/second-step?next=/account/two-factor")
    page.get_by_label("6-digit code").fill(code_of(secret))
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("heading", name="Two-Factor Auth")).to_be_visible()
    expect(page.locator(".page-header")).to_contain_text("On")
    page.get_by_label(re.compile("Code from your app")).fill("000000")
    page.get_by_role("button", name="Remove the authenticator app").click()
    expect(page.get_by_text("This code is wrong")).to_be_visible()
