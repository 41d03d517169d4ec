"""A passkey as the second factor: after a password, and instead of an app."""

from dataclasses import replace as changed
from datetime import timedelta

import pytest

from services.identity.factors.passkeys import passkeys_of
from services.identity.notices.notify import Subject
from services.identity.signing_in.pending_logins import MAX_WRONG_CODES
from shared.contracts import identity
from shared.contracts.identity import passkeys as contract
from shared.contracts.identity.factors import RECOVERY_CODES, Factor
from shared.contracts.identity.notices import USE_NOT_ME, FindNotMe, NoticeKind
from shared.errors import Conflict, InvalidInput, Unauthenticated
from shared.principal import Strength
from tests.fixtures.hashing import QUICK_HASHER
from tests.fixtures.identity.harness import IdentityHarness
from tests.fixtures.identity.passkeys import (
    ALICE,
    Person,
    answer_step,
    log_in,
    login_options,
    step_options,
)
from tests.fixtures.identity.two_factor import Member


def test_the_first_passkey_turns_two_factors_on_and_the_last_one_off(
    harness: IdentityHarness,
) -> None:
    alice, member = Person.of(harness), Member(harness, ALICE)

    first, second = alice.add(), alice.add()

    assert len(alice.recovery_codes) == RECOVERY_CODES
    assert member.factors(alice.session).is_on
    assert set(member.give_password().factors) == {
        Factor.PASSKEY,
        Factor.RECOVERY_CODE,
    }
    assert member.log_in(alice.recovery_codes[0]).user.two_factor_enabled
    for passkey in (first, second):
        removal = contract.RemovePasskey(passkey_id=passkey.id)
        alice.call(contract.REMOVE_PASSKEY, removal)
    assert not member.factors(alice.session).is_on
    assert harness.log_in(ALICE).user.email == ALICE


def test_recovery_codes_of_an_app_still_count(harness: IdentityHarness) -> None:
    alice = Person.of(harness)
    Member(harness, ALICE).turn_on(alice.session)

    alice.add()

    assert alice.recovery_codes == []


def test_a_passkey_finishes_a_log_in_with_a_password(harness: IdentityHarness) -> None:
    alice = Person.of(harness)
    alice.add()
    token = Member(harness, ALICE).give_password().token

    credential = alice.authenticator.get(step_options(harness, token))
    session = answer_step(harness, token, credential)

    assert harness.principal_of(session).strength is Strength.SECOND_FACTOR
    with pytest.raises(Unauthenticated, match="pending_login_ended"):
        answer_step(harness, token, credential)


def test_a_security_key_need_not_know_whose_it_is_after_the_password(
    harness: IdentityHarness,
) -> None:
    alice = Person.of(harness)
    alice.add()
    token = Member(harness, ALICE).give_password().token
    key = alice.authenticator.keys[-1]
    alice.authenticator.keys = [changed(key, user_handle=None)]

    assert answer_step(
        harness, token, alice.authenticator.get(step_options(harness, token))
    )
    silent = alice.authenticator.get(login_options(harness))
    with pytest.raises(InvalidInput, match="passkey_refused"):
        log_in(harness, silent)


def test_another_persons_passkey_is_none_and_counts_as_a_wrong_code(
    harness: IdentityHarness,
) -> None:
    alice, bob = Person.of(harness), Person.of(harness, "bob@example.com")
    alice.add()
    bob.add()
    token = Member(harness, ALICE).give_password().token
    right = alice.authenticator.get(step_options(harness, token))

    for _ in range(MAX_WRONG_CODES):
        with pytest.raises(InvalidInput, match="passkey_refused"):
            answer_step(
                harness, token, bob.authenticator.get(step_options(harness, token))
            )
    with pytest.raises(Unauthenticated, match="pending_login_ended"):
        answer_step(harness, token, right)


def test_an_answer_is_for_its_own_pending_log_in(harness: IdentityHarness) -> None:
    alice = Person.of(harness)
    alice.add()
    member = Member(harness, ALICE)
    first, second = member.give_password().token, member.give_password().token
    credential = alice.authenticator.get(step_options(harness, first))

    with pytest.raises(InvalidInput, match="passkey_challenge_ended"):
        answer_step(harness, second, credential)
    with pytest.raises(InvalidInput, match="passkey_challenge_ended"):
        log_in(harness, credential)
    assert answer_step(harness, first, credential).user.email == ALICE


def test_the_last_factor_stays_where_the_provider_asks_for_one(
    harness: IdentityHarness,
) -> None:
    alice = Person.of(harness)
    added = alice.add()
    harness.is_factor_required = True
    harness.start(QUICK_HASHER)

    with pytest.raises(Conflict, match="second_factor_required"):
        alice.call(contract.REMOVE_PASSKEY, contract.RemovePasskey(passkey_id=added.id))
    assert len(alice.listed().passkeys) == 1


def test_support_removes_lost_passkeys_too(harness: IdentityHarness) -> None:
    alice = Person.of(harness)
    alice.add()
    request = identity.factors.ResetTwoFactor(email=ALICE, reason="Called back")
    operator = harness.principals.operator()
    harness.call(identity.factors.RESET_TWO_FACTOR, request, operator)
    harness.clock.move(timedelta(hours=24))
    harness.run_job("reset_factors")

    lost = alice.authenticator.get(login_options(harness))
    with pytest.raises(InvalidInput, match="passkey_unknown"):
        log_in(harness, lost)
    assert not harness.log_in(ALICE).user.two_factor_enabled


def test_a_log_in_with_a_passkey_shows_that_none_is_lost(
    harness: IdentityHarness,
) -> None:
    alice = Person.of(harness)
    alice.add()
    request = identity.factors.ResetTwoFactor(email=ALICE, reason="Called back")
    operator = harness.principals.operator()
    harness.call(identity.factors.RESET_TWO_FACTOR, request, operator)

    log_in(harness, alice.authenticator.get(login_options(harness)))

    harness.clock.move(timedelta(hours=24))
    harness.run_job("reset_factors")
    assert Member(harness, ALICE).give_password().factors


def test_this_was_not_me_takes_a_passkey_of_since_back(
    harness: IdentityHarness,
) -> None:
    alice = Person.of(harness)
    first = alice.add()
    harness.clock_tick()
    harness.tell(ALICE, Subject(NoticeKind.NEW_DEVICE, "1"))
    mine = alice.authenticator.get(login_options(harness))
    alice.add()
    theirs = alice.authenticator.get(login_options(harness))

    token = harness.mailed_token("not-me", ALICE)
    harness.call(USE_NOT_ME, FindNotMe(token=token))

    with harness.database.system() as db:
        kept = passkeys_of(db, alice.session.user.id)
        assert [each.id for each in kept] == [first.id]
    with pytest.raises(InvalidInput, match="passkey_unknown"):
        log_in(harness, theirs)
    with pytest.raises(Unauthenticated, match="login_blocked"):
        log_in(harness, mine)
