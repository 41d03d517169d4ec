"""Operators remove the factors of who has lost them: later, and after a mail."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from services.identity.models.factors import TwoFactorReset
from services.identity.models.notices import Notice
from shared.contracts import identity
from shared.contracts.identity.notices import Channel, NoticeKind
from shared.errors import ContractError, Unauthenticated
from tests.fixtures.identity.harness import IdentityHarness
from tests.fixtures.identity.two_factor import Member

ALICE = "alice@example.com"
REASON = "Called back on the number we know"


@pytest.fixture
def alice(harness: IdentityHarness) -> Member:
    """Alice, who has a second factor."""
    alice = Member.new(harness, ALICE)
    alice.turn_on(harness.log_in(ALICE))
    harness.clock.move(timedelta(seconds=30))
    return alice


def ask(
    harness: IdentityHarness, email: str = ALICE, reason: str = REASON
) -> identity.factors.TwoFactorReset:
    request = identity.factors.ResetTwoFactor(email=email, reason=reason)
    operator = harness.principals.operator()
    return harness.call(identity.factors.RESET_TWO_FACTOR, request, operator)


def cancel(harness: IdentityHarness) -> None:
    request = identity.factors.CancelTwoFactorReset(email=ALICE)
    operator = harness.principals.operator()
    harness.call(identity.factors.CANCEL_TWO_FACTOR_RESET, request, operator)


def test_a_reset_waits_for_a_day_with_a_mail_at_once(
    harness: IdentityHarness, alice: Member
) -> None:
    session = alice.log_in()
    reset = ask(harness)

    assert reset.due_at == harness.clock.now() + timedelta(hours=24)
    assert alice.factors(session).reset_due_at == reset.due_at
    with harness.database.system() as db:
        kind = Notice.kind == NoticeKind.TWO_FACTOR_RESET_ASKED
        told = db.scalars(select(Notice).where(kind, Notice.channel == Channel.MAIL))
        assert told.one().parameters["due_at"] == reset.due_at.isoformat()
        row = db.scalars(select(TwoFactorReset)).one()
        assert (row.reason, row.operator) == (REASON, "Alice Example")
    harness.clock.move(timedelta(hours=24) - timedelta(seconds=1))
    harness.run_job("reset_factors")
    assert alice.give_password().factors


def test_a_day_later_the_password_is_enough(
    harness: IdentityHarness, alice: Member
) -> None:
    session = alice.log_in()
    ask(harness)
    harness.clock.move(timedelta(hours=24))
    harness.run_job("reset_factors")

    assert not harness.log_in(ALICE).user.two_factor_enabled
    with pytest.raises(Unauthenticated, match="session_ended"):
        harness.resume(session.token)


def test_logging_in_with_a_factor_cancels_it(
    harness: IdentityHarness, alice: Member
) -> None:
    ask(harness)
    alice.log_in()
    harness.clock.move(timedelta(hours=24))
    harness.run_job("reset_factors")

    assert alice.give_password().factors


def test_an_operator_can_cancel_it(harness: IdentityHarness, alice: Member) -> None:
    ask(harness)
    cancel(harness)
    harness.clock.move(timedelta(hours=24))
    harness.run_job("reset_factors")

    assert alice.give_password().factors
    with pytest.raises(ContractError, match="no_reset_waits"):
        cancel(harness)
    assert ask(harness), "it can be asked for again"


def test_what_makes_no_sense_is_refused(
    harness: IdentityHarness, alice: Member
) -> None:
    harness.add_owner("bob@example.com", "Borealis Labs")
    for email, reason, code in (
        ("nobody@example.com", REASON, "no_such_user"),
        ("no email", REASON, "no_such_user"),
        ("bob@example.com", REASON, "two_factor_is_off"),
        (ALICE, " ", "reason_missing"),
        (ALICE, "x" * 501, "bad_reason"),
    ):
        with pytest.raises(ContractError, match=code):
            ask(harness, email, reason)
    ask(harness)
    with pytest.raises(ContractError, match="reset_waits_already"):
        ask(harness)
