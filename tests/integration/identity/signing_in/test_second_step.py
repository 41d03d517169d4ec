"""Between the password and the session: what a pending log-in is good for."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from services.identity.models.companies import Membership
from services.identity.models.people import User
from services.identity.models.signing_in import LoginSession
from shared.contracts import identity
from shared.contracts.identity.factors import RECOVERY_CODES, Factor
from shared.errors import ContractError, Forbidden, InvalidInput, Unauthenticated
from shared.principal import Strength
from tests.fixtures.hashing import QUICK_HASHER
from tests.fixtures.identity.authenticator import Authenticator
from tests.fixtures.identity.harness import ADDRESS, PUBLIC_URL, IdentityHarness
from tests.fixtures.identity.passkeys import set_up_passkey
from tests.fixtures.identity.two_factor import WRONG, Member

ALICE = "alice@example.com"


@pytest.fixture
def alice(harness: IdentityHarness) -> Member:
    """Alice, who has a second factor and is not logged in."""
    alice = Member.new(harness, ALICE)
    session = harness.log_in(ALICE)
    alice.turn_on(session)
    logging_out = identity.signing_in.LogOut(token=session.token)
    harness.call(identity.signing_in.LOG_OUT, logging_out)
    harness.clock.move(timedelta(seconds=30))
    return alice


def find(harness: IdentityHarness, token: str) -> identity.signing_in.PendingLogin:
    request = identity.second_step.GetPendingLogin(token=token)
    return harness.call(identity.second_step.GET_PENDING_LOGIN, request)


def test_the_password_alone_opens_nothing(
    harness: IdentityHarness, alice: Member
) -> None:
    pending = alice.give_password()

    assert pending.factors == [
        identity.factors.Factor.TOTP,
        identity.factors.Factor.RECOVERY_CODE,
    ]
    with pytest.raises(Unauthenticated, match="session_ended"):
        harness.resume(pending.token)
    with harness.database.system() as db:
        live = db.query(LoginSession).where(LoginSession.ended_at.is_(None))
        assert live.count() == 0


def test_the_session_says_that_a_second_factor_was_given(
    harness: IdentityHarness, alice: Member
) -> None:
    session = alice.log_in()

    principal = harness.principal_of(session)
    assert principal.strength is Strength.SECOND_FACTOR
    assert principal.proved_at == harness.clock.now().replace(microsecond=0)


def test_it_is_answered_once(harness: IdentityHarness, alice: Member) -> None:
    token = alice.give_password().token
    alice.answer(token, alice.code())
    harness.clock.move(timedelta(seconds=30))

    with pytest.raises(Unauthenticated, match="pending_login_ended"):
        alice.answer(token, alice.code())
    with pytest.raises(Unauthenticated, match="pending_login_ended"):
        find(harness, token)


def test_it_lives_for_ten_minutes(harness: IdentityHarness, alice: Member) -> None:
    token = alice.give_password().token
    harness.clock.move(timedelta(minutes=10) - timedelta(seconds=1))
    assert find(harness, token)
    harness.clock.move(timedelta(seconds=1))

    with pytest.raises(Unauthenticated, match="pending_login_ended"):
        alice.answer(token, alice.code())


def test_it_bears_five_wrong_codes(harness: IdentityHarness, alice: Member) -> None:
    token = alice.give_password().token
    for _ in range(5):
        with pytest.raises(InvalidInput, match="wrong_code"):
            alice.answer(token, WRONG)

    with pytest.raises(Unauthenticated, match="pending_login_ended"):
        alice.answer(token, alice.code())
    assert alice.log_in(), "a new one, after the password"


def test_a_changed_password_ends_it(harness: IdentityHarness, alice: Member) -> None:
    token = alice.give_password().token
    harness.clock_tick()
    with harness.database.system() as db:
        db.execute(update(User).values(password_changed_at=harness.clock.now()))

    with pytest.raises(Unauthenticated, match="pending_login_ended"):
        alice.answer(token, alice.code())


@pytest.mark.parametrize("token", ["", "0" * 64, "made up"])
def test_a_made_up_one_is_none(harness: IdentityHarness, token: str) -> None:
    with pytest.raises(Unauthenticated, match="pending_login_ended"):
        find(harness, token)


@pytest.mark.parametrize(
    "code", ["", "12345", "\uff11\uff12\uff13\uff14\uff15\uff16", "x" * 5_000]
)
def test_what_can_be_no_code_is_a_wrong_one(
    harness: IdentityHarness, alice: Member, code: str
) -> None:
    with pytest.raises(InvalidInput, match="wrong_code"):
        alice.log_in(code)


def test_who_belongs_to_no_company_is_not_asked(
    harness: IdentityHarness, alice: Member
) -> None:
    with harness.database.system() as db:
        db.query(Membership).delete()

    with pytest.raises(Forbidden, match="no_company"):
        alice.give_password()


def test_who_has_a_factor_cannot_set_up_another_instead(
    harness: IdentityHarness, alice: Member
) -> None:
    token = alice.give_password().token
    request = identity.second_step.ProposeTotpAtLogin(token=token)

    with pytest.raises(Unauthenticated, match="pending_login_ended"):
        harness.call(identity.second_step.PROPOSE_TOTP_AT_LOGIN, request)


def test_where_a_factor_is_required_it_is_set_up_before_anything_else(
    harness: IdentityHarness,
) -> None:
    harness.is_factor_required = True
    harness.start(QUICK_HASHER)
    alice = Member.new(harness, ALICE)
    pending = alice.give_password()
    assert pending.factors == []
    request = identity.second_step.ProposeTotpAtLogin(token=pending.token)
    proposal = harness.call(identity.second_step.PROPOSE_TOTP_AT_LOGIN, request)
    alice.secret = proposal.secret
    with pytest.raises(InvalidInput, match="wrong_code"):
        alice.answer(pending.token, alice.code())

    done = harness.call(
        identity.second_step.SET_UP_TOTP_AT_LOGIN,
        identity.second_step.SetUpTotpAtLogin(
            token=pending.token,
            proposal=proposal.proposal,
            code=alice.code(),
            address=ADDRESS,
        ),
    )

    assert len(done.recovery_codes) == 10
    assert done.session.user.two_factor_enabled
    harness.clock.move(timedelta(seconds=30))
    session = alice.log_in()
    removing = identity.factors.RemoveTotp(code=alice.code())
    with pytest.raises(ContractError, match="second_factor_required"):
        harness.call(identity.factors.REMOVE_TOTP, removing, session.principal)


def test_where_a_factor_is_required_a_passkey_will_do(harness: IdentityHarness) -> None:
    harness.require_factor()
    alice, device = Member.new(harness, ALICE), Authenticator(PUBLIC_URL)
    token = alice.give_password().token

    done = set_up_passkey(harness, token, device)

    assert len(done.recovery_codes) == RECOVERY_CODES
    assert harness.principal_of(done.session).strength is Strength.SECOND_FACTOR
    again = alice.give_password()
    assert Factor.PASSKEY in again.factors
    with pytest.raises(Unauthenticated, match="pending_login_ended"):
        set_up_passkey(harness, again.token)
