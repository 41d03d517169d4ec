"""Changing the password: who may, what is refused, and what ends."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from services.identity.models.notices import Notice
from services.identity.people.passwords import MIN_LENGTH
from services.identity.signing_in.password_changes import WRONG_PASSWORDS
from shared.contract import Nothing
from shared.contracts import identity
from shared.contracts.identity.notices import Channel, NoticeKind
from shared.errors import (
    ContractError,
    Forbidden,
    InvalidInput,
    NotFound,
    Throttled,
    Unauthenticated,
)
from tests.fixtures.identity.house import LISTED, PASSWORD, House

ALICE = "alice@example.com"
NEW = "tram under violet elms"


def change(
    house: House,
    session: identity.signing_in.Session,
    new: str = NEW,
    current: str = PASSWORD,
) -> Nothing:
    request = identity.passwords.ChangePassword(current=current, new=new)
    return house.call(identity.passwords.CHANGE_PASSWORD, request, session.principal)


@pytest.fixture
def session(house: House) -> identity.signing_in.Session:
    house.add_owner(ALICE, "Aurora Digital")
    return house.log_in(ALICE)


def test_the_new_password_replaces_the_old_one(
    house: House, session: identity.signing_in.Session
) -> None:
    house.clock.move(timedelta(minutes=1))

    change(house, session)

    with pytest.raises(Unauthenticated, match="wrong_credentials"):
        house.log_in(ALICE)
    house.log_in(ALICE, NEW)
    account = house.call(
        identity.people.GET_ACCOUNT, identity.people.GetAccount(), session.principal
    )
    assert account.password_changed_at == house.clock.now()


def test_all_other_sessions_end(
    house: House, session: identity.signing_in.Session
) -> None:
    others = [house.log_in(ALICE) for _ in range(2)]
    house.add_owner("bob@example.com", "Borealis")
    bobs = house.log_in("bob@example.com")

    change(house, session)

    for other in others:
        with pytest.raises(Unauthenticated, match="session_ended"):
            house.resume(other.token)
    house.resume(session.token)
    house.resume(bobs.token)


def test_its_owner_is_told_on_the_page_and_by_mail(
    house: House, session: identity.signing_in.Session
) -> None:
    change(house, session)

    with house.database.system() as db:
        notices = list(db.scalars(select(Notice)))
    assert {notice.channel for notice in notices} == set(Channel)
    assert {notice.kind for notice in notices} == {NoticeKind.PASSWORD_CHANGED}
    assert {notice.address for notice in notices} == {"", ALICE}
    assert NEW not in str([notice.parameters for notice in notices])


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ("x" * (MIN_LENGTH - 1), "password_too_short"),
        (LISTED, "password_common"),
        ("aurora-digital-2026", "password_of_context_words"),
        ("Alice.Example!1234", "password_of_context_words"),
        ("qwertyuiop[]", "password_guessable"),
        (PASSWORD, "password_same"),
    ],
)
def test_a_password_that_is_easy_to_guess_changes_nothing(
    house: House, session: identity.signing_in.Session, new: str, code: str
) -> None:
    other = house.log_in(ALICE)

    with pytest.raises(InvalidInput, match=code):
        change(house, session, new)

    house.resume(other.token)
    house.log_in(ALICE)


def test_without_the_current_password_nothing_changes(
    house: House, session: identity.signing_in.Session
) -> None:
    with pytest.raises(InvalidInput, match="wrong_password"):
        change(house, session, current="not-the-password")

    house.log_in(ALICE)


def test_the_current_password_can_be_guessed_a_few_times_only(
    house: House, session: identity.signing_in.Session
) -> None:
    def guess(number: int) -> str:
        try:
            change(house, session, current=f"guess number {number}")
        except ContractError as refusal:
            return refusal.code
        return ""

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(guess, range(WRONG_PASSWORDS.most + 5)))

    assert answers.count("wrong_password") == WRONG_PASSWORDS.most
    with pytest.raises(Throttled, match="too_many_passwords") as refusal:
        change(house, session)
    assert refusal.value.parameters["retry_after_s"] == 900
    house.log_in(ALICE)
    house.clock.move(WRONG_PASSWORDS.window)
    change(house, house.log_in(ALICE))


def test_trying_out_new_passwords_is_no_guess(
    house: House, session: identity.signing_in.Session
) -> None:
    for _ in range(WRONG_PASSWORDS.most + 1):
        with pytest.raises(InvalidInput, match="password_common"):
            change(house, session, LISTED)

    change(house, session)


def test_no_transaction_is_open_while_passwords_are_checked_and_hashed(
    house: House, session: identity.signing_in.Session
) -> None:
    checked_out: list[int] = []
    pool = house.database.engine.pool
    house.offload.before = lambda: checked_out.append(pool.checkedout())  # type: ignore[attr-defined]

    change(house, session)

    assert checked_out == [0, 0, 0]


def test_a_password_changed_in_the_meantime_is_not_overwritten(
    house: House, session: identity.signing_in.Session
) -> None:
    def change_elsewhere() -> None:
        with house.database.system() as db:
            db.execute(text("UPDATE users SET password_hash = password_hash || 'x'"))

    house.offload.before = change_elsewhere

    with pytest.raises(ContractError, match="password_changed_meanwhile"):
        change(house, session)


def test_it_takes_a_recent_proof(
    house: House, session: identity.signing_in.Session
) -> None:
    house.clock.move(timedelta(minutes=11))
    late = house.resume(session.token)

    with pytest.raises(Forbidden, match="step_up_required"):
        change(house, late)


def test_operators_have_no_password(house: House) -> None:
    request = identity.passwords.ChangePassword(current=PASSWORD, new=NEW)

    with pytest.raises(NotFound, match="no_such_user"):
        house.call(
            identity.passwords.CHANGE_PASSWORD, request, house.principals.operator()
        )
