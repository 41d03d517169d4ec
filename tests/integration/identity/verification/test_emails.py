"""Verifying the email that one logs in with, by a mailed link or by its code."""

import re
from datetime import timedelta

import pytest

from shared.contracts.identity.people import (
    GET_ACCOUNT,
    Account,
    GetAccount,
    VerificationState,
)
from shared.contracts.identity.verification.emails import (
    ASK_TO_VERIFY_EMAIL,
    FIND_EMAIL_LINK,
    USE_EMAIL_LINK,
    VERIFY_EMAIL,
    AskToVerifyEmail,
    EmailLink,
    VerifyEmail,
)
from shared.errors import Conflict, InvalidInput, NotFound, Throttled
from tests.fixtures.identity.harness import IdentityHarness

ALICE = "alice@example.com"


class Alice:
    """She owns a company, and has not verified her email."""

    def __init__(self, harness: IdentityHarness) -> None:
        self.harness = harness
        harness.add_owner(ALICE, "Aurora")
        self.principal = harness.log_in(ALICE).principal

    def ask(self) -> None:
        request = AskToVerifyEmail()
        self.harness.call(ASK_TO_VERIFY_EMAIL, request, self.principal)

    def mailed(self) -> tuple[str, str]:
        """Return the token and the code of the last mail."""
        self.harness.run_job("send_mails")
        mails = (mail for _, mail in self.harness.kept_mails.mails())
        text = next(it for it in mails if "Verify" in it["Subject"]).get_body(
            ("plain",)
        )
        assert text
        words = text.get_content()
        (token,) = re.findall(r"/verify-email/(\w+)", words)
        (code,) = re.findall(r"\b\d{6}\b", words)
        return token, code

    def enter(self, code: str) -> None:
        self.harness.call(VERIFY_EMAIL, VerifyEmail(code=code), self.principal)

    def account(self) -> Account:
        return self.harness.call(GET_ACCOUNT, GetAccount(), self.principal)

    @property
    def is_verified(self) -> bool:
        return self.account().verifications[0].state is VerificationState.VERIFIED


@pytest.fixture
def alice(harness: IdentityHarness) -> Alice:
    return Alice(harness)


def test_the_code_verifies_the_email_and_then_no_more(alice: Alice) -> None:
    alice.ask()
    assert alice.account().email_code_until
    token, code = alice.mailed()
    alice.enter(f"{code[:3]} {code[3:]}")

    assert alice.is_verified
    assert alice.account().email_code_until is None
    with pytest.raises(NotFound, match="email_code_ended"):
        alice.enter(code)
    with pytest.raises(NotFound, match="link_used"):
        alice.harness.call(USE_EMAIL_LINK, EmailLink(token=token))
    with pytest.raises(Conflict, match="email_is_verified"):
        alice.ask()


def test_the_link_verifies_it_wherever_it_is_opened(alice: Alice) -> None:
    alice.ask()
    token, _ = alice.mailed()
    harness, link = alice.harness, EmailLink(token=token)

    assert harness.call(FIND_EMAIL_LINK, link).email == ALICE
    assert not alice.is_verified
    harness.call(USE_EMAIL_LINK, link)
    assert alice.is_verified
    with pytest.raises(NotFound, match="link_used"):
        harness.call(FIND_EMAIL_LINK, link)


def test_five_wrong_codes_end_a_code(alice: Alice) -> None:
    alice.ask()
    _, code = alice.mailed()
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for _ in range(5):
        with pytest.raises(InvalidInput, match="wrong_email_code"):
            alice.enter(wrong)

    with pytest.raises(Throttled, match="email_code_ended"):
        alice.enter(code)
    alice.ask()
    alice.enter(alice.mailed()[1])
    assert alice.is_verified


def test_a_later_mail_ends_the_one_before_and_an_hour_ends_both(alice: Alice) -> None:
    alice.ask()
    _, first = alice.mailed()
    alice.ask()
    token, second = alice.mailed()
    with pytest.raises(InvalidInput, match="wrong_email_code"):
        alice.enter(first)

    alice.harness.clock.move(timedelta(hours=1))
    alice.principal = alice.harness.log_in(ALICE).principal
    with pytest.raises(NotFound, match="email_code_ended"):
        alice.enter(second)
    with pytest.raises(NotFound, match="link_expired"):
        alice.harness.call(USE_EMAIL_LINK, EmailLink(token=token))


def test_mails_are_limited(alice: Alice) -> None:
    for _ in range(5):
        alice.ask()

    with pytest.raises(Throttled, match="too_many_email_codes"):
        alice.ask()
