"""Changing the password: who may, what is refused, and what ends."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from services.identity.credentials.password_changes import WRONG_PASSWORDS
from services.identity.models.notices import Notice
from services.identity.people.passwords import MIN_LENGTH
from shared.contracts import identity
from shared.contracts.identity.notices import Channel, NoticeKind
from shared.contracts.identity.renewed_session import RenewedSession
from shared.errors import (
    ContractError,
    Forbidden,
    InvalidInput,
    NotFound,
    Throttled,
    Unauthenticated,
)
from tests.fixtures.identity.harness import LISTED, PASSWORD, IdentityHarness

ALICE = "alice@example.com"
NEW = "tram under violet elms"


def change(
    harness: IdentityHarness,
    session: identity.signing_in.Session,
    new: str = NEW,
    current: str = PASSWORD,
) -> RenewedSession:
    request = identity.passwords.ChangePassword(current=current, new=new)
    return harness.call(identity.passwords.CHANGE_PASSWORD, request, session.principal)


@pytest.fixture
def session(harness: IdentityHarness) -> identity.signing_in.Session:
    harness.add_owner(ALICE, "Aurora Digital")
    return harness.log_in(ALICE)


def test_the_new_password_replaces_the_old_one(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    harness.clock.move(timedelta(minutes=1))

    change(harness, session)

    with pytest.raises(Unauthenticated, match="wrong_credentials"):
        harness.log_in(ALICE)
    harness.log_in(ALICE, NEW)
    account = harness.call(
        identity.people.GET_ACCOUNT, identity.people.GetAccount(), session.principal
    )
    assert account.password_changed_at == harness.clock.now()


def test_all_other_sessions_end_and_this_one_has_a_new_token(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    others = [harness.log_in(ALICE) for _ in range(2)]
    harness.add_owner("bob@example.com", "Borealis")
    bobs = harness.log_in("bob@example.com")

    renewed = change(harness, session)

    for other in others:
        with pytest.raises(Unauthenticated, match="session_ended"):
            harness.resume(other.token)
    with pytest.raises(Unauthenticated, match="session_renewed"):
        harness.resume(session.token)
    assert harness.resume(renewed.token).company_id == session.company_id
    harness.resume(bobs.token)


def test_its_owner_is_told_on_the_page_and_by_mail(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    change(harness, session)

    with harness.database.system() as db:
        changed = Notice.kind == NoticeKind.PASSWORD_CHANGED
        notices = list(db.scalars(select(Notice).where(changed)))
    assert {notice.channel for notice in notices} == set(Channel)
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
    harness: IdentityHarness, session: identity.signing_in.Session, new: str, code: str
) -> None:
    other = harness.log_in(ALICE)

    with pytest.raises(InvalidInput, match=code):
        change(harness, session, new)

    harness.resume(other.token)
    harness.log_in(ALICE)


def test_without_the_current_password_nothing_changes(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    with pytest.raises(InvalidInput, match="wrong_password"):
        change(harness, session, current="not-the-password")

    harness.log_in(ALICE)


def test_the_current_password_can_be_guessed_a_few_times_only(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    def guess(number: int) -> str:
        try:
            change(harness, session, current=f"guess number {number}")
        except ContractError as refusal:
            return refusal.code
        return ""

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(guess, range(WRONG_PASSWORDS.most + 5)))

    assert answers.count("wrong_password") == WRONG_PASSWORDS.most
    with pytest.raises(Throttled, match="too_many_passwords") as refusal:
        change(harness, session)
    assert refusal.value.parameters["retry_after_s"] == 900
    harness.log_in(ALICE)
    harness.clock.move(WRONG_PASSWORDS.window)
    change(harness, harness.log_in(ALICE))


def test_trying_out_new_passwords_is_no_guess(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    for _ in range(WRONG_PASSWORDS.most + 1):
        with pytest.raises(InvalidInput, match="password_common"):
            change(harness, session, LISTED)

    change(harness, session)


def test_no_transaction_is_open_while_passwords_are_checked_and_hashed(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    checked_out: list[int] = []
    pool = harness.database.engine.pool
    harness.offload.before = lambda: checked_out.append(pool.checkedout())  # type: ignore[attr-defined]

    change(harness, session)

    assert checked_out == [0, 0, 0]


def test_a_password_changed_in_the_meantime_is_not_overwritten(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    def change_elsewhere() -> None:
        with harness.database.system() as db:
            db.execute(text("UPDATE users SET password_hash = password_hash || 'x'"))

    harness.offload.before = change_elsewhere

    with pytest.raises(ContractError, match="password_changed_meanwhile"):
        change(harness, session)


def test_it_takes_a_recent_proof(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    harness.clock.move(timedelta(minutes=11))
    late = harness.resume(session.token)

    with pytest.raises(Forbidden, match="step_up_required"):
        change(harness, late)


def test_operators_have_no_password(harness: IdentityHarness) -> None:
    request = identity.passwords.ChangePassword(current=PASSWORD, new=NEW)

    with pytest.raises(NotFound, match="no_such_user"):
        harness.call(
            identity.passwords.CHANGE_PASSWORD, request, harness.principals.operator()
        )
