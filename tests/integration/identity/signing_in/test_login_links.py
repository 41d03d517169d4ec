"""Login links: the owner's way in from a new device during an attack."""

import pytest
from sqlalchemy import func, select

from services.identity.mailed_links import NOT_BEFORE
from services.identity.models.mailed_links import LinkKind
from services.identity.models.signing_in import LoginLinkRequest
from services.identity.signing_in.login_links import LIFETIME, PER_ADDRESS
from services.identity.signing_in.throttle import PER_ACCOUNT
from shared.contract import Nothing
from shared.contracts import identity
from shared.errors import NotFound, Throttled, Unauthenticated
from tests.fixtures.identity.harness import ADDRESS, IdentityHarness
from tests.fixtures.identity.mailed_tokens import mailed_tokens

ALICE = "alice@example.com"
WRONG = "not-the-password"


def ask(
    harness: IdentityHarness, email: str = ALICE, address: str = ADDRESS
) -> Nothing:
    request = identity.login_links.AskForLoginLink(email=email, address=address)
    return harness.call(identity.login_links.ASK_FOR_LOGIN_LINK, request)


def mailed(harness: IdentityHarness) -> list[str]:
    """The links' tokens in the mails to Alice, newest last."""
    key = harness.principals.signing_key
    return mailed_tokens(harness.database, key, ALICE, LinkKind.LOG_IN)


def show(harness: IdentityHarness, token: str) -> str:
    request = identity.login_links.ShowLoginLink(token=token)
    return harness.call(identity.login_links.SHOW_LOGIN_LINK, request).email


@pytest.fixture
def link(harness: IdentityHarness) -> str:
    """A link of Alice's, whose account is under attack."""
    harness.add_owner(ALICE, "Aurora")
    for _ in range(PER_ACCOUNT[0].failures):
        with pytest.raises(Unauthenticated):
            harness.log_in(ALICE, WRONG)
    with pytest.raises(Throttled):
        harness.log_in(ALICE)
    ask(harness)
    harness.run_job("send_login_links")
    (token,) = mailed(harness)
    return token


def test_a_link_lets_its_owner_in_from_a_new_device_once(
    harness: IdentityHarness, link: str
) -> None:
    assert show(harness, link) == ALICE
    device = harness.log_in(ALICE, link=link).device

    with pytest.raises(NotFound, match="link_used"):
        show(harness, link)
    with pytest.raises(Throttled):
        harness.log_in(ALICE, link=link)
    harness.log_in(ALICE, device=device)


def test_a_link_is_no_way_round_the_password(
    harness: IdentityHarness, link: str
) -> None:
    for _ in range(PER_ACCOUNT[0].failures):
        with pytest.raises(Unauthenticated):
            harness.log_in(ALICE, WRONG, link=link)

    with pytest.raises(Throttled):
        harness.log_in(ALICE, link=link)


def test_a_link_is_for_one_account(harness: IdentityHarness, link: str) -> None:
    harness.add_owner("bob@example.com", "Borealis")
    for _ in range(PER_ACCOUNT[0].failures):
        with pytest.raises(Unauthenticated):
            harness.log_in("bob@example.com", WRONG, link=link)

    with pytest.raises(Throttled):
        harness.log_in("bob@example.com", link=link)
    assert show(harness, link) == ALICE


def test_a_link_lasts_ten_minutes(harness: IdentityHarness, link: str) -> None:
    harness.clock.move(LIFETIME)

    with pytest.raises(NotFound, match="link_expired"):
        show(harness, link)
    with pytest.raises(Throttled):
        harness.log_in(ALICE, link=link)


def test_nobody_who_asks_learns_whether_there_is_an_account(
    harness: IdentityHarness,
) -> None:
    harness.add_owner(ALICE, "Aurora")

    for email in (ALICE, "nobody@example.com", "no address"):
        assert ask(harness, email) == Nothing()
    with harness.database.system() as db:
        # The answer cost the same: the job looks for the account later.
        assert db.scalar(select(func.count()).select_from(LoginLinkRequest)) == 3
    harness.run_job("send_login_links")

    assert len(mailed(harness)) == 1
    with harness.database.system() as db:
        assert db.scalar(select(func.count()).select_from(LoginLinkRequest)) == 0


def test_who_asks_often_is_sent_one_link_that_is_still_good(
    harness: IdentityHarness,
) -> None:
    """Also where somebody else asks all the time, so that no mail comes."""
    harness.add_owner(ALICE, "Aurora")
    for number in range(6):
        ask(harness, address=f"198.51.100.{number}")
        harness.run_job("send_login_links")
        harness.clock.move(NOT_BEFORE / 3)

        assert show(harness, mailed(harness)[-1]) == ALICE

    assert len(mailed(harness)) == 2


def test_an_address_asks_for_a_few_links_only(harness: IdentityHarness) -> None:
    limit = PER_ADDRESS
    for number in range(limit.most):
        ask(harness, f"victim{number}@example.com")

    with pytest.raises(Throttled) as refusal:
        ask(harness)

    assert refusal.value.parameters["retry_after_s"] == limit.window.total_seconds()
    ask(harness, address="192.0.2.99")
    # Asking is no guess: who has asked may log in.
    harness.add_owner(ALICE, "Aurora")
    harness.log_in(ALICE)
