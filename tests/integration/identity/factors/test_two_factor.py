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
from shared.errors import Conflict, ContractError, Forbidden, InvalidInput, Throttled
from tests.fixtures.identity.house import House
from tests.fixtures.identity.two_factor import WRONG, Member

ALICE = "alice@example.com"
A_STEP = timedelta(seconds=30)


@pytest.fixture
def alice(house: House) -> Member:
    """Alice, who owns a company and has no second factor yet."""
    return Member.new(house, ALICE)


def kinds(house: House) -> list[NoticeKind]:
    with house.database.system() as db:
        order = (Notice.created_at, Notice.kind)
        told = db.scalars(select(Notice).order_by(*order)).all()
        return sorted({each.kind for each in told}, key=lambda kind: kind.value)


def test_a_log_in_asks_for_the_code_from_then_on(house: House, alice: Member) -> None:
    session = house.log_in(ALICE)
    codes = alice.turn_on(session)

    assert len(set(codes)) == 10
    factors = alice.factors(session)
    assert (factors.is_on, factors.recovery_codes_left) == (True, 10)
    house.clock.move(A_STEP)
    assert alice.log_in().user.two_factor_enabled
    assert kinds(house) == [NoticeKind.TWO_FACTOR_ON]


def test_members_of_each_company_see_it(house: House, alice: Member) -> None:
    session = house.log_in(ALICE)
    alice.turn_on(session)

    with house.database.system() as db:
        is_it = outbox.c.event_name == "two_factor_changed"
        (envelope,) = db.scalars(select(outbox.c.envelope).where(is_it))
    assert envelope["company_id"] == str(session.company_id)
    assert envelope["body"] == {"user_id": str(session.user.id), "is_on": True}
    member = house.call(
        identity.memberships.LIST_MEMBERS,
        identity.memberships.ListMembers(),
        session.principal,
    ).members[0]
    assert member.two_factor_enabled


@pytest.mark.parametrize(
    ("seconds", "counts"), [(-60, "no"), (-30, "yes"), (0, "yes"), (30, "no")]
)
def test_only_the_present_code_counts_and_the_last_one(
    house: House, alice: Member, seconds: int, counts: str
) -> None:
    alice.turn_on(house.log_in(ALICE))
    house.clock.move(timedelta(minutes=5))
    pending = alice.give_password()
    house.clock.move(timedelta(seconds=seconds))
    code = alice.code()
    house.clock.move(timedelta(seconds=-seconds))

    if counts == "yes":
        assert alice.answer(pending.token, code)
    else:
        with pytest.raises(InvalidInput, match="wrong_code"):
            alice.answer(pending.token, code)


def test_of_two_log_ins_at_once_one_can_use_a_code(house: House, alice: Member) -> None:
    codes = alice.turn_on(house.log_in(ALICE))
    house.clock.move(A_STEP)
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
    house: House, alice: Member, typed: str
) -> None:
    code = alice.turn_on(house.log_in(ALICE))[3]
    match typed:
        case "no hyphens":
            written = code.replace("-", "").replace("0", "O").replace("1", "l")
        case "small":
            written = code.lower().replace("-", " ")
        case _:
            written = typed.format(code)

    session = alice.log_in(written)

    assert alice.factors(session).recovery_codes_left == 9
    assert NoticeKind.RECOVERY_CODE_USED in kinds(house)
    with pytest.raises(InvalidInput, match="wrong_code"):
        alice.log_in(code)


def test_nobody_elses_recovery_code_counts(house: House, alice: Member) -> None:
    bob = Member.new(house, "bob@example.com", "Borealis Labs")
    bobs = bob.turn_on(house.log_in("bob@example.com"))
    alice.turn_on(house.log_in(ALICE))

    with pytest.raises(InvalidInput, match="wrong_code"):
        alice.log_in(bobs[0])
    assert bob.log_in(bobs[0])


def test_new_recovery_codes_replace_those_before(house: House, alice: Member) -> None:
    session = house.log_in(ALICE)
    with pytest.raises(Conflict, match="two_factor_is_off"):
        _renew(house, session)
    old = alice.turn_on(session)

    new = _renew(house, session)

    assert not set(old) & set(new)
    with pytest.raises(InvalidInput, match="wrong_code"):
        alice.log_in(old[0])
    assert alice.log_in(new[0])


def test_turning_off_takes_a_code(house: House, alice: Member) -> None:
    session = house.log_in(ALICE)
    alice.turn_on(session)
    house.clock.move(A_STEP)
    with pytest.raises(InvalidInput, match="wrong_code"):
        _remove(house, session, WRONG)
    assert alice.factors(session).is_on

    _remove(house, session, alice.code())

    factors = alice.factors(session)
    assert (factors.is_on, factors.totp_since) == (False, None)
    assert factors.recovery_codes_left == 0
    assert house.log_in(ALICE)
    assert NoticeKind.TWO_FACTOR_OFF in kinds(house)
    with pytest.raises(Conflict, match="two_factor_is_off"):
        _remove(house, session, WRONG)


def test_another_app_takes_a_code_of_before(house: House, alice: Member) -> None:
    session = house.log_in(ALICE)
    codes = alice.turn_on(session)
    with pytest.raises(InvalidInput, match="wrong_code"):
        alice.turn_on(session)
    with pytest.raises(InvalidInput, match="wrong_code"):
        alice.turn_on(session, proof=WRONG)

    assert alice.turn_on(session, proof=codes[0]) == []

    house.clock.move(A_STEP)
    assert alice.log_in()
    assert alice.log_in(codes[1]), "the recovery codes are the same"
    assert NoticeKind.AUTHENTICATOR_CHANGED in kinds(house)


def test_a_proposal_is_for_its_person_and_for_an_hour(
    house: House, alice: Member
) -> None:
    house.add_owner("bob@example.com", "Borealis Labs")
    bob = house.log_in("bob@example.com")
    session = house.log_in(ALICE)
    of_bob = house.call(
        identity.factors.PROPOSE_TOTP, identity.factors.ProposeTotp(), bob.principal
    )
    alice.secret = of_bob.secret
    for proposal in (of_bob.proposal, "made up", ""):
        request = identity.factors.TurnOnTotp(proposal=proposal, code=alice.code())
        with pytest.raises(InvalidInput, match="proposal_expired"):
            house.call(identity.factors.TURN_ON_TOTP, request, session.principal)

    house.clock.move(timedelta(hours=1))
    bob = house.log_in("bob@example.com")
    request = identity.factors.TurnOnTotp(proposal=of_bob.proposal, code=alice.code())
    with pytest.raises(InvalidInput, match="proposal_expired"):
        house.call(identity.factors.TURN_ON_TOTP, request, bob.principal)


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
    house: House,
    method: Method[Any, Any],
    request_: Request,
) -> None:
    house.add_owner(ALICE, "Aurora")
    session = house.log_in(ALICE)
    house.clock.move(timedelta(minutes=10))
    principal = house.resume(session.token).principal

    with pytest.raises(Forbidden, match="step_up_required"):
        house.call(method, request_, principal)


def test_guesses_are_limited_for_each_factor(house: House, alice: Member) -> None:
    codes = alice.turn_on(house.log_in(ALICE))
    for _ in range(2):
        token = alice.give_password().token
        for _ in range(5):
            with pytest.raises(InvalidInput, match="wrong_code"):
                alice.answer(token, WRONG)
    house.clock.move(A_STEP)

    with pytest.raises(Throttled, match="too_many_codes") as refusal:
        alice.log_in()
    assert 800 < refusal.value.parameters["retry_after_s"] <= 900
    assert alice.log_in(codes[0]), "a recovery code lets its owner in meanwhile"
    house.clock.move(timedelta(minutes=15))
    assert alice.log_in()


def test_guesses_of_a_whole_day_are_limited(house: House, alice: Member) -> None:
    alice.turn_on(house.log_in(ALICE))
    wrong = 0
    for _ in range(12):
        house.clock.move(timedelta(minutes=15))
        tokens = [alice.give_password().token for _ in range(2)]
        for token in tokens * 5:
            try:
                alice.answer(token, WRONG)
            except ContractError as refusal:
                wrong += refusal.code == "wrong_code"

    assert wrong == 50


def test_a_secret_is_never_in_the_database_as_it_is(
    house: House, alice: Member
) -> None:
    alice.turn_on(house.log_in(ALICE))

    with house.database.system() as db:
        row = db.scalars(select(AuthenticatorApp)).one()
    assert alice.secret.encode() not in row.secret


def test_keys_rotate_while_it_runs(house: House, alice: Member) -> None:
    alice.turn_on(house.log_in(ALICE))
    old, new = house.factor_keys, Fernet.generate_key()
    house.factor_keys = new + b"\n" + old
    house.clock.move(A_STEP)
    assert alice.log_in(), "the old key still opens it"

    house.run_job("encrypt_with_newest_key")
    house.factor_keys = new

    house.clock.move(A_STEP)
    assert alice.log_in(), "the old key isn't needed any more"


def test_an_app_can_be_taken_over_from_elsewhere(house: House, alice: Member) -> None:
    session = house.log_in(ALICE)
    operator = house.principals.operator()
    take = identity.factors.ImportTotp(user_id=session.user.id, secret="too short")
    with pytest.raises(InvalidInput, match="bad_totp_secret"):
        house.call(identity.factors.IMPORT_TOTP, take, operator)

    take = identity.factors.ImportTotp(
        user_id=session.user.id, secret="jbsw y3dp ehpk 3pxp"
    )
    house.call(identity.factors.IMPORT_TOTP, take, operator)

    assert alice.log_in()
    assert kinds(house) == []


def _renew(house: House, session: identity.signing_in.Session) -> list[str]:
    return house.call(
        identity.factors.RENEW_RECOVERY_CODES,
        identity.factors.RenewRecoveryCodes(),
        session.principal,
    ).codes


def _remove(house: House, session: identity.signing_in.Session, code: str) -> None:
    request = identity.factors.RemoveTotp(code=code)
    house.call(identity.factors.REMOVE_TOTP, request, session.principal)
