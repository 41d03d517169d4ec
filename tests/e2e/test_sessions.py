"""Sessions: confirming who one is, ending others, and getting in during an attack."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import APIRequestContext, Page, expect
from sqlalchemy import text

from launcher.demo.story import PASSWORD
from launcher.machine.layout import Layout
from launcher.machine.processes import wait_until
from launcher.servers.databases import own_urls
from launcher.servers.infrastructure import postgres_of
from services.identity.models.mailed_links import LinkKind
from services.identity.signing_in.throttle import PER_ACCOUNT
from shared.db.database import Database
from shared.principal import load_private_key
from tests.e2e.conftest import WAIT_MS, NewContext, SignIn, log_in
from tests.fixtures.identity.mailed_tokens import mailed_tokens
from tests.fixtures.sites import Site
from tests.fixtures.virtual_authenticator import VirtualAuthenticator

PHONE = {"width": 360, "height": 740}
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"
)
REFUSED_WITHIN_S = 1.0


@pytest.fixture
def identity_database(running: Site) -> Iterator[Database]:
    layout = Layout(running.folder)
    url = own_urls(postgres_of(layout), layout.secrets)["identity"]
    with closing(Database(url)) as database:
        yield database


@pytest.fixture
def age_proofs(identity_database: Database) -> Callable[[str], None]:
    """Lets the last proof of somebody's sessions be too long ago."""

    def age(email: str) -> None:
        with identity_database.system() as db:
            db.execute(
                text(
                    "UPDATE sessions SET proved_at = proved_at - interval '1 hour' "
                    "WHERE user_id = (SELECT id FROM users WHERE email = :email)"
                ),
                {"email": email},
            )

    return age


def is_refused(requests: APIRequestContext) -> bool:
    answer = requests.get("/account", max_redirects=0)
    return answer.headers.get("location", "").startswith("/login")


@pytest.mark.full
@pytest.mark.over_the_broker
def test_another_session_is_ended_after_a_proof_and_thrown_out(
    sign_in: SignIn, newcomer: str, age_proofs: Callable[[str], None]
) -> None:
    page = sign_in(newcomer)
    phone = sign_in(newcomer, viewport=PHONE, user_agent=IPHONE)
    page.goto("/account/sessions")
    age_proofs(newcomer)

    page.get_by_role("button", name="End session: Safari on iOS").click()
    password = page.get_by_role("dialog").get_by_label("Password")
    expect(password).to_be_focused()
    expect(page).to_have_url(re.compile("/account/sessions$"))
    assert Axe().run(page).violations_count == 0
    page.keyboard.type("not-the-password")
    page.keyboard.press("Enter")
    expect(page.locator("#field-password-error")).to_be_visible()
    expect(password).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("The session has ended.")).to_be_visible()

    def is_out_everywhere() -> bool:
        """Whichever process answers."""
        return all(is_refused(phone.request) for _ in range(10))

    assert wait_until(is_out_everywhere, REFUSED_WITHIN_S)
    expect(page.get_by_text("You're not logged in anywhere else.")).to_be_visible()
    expect(phone.get_by_role("heading", name="Log in")).to_be_visible()


@pytest.mark.full
def test_a_passkey_confirms_in_the_dialog(
    sign_in: SignIn, newcomer: str, age_proofs: Callable[[str], None]
) -> None:
    sign_in(newcomer)
    page = sign_in(newcomer)
    device = VirtualAuthenticator.plug_in(page)
    page.goto("/account/two-factor")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("We added your passkey")).to_be_visible()
    page.goto("/account/sessions")
    age_proofs(newcomer)

    page.get_by_role("button", name="End all other sessions").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Recovery code")).to_be_visible()
    assert Axe().run(page).violations_count == 0
    device.fail_to_verify()
    dialog.get_by_role("button", name="Use a passkey").click()
    expect(dialog.get_by_text("No passkey was used")).to_be_visible()
    device.verify()
    dialog.get_by_role("button", name="Use a passkey").click()

    expect(page.get_by_text("You're not logged in anywhere else.")).to_be_visible()


@pytest.mark.full
def test_a_dialog_that_is_cancelled_changes_nothing(
    sign_in: SignIn, newcomer: str, age_proofs: Callable[[str], None]
) -> None:
    other = sign_in(newcomer)
    page = sign_in(newcomer)
    page.goto("/account/sessions")
    age_proofs(newcomer)
    button = page.get_by_role("button", name="End all other sessions")

    button.click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(button).to_be_focused()
    button.click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    assert not is_refused(other.request)


@pytest.mark.full
def test_all_other_sessions_are_ended_without_a_script(
    sign_in: SignIn,
    new_context: NewContext,
    newcomer: str,
    age_proofs: Callable[[str], None],
) -> None:
    other = sign_in(newcomer)
    page = new_context(viewport=PHONE, java_script_enabled=False).new_page()
    log_in(page, newcomer)
    page.goto("/account/sessions")
    age_proofs(newcomer)

    page.get_by_role("button", name="End all other sessions").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_text("1 other session has ended.")).to_be_visible()
    expect(page).to_have_url(re.compile("/account/sessions"))
    assert wait_until(lambda: is_refused(other.request), REFUSED_WITHIN_S)


@pytest.mark.full
def test_a_page_in_another_tab_outlives_a_proof(
    sign_in: SignIn, newcomer: str, age_proofs: Callable[[str], None]
) -> None:
    """Its session has a new token, which the tabs of a browser share."""
    page = sign_in(newcomer)
    tab = page.context.new_page()
    tab.goto("/")
    age_proofs(newcomer)

    page.goto("/confirm?next=/account")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="My Account")).to_be_visible()

    tab.evaluate("htmx.trigger(document.body, 'tab-shown')")
    expect(tab.get_by_role("heading", name="Dashboard")).to_be_visible()
    tab.reload()
    expect(tab.get_by_role("heading", name="Dashboard")).to_be_visible()


def fail(page: Page, email: str) -> None:
    log_in(page, email, "not-the-password")
    expect(page.get_by_role("alert")).to_be_visible()


@pytest.mark.full
def test_an_attacked_accounts_owner_gets_in_from_known_and_new_devices(
    sign_in: SignIn,
    new_context: NewContext,
    newcomer: str,
    running: Site,
    identity_database: Database,
) -> None:
    known = sign_in(newcomer)
    attacker = new_context().new_page()
    for _ in range(PER_ACCOUNT[0].failures):
        fail(attacker, newcomer)

    known.goto("/logout")
    known.get_by_role("main").get_by_role("button", name="Log out").click()
    log_in(known, newcomer)
    expect(known.get_by_role("heading", name="Dashboard")).to_be_visible()

    new = new_context(java_script_enabled=False, viewport=PHONE).new_page()
    fail(new, newcomer)
    new.get_by_role("button", name="Email me a link").click()
    expect(new.get_by_role("heading", name="Check your email")).to_be_visible()
    key = load_private_key(running.folder / "keys" / "principal.key")
    tokens: list[str] = []

    def is_mailed() -> bool:
        tokens[:] = mailed_tokens(identity_database, key, newcomer, LinkKind.LOG_IN)
        return bool(tokens)

    assert wait_until(is_mailed, WAIT_MS / 1000)
    new.goto(f"/login-link/{tokens[-1]}")
    expect(new.get_by_label("Email")).to_have_value(newcomer)
    new.get_by_label("Password").fill(PASSWORD)
    new.get_by_role("button", name="Log in").click()
    expect(new.get_by_role("heading", name="Dashboard")).to_be_visible()
    new.goto(f"/login-link/{tokens[-1]}")
    expect(new.get_by_role("alert")).to_contain_text("was used before")
