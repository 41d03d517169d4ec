"""Members: an owner requires Two-Factor Authentication, and a colleague sets it up."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from launcher.demo.story import PASSWORD
from tests.e2e.conftest import Operate, SignIn, code_of, secret_on

SET_UP = re.compile("/account/two-factor")


@pytest.fixture
def colleague(newcomer: str, operate: Operate) -> str:
    """The email of a viewer in the newcomer's company."""
    email = f"colleague-{uuid4().hex}@example.com"
    words = ["--email", email, "--name", "A Colleague", "--password", PASSWORD]
    user_id = operate("users", "create", *words, "--email-verified")
    company = ["--company", f"Company of {newcomer}"]
    operate("members", "add", *company, "--user", user_id, "--role", "viewer")
    return email


@pytest.mark.full
def test_a_required_factor_is_set_up_before_the_company_opens_again(
    sign_in: SignIn, newcomer: str, colleague: str
) -> None:
    viewer = sign_in(colleague)
    owner = sign_in(newcomer)
    members = _members(owner)
    row = owner.get_by_role("row").filter(has_text="A Colleague")
    expect(row).to_contain_text("Password alone")
    row.get_by_role("button", name="Remind A Colleague").click()
    expect(owner.get_by_text("We sent the reminder.")).to_be_visible()

    owner.get_by_role("button", name="Require it for everyone").click()

    owner.wait_for_url(SET_UP)
    # The dashboard that is open is left at its next poll.
    viewer.wait_for_url(SET_UP, timeout=20_000)
    viewer.get_by_label("6-digit code").fill(code_of(secret_on(viewer), last=True))
    viewer.get_by_role("button", name="Turn on").click()
    expect(viewer.locator(".recovery-codes")).to_be_visible()
    viewer.goto(members)
    mine = viewer.get_by_role("row").filter(has_text="A Colleague")
    expect(mine).to_contain_text("Authenticator app")
    # What a viewer can't do is not offered.
    expect(viewer.get_by_role("button", name=re.compile("Remind"))).to_have_count(0)
    expect(viewer.locator(".person a")).to_have_count(0)


def _members(page: Page) -> str:
    page.goto("/account")
    profile = page.locator("a[href*='/profile']").first.get_attribute("href") or ""
    members = profile.replace("/profile", "/members")
    page.goto(members)
    return members
