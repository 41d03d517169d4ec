"""Verification in the browser: each step changes what may be topped up, at once."""

from contextlib import closing
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from launcher.demo.story import PASSWORD
from launcher.machine.layout import Layout
from launcher.servers.databases import own_urls
from launcher.servers.infrastructure import postgres_of
from services.identity.mailed_links import MailedLinks
from services.identity.models.mailed_links import LinkKind, MailedLink
from shared.db.database import Database
from shared.principal import load_private_key
from tests.e2e.conftest import Operate, SignIn, add_wallet, open_until
from tests.fixtures.sites import Site

STEPS = (
    ("phone", 500, "Verify an identity document"),
    ("identity_document", 1000, ""),
)


@pytest.mark.over_the_broker
@pytest.mark.full
def test_each_step_changes_what_billing_allows(
    sign_in: SignIn, operate: Operate, running: Site
) -> None:
    email = f"newcomer-{uuid4().hex}@example.com"
    words = ["--email", email, "--name", "A Newcomer", "--password", PASSWORD]
    user_id = operate("users", "create", *words)
    company = ["--name", f"Company of {email}", "--country", "DE"]
    operate("companies", "create", *company, "--owner", user_id)
    page = sign_in(email)
    add_wallet(page, "EUR")
    _allows(page, 50, "Verify your email")

    page.locator("main").get_by_role("link", name="Verify your email").click()
    expect(page.locator("#email .step-title")).to_be_visible()
    page.get_by_role("button", name="Send email").click()
    page.get_by_label("Code from the email").fill(_code(running, user_id))
    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.locator("#email .state")).to_contain_text("Verified")
    _allows(page, 100, "Verify your phone")

    for step, most, then in STEPS:
        operate("users", "verify", "--user", user_id, "--step", step)
        _allows(page, most, then)
    page.goto("/account/verification")
    expect(page.locator(".lifted")).to_contain_text("1,000.00")

    expired = ["--step", "phone", "--state", "expired"]
    operate("users", "verify", "--user", user_id, *expired)
    _allows(page, 100, "Verify your phone")


def _allows(page: Page, most: int, then: str) -> None:
    """Whether this can be topped up at once, and more takes the next step."""
    open_until(page, f"/funds/add?net={most}&currency=EUR", "Top Up Now")
    open_until(page, f"/funds/add?net={most + 1}&currency=EUR", then or "maximum")
    expect(page.get_by_role("button", name="Top Up Now")).to_have_count(0)


def _code(running: Site, user_id: str) -> str:
    """Return the code that was mailed to a user."""
    layout = Layout(running.folder)
    url = own_urls(postgres_of(layout), layout.secrets)["identity"]
    links = MailedLinks(load_private_key(running.folder / "keys" / "principal.key"))
    with closing(Database(url)) as database, database.system() as db:
        mailed = select(MailedLink).where(
            MailedLink.user_id == UUID(user_id),
            MailedLink.kind == LinkKind.VERIFY_EMAIL,
        )
        return links.code(db.scalars(mailed).one())
