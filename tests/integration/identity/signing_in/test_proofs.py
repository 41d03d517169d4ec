"""Proving again who one is: a new token for the session, and a fresh principal."""

from datetime import timedelta

import pytest

from services.identity.signing_in.throttle import PER_ACCOUNT
from shared.contracts import identity
from shared.errors import Forbidden, InvalidInput, Throttled, Unauthenticated
from shared.principal import PROOF_LIFETIME
from tests.fixtures.identity.harness import IdentityHarness
from tests.fixtures.identity.passkeys import Person, proof_options, prove
from tests.fixtures.identity.two_factor import WRONG as WRONG_CODE
from tests.fixtures.identity.two_factor import Member

ALICE = "alice@example.com"
WRONG = "not-the-password"
SECOND = timedelta(seconds=1)


@pytest.fixture
def session(harness: IdentityHarness) -> identity.signing_in.Session:
    """A session whose last proof is too old."""
    harness.add_owner(ALICE, "Aurora")
    session = harness.log_in(ALICE)
    harness.clock.move(PROOF_LIFETIME)
    return harness.resume(session.token)


def end_others(harness: IdentityHarness, session: identity.signing_in.Session) -> None:
    """Do what needs a recent proof."""
    request = identity.sessions.EndOtherSessions()
    harness.call(identity.sessions.END_OTHER_SESSIONS, request, session.principal)


def test_a_login_is_a_proof_for_ten_minutes(harness: IdentityHarness) -> None:
    harness.add_owner(ALICE, "Aurora")
    session = harness.log_in(ALICE)
    harness.clock.move(PROOF_LIFETIME - 2 * SECOND)
    end_others(harness, harness.resume(session.token))
    harness.clock.move(2 * SECOND)

    with pytest.raises(Forbidden, match="step_up_required"):
        end_others(harness, harness.resume(session.token))


def test_a_proof_gives_the_session_a_new_token_and_ends_the_old_one(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    renewed = harness.prove(session.token)

    end_others(harness, renewed)
    assert renewed.token != session.token
    with pytest.raises(Unauthenticated, match="session_renewed"):
        harness.resume(session.token)
    assert harness.resume(renewed.token).company_id == session.company_id
    before, after = harness.principal_of(session), harness.principal_of(renewed)
    assert after.session_id == before.session_id


def test_a_proof_that_is_sent_twice_is_right_twice(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    first = harness.prove(session.token)
    second = harness.prove(session.token)

    with pytest.raises(Unauthenticated, match="session_renewed"):
        harness.resume(first.token)
    end_others(harness, second)


def test_the_old_token_of_a_session_that_has_ended_is_one_that_has_ended(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    renewed = harness.prove(session.token)
    log_out = identity.signing_in.LogOut(token=renewed.token)
    harness.call(identity.signing_in.LOG_OUT, log_out)

    for token in (session.token, renewed.token, "f" * 64):
        with pytest.raises(Unauthenticated, match="session_ended"):
            harness.resume(token)
        with pytest.raises(Unauthenticated, match="session_ended"):
            harness.prove(token)


def test_a_wrong_proof_changes_nothing(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    with pytest.raises(InvalidInput, match="wrong_password"):
        harness.prove(session.token, WRONG)

    with pytest.raises(Forbidden, match="step_up_required"):
        end_others(harness, harness.resume(session.token))


def test_wrong_proofs_are_throttled_for_the_session_alone(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    for _ in range(PER_ACCOUNT[0].failures):
        with pytest.raises(InvalidInput, match="wrong_password"):
            harness.prove(session.token, WRONG)

    with pytest.raises(Throttled, match="too_many_logins"):
        harness.prove(session.token)
    harness.prove(harness.log_in(ALICE).token)


def test_who_has_an_app_proves_it_by_a_code_as_well(harness: IdentityHarness) -> None:
    bob = Member.new(harness, "bob@example.com")
    recovery_codes = bob.turn_on(harness.log_in(bob.email))
    harness.clock.move(PROOF_LIFETIME)
    session = bob.log_in()

    for code in ("", WRONG_CODE, bob.code()):  # the last one has just been used
        with pytest.raises(InvalidInput, match="wrong_code"):
            harness.prove(session.token, code=code)
    assert harness.resume(session.token)
    with pytest.raises(InvalidInput, match="wrong_password"):
        harness.prove(session.token, WRONG, recovery_codes[0])

    renewed = harness.prove(session.token, code=recovery_codes[0])
    harness.clock.move(PROOF_LIFETIME)
    end_others(harness, harness.prove(renewed.token, code=bob.code()))


def test_wrong_codes_of_proofs_are_limited(harness: IdentityHarness) -> None:
    bob = Member.new(harness, "bob@example.com")
    session = harness.log_in(bob.email)
    bob.turn_on(session)
    harness.clock.move(SECOND)
    for _ in range(10):
        with pytest.raises(InvalidInput, match="wrong_code"):
            harness.prove(session.token, code=WRONG_CODE)

    with pytest.raises(Throttled, match="too_many_codes"):
        harness.prove(session.token, code=bob.code())


def test_an_attack_from_elsewhere_keeps_nobody_from_proving(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    for _ in range(PER_ACCOUNT[0].failures):
        with pytest.raises(Unauthenticated):
            harness.log_in(ALICE, WRONG)

    end_others(harness, harness.prove(session.token))


@pytest.fixture
def bob(harness: IdentityHarness) -> Person:
    """Somebody whose only second factor is a passkey; their last proof is too old."""
    bob = Person.of(harness, "bob@example.com")
    bob.add()
    harness.clock.move(PROOF_LIFETIME)
    bob.session = harness.resume(bob.session.token)
    return bob


def test_a_passkey_alone_is_a_proof(harness: IdentityHarness, bob: Person) -> None:
    token = bob.session.token
    credential = bob.authenticator.get(proof_options(harness, token))

    renewed = prove(harness, token, credential)

    end_others(harness, renewed)
    with pytest.raises(InvalidInput, match="passkey_challenge_ended"):
        prove(harness, renewed.token, credential)


def test_who_has_a_passkey_alone_proves_nothing_by_the_password(
    harness: IdentityHarness, bob: Person
) -> None:
    for code in ("", WRONG_CODE):
        with pytest.raises(InvalidInput, match="wrong_code"):
            harness.prove(bob.session.token, code=code)

    end_others(harness, harness.prove(bob.session.token, code=bob.recovery_codes[0]))


def test_a_proof_takes_a_passkey_and_a_challenge_of_its_own_session(
    harness: IdentityHarness, bob: Person
) -> None:
    token = bob.session.token
    eve = Person.of(harness, "eve@example.com")
    eve.add()
    other = eve.authenticator.get(proof_options(harness, eve.session.token))
    with pytest.raises(InvalidInput, match="passkey_challenge_ended"):
        prove(harness, token, other)
    foreign = eve.authenticator.get(proof_options(harness, token))
    with pytest.raises(InvalidInput, match="passkey_refused"):
        prove(harness, token, foreign)

    with pytest.raises(Forbidden, match="step_up_required"):
        end_others(harness, harness.resume(token))
