"""Members in the browser: what a change of theirs does to the pages they have open."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.identity.roles import TABLE
from shared.contracts import billing, identity
from shared.contracts.identity.memberships import Role
from tests.fixtures.installations import Installation, post, sign_in
from web.page.freshness.changes import SETTLING

OWNER, COLLEAGUE = "ada@example.com", "bob@example.com"
SET_UP = "/account/two-factor"
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@dataclass
class Team:
    """Ada's company, in which Bob, who owns another one, is an administrator."""

    site: Installation
    company: UUID
    other: UUID
    owner: FlaskClient
    colleague: FlaskClient

    @property
    def members(self) -> str:
        return f"/companies/{self.company}/members"

    @property
    def bob(self) -> str:
        return f"{self.members}/{self.site.user_ids[COLLEAGUE]}"

    def poll(self, block: str, tag: str | None = None) -> TestResponse:
        """Let Bob's open page ask for a block of Ada's company."""
        headers = {**PARTIAL, "HX-PTag": tag} if tag else PARTIAL
        address = f"/blocks/{block}?company={self.company}"
        return self.colleague.get(address, headers=headers)

    def change(self, address: str, **form: str) -> None:
        answer = send(self.owner, address, **form)
        assert answer.status_code == 303, answer.text
        self.site.services.deliver_events()


def send(browser: FlaskClient, address: str, **form: str) -> TestResponse:
    return post(browser, address, form_key=str(uuid4()), **form)


@pytest.fixture
def team(site: Installation) -> Team:
    company = site.customer(OWNER, "Ada & Co")
    other = site.customer(COLLEAGUE, "Bob & Co")
    for each in (company, other):
        wallet = billing.wallets.OpenWallet(company_id=each, currency="EUR")
        site.operator.call(billing.wallets.OPEN_WALLET, wallet)
    joining = identity.memberships.AddMember(
        company_id=company, user_id=site.user_ids[COLLEAGUE], role=Role.ADMIN
    )
    site.operator.call(identity.memberships.ADD_MEMBER, joining)
    site.services.deliver_events()
    app = site.app()
    colleague = sign_in(app, COLLEAGUE)
    post(colleague, "/companies/switch", company=str(company))
    site.clock.move(SETTLING * 2)
    return Team(site, company, other, sign_in(app, OWNER), colleague)


def test_who_is_removed_is_thrown_out_at_the_next_poll(team: Team) -> None:
    tag = team.poll("balance").headers["HX-PTag"]

    team.change(f"{team.bob}/remove")

    answer = team.poll("balance", tag)
    assert answer.status_code == 404
    assert answer.headers["HX-Redirect"]
    assert team.colleague.get(team.members).status_code == 404
    # Their own company stays theirs.
    assert "Bob &amp; Co" in team.colleague.get("/").text


def test_who_may_do_less_gets_the_whole_page_again(team: Team) -> None:
    tag = team.poll("balance").headers["HX-PTag"]

    team.change(f"{team.bob}/role", role="technical")

    answer = team.poll("balance", tag)
    assert answer.headers["HX-Refresh"] == "true"
    page = team.colleague.get(f"/companies/{team.company}/profile").text
    assert f"/companies/{team.company}/wallets" not in page
    refused = team.colleague.get(f"/companies/{team.company}/wallets")
    assert refused.status_code == 403


def test_a_required_factor_leads_to_its_set_up_in_this_company_alone(
    team: Team,
) -> None:
    tag = team.poll("balance").headers["HX-PTag"]

    team.change(f"{team.members}/two-factor", is_required="yes")

    assert team.poll("balance", tag).headers["HX-Refresh"] == "true"
    for address in ("/", "/services", team.members, "/funds/add"):
        answer = team.colleague.get(address)
        assert SET_UP in answer.headers.get("Location", ""), address
    sent = send(team.colleague, f"{team.members}/two-factor")
    assert SET_UP in sent.headers["Location"]
    set_up = team.colleague.get(SET_UP)
    assert set_up.status_code == 200
    assert "Ada &amp; Co" in set_up.text
    assert 'data-state="unprotected"' in set_up.text
    assert "not_allowed" not in set_up.text
    elsewhere = team.colleague.get(f"/companies/{team.other}/members")
    assert elsewhere.status_code == 200
    post(team.colleague, "/companies/switch", company=str(team.other))
    assert team.colleague.get("/").status_code == 200


def test_ownership_is_handed_over_once_both_agree(team: Team) -> None:
    bob = team.site.user_ids[COLLEAGUE]
    team.change(f"{team.members}/ownership/offer/{bob}")
    assert "Become an owner" in team.colleague.get(team.members).text

    accepted = send(team.colleague, f"{team.members}/ownership/accept")

    assert accepted.status_code == 303
    team.site.services.deliver_events()
    assert "Hand over ownership" not in team.owner.get(team.bob).text
    ada = team.site.user_ids[OWNER]
    assert "Hand over ownership" in team.colleague.get(f"{team.members}/{ada}").text


def test_a_reminder_is_sent_once_a_day(team: Team) -> None:
    team.change(f"{team.bob}/remind")
    team.change(f"{team.bob}/remind")

    assert "We reminded this member today" in team.owner.get(team.members).text
    notices = team.colleague.get("/account/notices").text
    assert notices.count("asks you to turn on") == 1


def test_help_shows_each_right_of_the_table_in_words(team: Team) -> None:
    page = team.colleague.get("/help/roles").text

    assert page.count('<th scope="row">') == len(TABLE)
