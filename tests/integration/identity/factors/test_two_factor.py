"""Turning a second factor on and off, and what it is worth meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from services.identity.models.factors import AuthenticatorApp
from services.identity.models.notices import Notice
from shared.contract import Method, Request
from shared.contracts import identity
from shared.contracts.identity.notices import NoticeKind
from shared.db.tables import outbox
from shared.errors import (
    Conflict,
    ContractError,
    Forbidden,
    InvalidInput,
    Throttled,
    Unauthenticated,
)
from tests.fixtures.identity.harness import IdentityHarness
from tests.fixtures.identity.two_factor import WRONG, Member

ALICE = "alice@example.com"
A_STEP = timedelta(seconds=30)


@pytest.fixture
def alice(harness: IdentityHarness) -> Member:
    """Alice, who owns a company and has no second factor yet."""
    return Member.new(harness, ALICE)


def kinds(harness: IdentityHarness) -> list[NoticeKind]:
    """Return what people were told, except of logins from new devices."""
    with harness.database.system() as db:
        order = (Notice.created_at, Notice.kind)
        others = select(Notice).where(Notice.kind != NoticeKind.NEW_DEVICE)
        told = db.scalars(others.order_by(*order)).all()
        return sorted({each.kind for each in told}, key=lambda kind: kind.value)


def test_a_log_in_asks_for_the_code_from_then_on(
    harness: IdentityHarness, alice: Member
) -> None:
    session = harness.log_in(ALICE)
    codes = alice.turn_on(session)

    assert len(set(codes)) == 10
    factors = alice.factors(session)
    assert (factors.is_on, factors.recovery_codes_left) == (True, 10)
    harness.clock.move(A_STEP)
    assert alice.log_in().user.two_factor_enabled
    assert kinds(harness) == [NoticeKind.TWO_FACTOR_ON]


def test_members_of_each_company_see_it(
    harness: IdentityHarness, alice: Member
) -> None:
    session = harness.log_in(ALICE)
    alice.turn_on(session)

    with harness.database.system() as db:
        is_it = outbox.c.event_name == "two_factor_changed"
        (envelope,) = db.scalars(select(outbox.c.envelope).where(is_it))
    assert envelope["company_id"] == str(session.company_id)
    assert envelope["body"] == {"user_id": str(session.user.id), "is_on": True}
    member = harness.call(
        identity.memberships.LIST_MEMBERS,
        identity.memberships.ListMembers(),
        session.principal,
    ).members[0]
    assert member.two_factor_enabled


@pytest.mark.parametrize(
    ("seconds", "counts"), [(-60, "no"), (-30, "yes"), (0, "yes"), (30, "no")]
)
def test_only_the_present_code_counts_and_the_last_one(
    harness: IdentityHarness, alice: Member, seconds: int, counts: str
) -> None:
    alice.turn_on(harness.log_in(ALICE))
    harness.clock.move(timedelta(minutes=5))
    pending = alice.give_password()
    harness.clock.move(timedelta(seconds=seconds))
    code = alice.code()
    harness.clock.move(timedelta(seconds=-seconds))

    if counts == "yes":
        assert alice.answer(pending.token, code)
    else:
        with pytest.raises(InvalidInput, match="wrong_code"):
            alice.answer(pending.token, code)


def test_of_two_log_ins_at_once_one_can_use_a_code(
    harness: IdentityHarness, alice: Member
) -> None:
    codes = alice.turn_on(harness.log_in(ALICE))
    harness.clock.move(A_STEP)
    for code in (alice.code(), codes[0]):
        tokens = [alice.give_password().token for _ in range(4)]

        def use(token: str, code: str = code) -> bool:
            try:
                return bool(alice.answer(token, code))
            except InvalidInput:
                return False

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(use, tokens)) == 1


@pytest.mark.parametrize("typed", ["{}", " {} ", "no hyphens", "small"])
def test_a_recovery_code_works_once_however_it_is_typed(
    harness: IdentityHarness, alice: Member, typed: str
) -> None:
    code = alice.turn_on(harness.log_in(ALICE))[3]
    match typed:
        case "no hyphens":
            written = code.replace("-", "").replace("0", "O").replace("1", "l")
        case "small":
            written = code.lower().replace("-", " ")
        case _:
            written = typed.format(code)

    session = alice.log_in(written)

    assert alice.factors(session).recovery_codes_left == 9
    assert NoticeKind.RECOVERY_CODE_USED in kinds(harness)
    with pytest.raises(InvalidInput, match="wrong_code"):
        alice.log_in(code)


def test_nobody_elses_recovery_code_counts(
    harness: IdentityHarness, alice: Member
) -> None:
    bob = Member.new(harness, "bob@example.com", "Borealis Labs")
    bobs = bob.turn_on(harness.log_in("bob@example.com"))
    alice.turn_on(harness.log_in(ALICE))

    with pytest.raises(InvalidInput, match="wrong_code"):
        alice.log_in(bobs[0])
    assert bob.log_in(bobs[0])


def test_new_recovery_codes_replace_those_before(
    harness: IdentityHarness, alice: Member
) -> None:
    session = harness.log_in(ALICE)
    with pytest.raises(Conflict, match="two_factor_is_off"):
        _renew(harness, session)
    old = alice.turn_on(session)

    new = _renew(harness, session)

    assert not set(old) & set(new)
    with pytest.raises(InvalidInput, match="wrong_code"):
        alice.log_in(old[0])
    assert alice.log_in(new[0])


def test_turning_off_takes_a_code(harness: IdentityHarness, alice: Member) -> None:
    session = harness.log_in(ALICE)
    alice.turn_on(session)
    harness.clock.move(A_STEP)
    with pytest.raises(InvalidInput, match="wrong_code"):
        _remove(harness, session, WRONG)
    assert alice.factors(session).is_on

    _remove(harness, session, alice.code())

    factors = alice.factors(session)
    assert (factors.is_on, factors.totp_since) == (False, None)
    assert factors.recovery_codes_left == 0
    assert harness.log_in(ALICE)
    assert NoticeKind.TWO_FACTOR_OFF in kinds(harness)
    with pytest.raises(Conflict, match="two_factor_is_off"):
        _remove(harness, session, WRONG)


def test_another_app_takes_a_code_of_before(
    harness: IdentityHarness, alice: Member
) -> None:
    session = harness.log_in(ALICE)
    codes = alice.turn_on(session)
    with pytest.raises(InvalidInput, match="wrong_code"):
        alice.turn_on(session)
    with pytest.raises(InvalidInput, match="wrong_code"):
        alice.turn_on(session, proof=WRONG)

    assert alice.turn_on(session, proof=codes[0]) == []

    harness.clock.move(A_STEP)
    assert alice.log_in()
    assert alice.log_in(codes[1]), "the recovery codes are the same"
    assert NoticeKind.AUTHENTICATOR_CHANGED in kinds(harness)


def test_a_proposal_is_for_its_person_and_for_an_hour(
    harness: IdentityHarness, alice: Member
) -> None:
    harness.add_owner("bob@example.com", "Borealis Labs")
    bob = harness.log_in("bob@example.com")
    session = harness.log_in(ALICE)
    of_bob = harness.call(
        identity.factors.PROPOSE_TOTP, identity.factors.ProposeTotp(), bob.principal
    )
    alice.secret = of_bob.secret
    for proposal in (of_bob.proposal, "made up", ""):
        request = identity.factors.TurnOnTotp(proposal=proposal, code=alice.code())
        with pytest.raises(InvalidInput, match="proposal_expired"):
            harness.call(identity.factors.TURN_ON_TOTP, request, session.principal)

    harness.clock.move(timedelta(hours=1))
    bob = harness.log_in("bob@example.com")
    request = identity.factors.TurnOnTotp(proposal=of_bob.proposal, code=alice.code())
    with pytest.raises(InvalidInput, match="proposal_expired"):
        harness.call(identity.factors.TURN_ON_TOTP, request, bob.principal)


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        (identity.factors.PROPOSE_TOTP, identity.factors.ProposeTotp()),
        (
            identity.factors.TURN_ON_TOTP,
            identity.factors.TurnOnTotp(proposal="", code=""),
        ),
        (
            identity.factors.RENEW_RECOVERY_CODES,
            identity.factors.RenewRecoveryCodes(),
        ),
        (identity.factors.REMOVE_TOTP, identity.factors.RemoveTotp(code="")),
    ],
    ids=str,
)
def test_factors_change_only_after_a_recent_proof(
    harness: IdentityHarness,
    method: Method[Any, Any],
    request_: Request,
) -> None:
    harness.add_owner(ALICE, "Aurora")
    session = harness.log_in(ALICE)
    harness.clock.move(timedelta(minutes=10))
    principal = harness.resume(session.token).principal

    with pytest.raises(Forbidden, match="step_up_required"):
        harness.call(method, request_, principal)


def test_turning_it_on_and_off_renews_the_session(
    harness: IdentityHarness, alice: Member
) -> None:
    session = harness.log_in(ALICE)
    alice.turn_on(session)
    with pytest.raises(Unauthenticated, match="session_renewed"):
        harness.resume(session.token)
    harness.clock.move(A_STEP)
    session = alice.log_in()
    harness.clock.move(A_STEP)

    _remove(harness, session, alice.code())

    with pytest.raises(Unauthenticated, match="session_renewed"):
        harness.resume(session.token)


def test_guesses_are_limited_for_each_factor(
    harness: IdentityHarness, alice: Member
) -> None:
    codes = alice.turn_on(harness.log_in(ALICE))
    for _ in range(2):
        token = alice.give_password().token
        for _ in range(5):
            with pytest.raises(InvalidInput, match="wrong_code"):
                alice.answer(token, WRONG)
    harness.clock.move(A_STEP)

    with pytest.raises(Throttled, match="too_many_codes") as refusal:
        alice.log_in()
    assert 800 < refusal.value.parameters["retry_after_s"] <= 900
    assert alice.log_in(codes[0]), "a recovery code lets its owner in meanwhile"
    harness.clock.move(timedelta(minutes=15))
    assert alice.log_in()


def test_guesses_of_a_whole_day_are_limited(
    harness: IdentityHarness, alice: Member
) -> None:
    alice.turn_on(harness.log_in(ALICE))
    wrong = 0
    for _ in range(12):
        harness.clock.move(timedelta(minutes=15))
        tokens = [alice.give_password().token for _ in range(2)]
        for token in tokens * 5:
            try:
                alice.answer(token, WRONG)
            except ContractError as refusal:
                wrong += refusal.code == "wrong_code"

    assert wrong == 50


def test_a_secret_is_never_in_the_database_as_it_is(
    harness: IdentityHarness, alice: Member
) -> None:
    alice.turn_on(harness.log_in(ALICE))

    with harness.database.system() as db:
        row = db.scalars(select(AuthenticatorApp)).one()
    assert alice.secret.encode() not in row.secret


def test_keys_rotate_while_it_runs(harness: IdentityHarness, alice: Member) -> None:
    alice.turn_on(harness.log_in(ALICE))
    old, new = harness.factor_keys, Fernet.generate_key()
    harness.factor_keys = new + b"\n" + old
    harness.clock.move(A_STEP)
    assert alice.log_in(), "the old key still opens it"

    harness.run_job("encrypt_with_newest_key")
    harness.factor_keys = new

    harness.clock.move(A_STEP)
    assert alice.log_in(), "the old key isn't needed any more"


def test_an_app_can_be_taken_over_from_elsewhere(
    harness: IdentityHarness, alice: Member
) -> None:
    session = harness.log_in(ALICE)
    operator = harness.principals.operator()
    take = identity.factors.ImportTotp(user_id=session.user.id, secret="too short")
    with pytest.raises(InvalidInput, match="bad_totp_secret"):
        harness.call(identity.factors.IMPORT_TOTP, take, operator)

    take = identity.factors.ImportTotp(
        user_id=session.user.id, secret="jbsw y3dp ehpk 3pxp"
    )
    harness.call(identity.factors.IMPORT_TOTP, take, operator)

    assert alice.log_in()
    assert kinds(harness) == []


def _renew(harness: IdentityHarness, session: identity.signing_in.Session) -> list[str]:
    return harness.call(
        identity.factors.RENEW_RECOVERY_CODES,
        identity.factors.RenewRecoveryCodes(),
        session.principal,
    ).codes


def _remove(
    harness: IdentityHarness, session: identity.signing_in.Session, code: str
) -> None:
    request = identity.factors.RemoveTotp(code=code)
    harness.call(identity.factors.REMOVE_TOTP, request, session.principal)
