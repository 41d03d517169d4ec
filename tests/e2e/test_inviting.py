"""A colleague is invited, and joins in a browser of their own."""

from collections.abc import Callable
from contextlib import closing
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from launcher.demo.story import PASSWORD
from launcher.machine.layout import Layout
from launcher.servers.databases import own_urls
from launcher.servers.infrastructure import postgres_of
from services.identity.models.mailed_links import LinkKind
from shared.db.database import Database
from shared.principal import load_private_key
from tests.e2e.conftest import NewContext, Operate, SignIn
from tests.fixtures.identity.mailed_tokens import mailed_tokens
from tests.fixtures.sites import Site

NEW = "tram under violet elms"
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def invited_by(running: Site) -> Callable[[str], str]:
    """Finds the address of the invitation that was mailed to somebody."""
    layout = Layout(running.folder)
    url = own_urls(postgres_of(layout), layout.secrets)["identity"]
    key = load_private_key(running.folder / "keys" / "principal.key")

    def find(email: str) -> str:
        with closing(Database(url)) as database:
            *_, token = mailed_tokens(database, key, email, LinkKind.INVITE)
        return f"/invitations/{token}"

    return find


@pytest.fixture
def owner(operate: Operate) -> str:
    """The email of an owner who may invite people."""
    email = f"owner-{uuid4().hex}@example.com"
    words = ["--email", email, "--name", "Olga Owner", "--password", PASSWORD]
    user_id = operate("users", "create", *words, "--email-verified")
    company = ["--name", f"Company of {email}", "--country", "DE"]
    operate("companies", "create", *company, "--owner", user_id)
    operate("users", "verify", "--user", user_id, "--step", "phone")
    return email


@pytest.mark.full
@pytest.mark.over_the_broker
@pytest.mark.parametrize("script", [True, False])
def test_a_colleague_joins_and_sees_what_a_viewer_may(
    sign_in: SignIn,
    new_context: NewContext,
    owner: str,
    invited_by: Callable[[str], str],
    *,
    script: bool,
) -> None:
    colleague = f"colleague-{uuid4().hex}@example.com"
    page = sign_in(owner, java_script_enabled=script)
    page.goto("/account")
    page.locator("main a[href*='/profile']").first.click()
    page.get_by_role("link", name="Members", exact=True).click()
    page.get_by_role("link", name="Invite").click()
    page.get_by_label("Email").fill(colleague)
    page.get_by_label("Viewer").check()
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_text(f"We sent an invitation to {colleague}.")).to_be_visible()
    expect(page.get_by_role("button", name="Withdraw")).to_be_visible()

    other = new_context(viewport=PHONE, java_script_enabled=script).new_page()
    other.goto(invited_by(colleague))
    if script:
        assert Axe().run(other).violations_count == 0
    other.get_by_label("Your name").fill("Nia New")
    other.get_by_label("New password").fill(NEW)
    other.get_by_label("New password").press("Enter")

    expect(other.get_by_role("heading", name="Dashboard")).to_be_visible()
    other.goto(page.url)
    expect(other.locator("#members").get_by_text("Nia New")).to_be_visible()
    expect(other.get_by_role("link", name="Invite")).to_have_count(0)
    assert other.goto(f"{page.url}/invite").status == 403  # type: ignore[union-attr]
    page.reload()
    expect(page.locator("#members").get_by_text("Nia New")).to_be_visible()
    if script:
        assert Axe().run(page).violations_count == 0
