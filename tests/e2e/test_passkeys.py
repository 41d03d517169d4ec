"""Passkeys in a real browser, with its virtual authenticator."""

import base64
import re
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Request, expect

from launcher.machine.processes import wait_until
from tests.e2e.conftest import WAIT_MS, NewContext, SignIn, log_in
from tests.fixtures.looks import overflow
from tests.fixtures.virtual_authenticator import VirtualAuthenticator

DASHBOARD = re.compile(r"/(\?.*)?$")
PASSKEYS = "/account/two-factor"


@pytest.fixture
def page(sign_in: SignIn, newcomer: str) -> Page:
    """Somebody new, who has logged in with their password."""
    page = sign_in(newcomer)
    page.goto(PASSKEYS)
    return page


@pytest.fixture
def device(page: Page) -> VirtualAuthenticator:
    """Their device, which has a passkey of theirs."""
    device = VirtualAuthenticator.plug_in(page)
    add_passkey(page)
    return device


def add_passkey(page: Page) -> None:
    page.goto(PASSKEYS)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("We added your passkey")).to_be_visible()


def log_out(page: Page) -> None:
    page.context.clear_cookies()


def ask_for_passkey(page: Page, device: VirtualAuthenticator) -> None:
    """Log in by the button, with nobody there while the page offers it by itself."""
    log_out(page)
    device.let_nobody_be_there()
    page.goto("/login")
    button = page.get_by_role("button", name="Use a passkey")
    expect(button).to_be_visible()
    device.let_somebody_be_there()
    button.click()


def alert(page: Page) -> str:
    return page.get_by_role("alert").filter(visible=True).inner_text()


def test_a_passkey_alone_logs_in(page: Page, device: VirtualAuthenticator) -> None:
    ask_for_passkey(page, device)

    expect(page).to_have_url(DASHBOARD)
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


@pytest.mark.full
def test_autofill_logs_in_and_a_copy_of_the_answer_does_not(
    page: Page, device: VirtualAuthenticator, new_context: NewContext
) -> None:
    log_out(page)
    with page.expect_request(is_answer) as sent:
        page.goto("/login?next=/account")
    # Who waits for a finger sees the page; here it is the browser that answers.
    expect(page.get_by_role("heading", name="My Account")).to_be_visible()

    headers = sent.value.all_headers()
    kept = {name: headers[name] for name in ("cookie", "content-type")}
    thief = new_context().request
    replayed = thief.post("/login/passkey", data=sent.value.post_data, headers=kept)

    assert replayed.status == 422
    assert "sent twice" in replayed.text()


def is_answer(request: Request) -> bool:
    """Whether it is the form with what the browser's WebAuthn call answered."""
    return urlsplit(request.url).path == "/login/passkey"


def test_after_the_password_a_passkey_is_the_second_step(
    page: Page, device: VirtualAuthenticator, newcomer: str
) -> None:
    expect(page.get_by_role("heading", name="Save your recovery codes")).to_be_visible()
    code = page.locator(".recovery-codes code").first.inner_text()
    log_out(page)
    device.let_nobody_be_there()
    log_in(page, newcomer)
    device.let_somebody_be_there()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(DASHBOARD)

    log_out(page)
    device.let_nobody_be_there()
    log_in(page, newcomer)
    page.get_by_role("link", name="Use a recovery code").click()
    page.get_by_label("Recovery code").fill(code)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(DASHBOARD)


@pytest.mark.full
def test_what_no_authenticator_of_theirs_would_do_is_refused(
    page: Page, device: VirtualAuthenticator
) -> None:
    """A counter that goes back, another person's passkey, nobody verified."""
    own = device.credential
    ask_for_passkey(page, device)
    expect(page).to_have_url(DASHBOARD)
    stranger = base64.b64encode(UUID(int=1).bytes).decode()

    for copy in ({"signCount": 0}, {"signCount": 99, "userHandle": stranger}):
        device.replace_credential(**copy)
        ask_for_passkey(page, device)
        assert "can't accept this passkey" in alert(page), copy
    device.replace_credential(signCount=200, userHandle=own["userHandle"])
    device.forget_to_verify()
    ask_for_passkey(page, device)
    assert "can't accept this passkey" in alert(page)
    device.fail_to_verify()
    ask_for_passkey(page, device)
    assert "No passkey was used" in alert(page)
    page.goto(PASSKEYS)
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


@pytest.mark.full
def test_a_removed_passkey_leaves_the_device_and_opens_nothing(
    page: Page, device: VirtualAuthenticator
) -> None:
    copy = device.credential
    page.goto(PASSKEYS)
    page.get_by_role("button", name="Add a passkey").click()
    assert "already has a passkey" in alert(page)

    page.locator("#passkeys li a").click()
    page.get_by_label("Name").fill("My laptop")
    page.get_by_role("button", name="Save the name").click()
    page.get_by_role("link", name="My laptop").click()
    page.get_by_role("button", name="Remove this passkey").click()

    expect(page.get_by_text("We removed the passkey")).to_be_visible()
    assert wait_until(lambda: device.credentials == [], WAIT_MS / 1000)
    device.keep(copy)
    ask_for_passkey(page, device)
    assert "was removed" in alert(page)


@pytest.mark.full
def test_without_script_or_passkeys_the_pages_say_what_to_do(
    page: Page, new_context: NewContext
) -> None:
    cookies = page.context.storage_state()
    plain = new_context(java_script_enabled=False, storage_state=cookies).new_page()
    old = new_context(storage_state=cookies).new_page()
    old.add_init_script("delete window.PublicKeyCredential")

    for address in (PASSKEYS, "/login"):
        if address == "/login":
            plain.context.clear_cookies()
            old.context.clear_cookies()
        plain.goto(address)
        expect(plain.get_by_text("turn on JavaScript")).to_be_visible()
        old.goto(address)
        expect(old.get_by_text("This browser can't use passkeys")).to_be_visible()
        for opened in (plain, old):
            button = opened.get_by_role("button", name=re.compile("passkey"))
            expect(button).not_to_be_visible()
    expect(plain.get_by_role("button", name="Show password")).not_to_be_visible()


@pytest.mark.full
def test_the_pages_of_passkeys_are_accessible_and_fit(
    page: Page, device: VirtualAuthenticator
) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    device.let_nobody_be_there()
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.goto(PASSKEYS)
        look(page)
        page.locator("#passkeys li a").click()
        expect(page.get_by_role("button", name="Remove this passkey")).to_be_visible()
        look(page)
    log_out(page)
    page.goto("/login")
    look(page)
    shown = page.get_by_role("button", name="Show password")
    password = page.get_by_label("Password", exact=True)
    password.fill("a secret")
    shown.press("Enter")
    expect(password).to_have_attribute("type", "text")
    expect(shown).to_have_attribute("aria-pressed", "true")


def look(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert overflow(page) == 0
