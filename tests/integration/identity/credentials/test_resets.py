"""A forgotten password: the request, the link by mail, and the new password."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import event, func, select, text

from services.identity.credentials.resets import (
    LINK_LIFETIME,
    PER_ADDRESS,
    PER_LINK,
)
from services.identity.mailed_links import NOT_BEFORE, MailedLinks
from services.identity.models.mailed_links import LinkKind
from services.identity.models.notices import Notice
from services.identity.models.signing_in import ResetRequest
from shared.contracts import identity
from shared.contracts.identity.notices import Channel, NoticeKind
from shared.errors import ContractError, InvalidInput, NotFound, Throttled
from tests.fixtures.identity.harness import ADDRESS, LISTED, PASSWORD, IdentityHarness
from tests.fixtures.identity.mailed_tokens import reset_tokens
from tests.fixtures.identity.two_factor import Member

ALICE = "alice@example.com"
NEW = "tram under violet elms"


def ask(harness: IdentityHarness, email: str = ALICE, address: str = ADDRESS) -> None:
    request = identity.passwords.AskForReset(email=email, address=address)
    harness.call(identity.passwords.ASK_FOR_RESET, request)


def mailed_tokens(harness: IdentityHarness) -> list[str]:
    """The tokens of the links that have been mailed, the newest last."""
    harness.run_job("send_reset_links")
    return reset_tokens(harness.database, harness.principals.signing_key, ALICE)


def find(harness: IdentityHarness, token: str) -> identity.passwords.Reset:
    request = identity.passwords.FindReset(token=token)
    return harness.call(identity.passwords.FIND_RESET, request)


def reset(harness: IdentityHarness, token: str, new: str = NEW) -> None:
    request = identity.passwords.ResetPassword(token=token, new=new)
    harness.call(identity.passwords.RESET_PASSWORD, request)


@pytest.fixture
def token(harness: IdentityHarness) -> str:
    harness.add_owner(ALICE, "Aurora")
    ask(harness)
    (token,) = mailed_tokens(harness)
    return token


def test_the_mailed_link_sets_the_password_and_opens_no_session(
    harness: IdentityHarness, token: str
) -> None:
    sessions = [harness.log_in(ALICE) for _ in range(2)]

    assert find(harness, token).email == ALICE
    reset(harness, token)

    harness.log_in(ALICE, NEW)
    with pytest.raises(ContractError, match="wrong_credentials"):
        harness.log_in(ALICE, PASSWORD)
    for session in sessions:
        with pytest.raises(ContractError, match="session_ended"):
            harness.resume(session.token)
    with harness.database.system() as db:
        alive = db.scalar(text("SELECT count(*) FROM sessions WHERE ended_at IS NULL"))
    assert alive == 1


def test_after_a_reset_the_second_factor_is_asked_for(harness: IdentityHarness) -> None:
    alice = Member.new(harness, ALICE)
    alice.turn_on(harness.log_in(ALICE))
    pending = alice.give_password()
    harness.clock.move(timedelta(minutes=1))
    ask(harness)
    (token,) = mailed_tokens(harness)

    reset(harness, token)

    with pytest.raises(ContractError, match="pending_login_ended"):
        alice.answer(pending.token, alice.code())
    request = identity.signing_in.LogIn(email=ALICE, password=NEW, address=ADDRESS)
    asked = harness.call(identity.signing_in.LOG_IN, request)
    assert asked.session is None
    assert asked.pending
    alice.answer(asked.pending.token, alice.code())


def test_its_owner_is_told_that_the_password_was_changed(
    harness: IdentityHarness, token: str
) -> None:
    reset(harness, token)

    with harness.database.system() as db:
        kinds = db.scalars(
            select(Notice.kind).where(Notice.channel == Channel.MAIL)
        ).all()
    assert kinds.count(NoticeKind.PASSWORD_CHANGED) == 1


def test_a_link_is_used_once_also_in_parallel(
    harness: IdentityHarness, token: str
) -> None:
    def use(number: int) -> str:
        try:
            reset(harness, token, f"{NEW} {number}")
        except ContractError as refusal:
            return refusal.code
        return "done"

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(use, range(4)))

    assert answers == ["done", "link_used", "link_used", "link_used"]
    with pytest.raises(NotFound, match="link_used"):
        find(harness, token)


def test_a_link_is_good_for_ten_minutes(harness: IdentityHarness, token: str) -> None:
    harness.clock.move(LINK_LIFETIME - timedelta(seconds=1))
    find(harness, token)
    harness.clock.move(timedelta(seconds=1))

    with pytest.raises(NotFound, match="link_expired"):
        find(harness, token)
    with pytest.raises(NotFound, match="link_expired"):
        reset(harness, token)
    assert timedelta(minutes=10) == LINK_LIFETIME


def test_a_token_is_only_good_as_it_is_and_for_its_purpose(
    harness: IdentityHarness, token: str
) -> None:
    links = MailedLinks(harness.principals.signing_key)
    others = links.token(LinkKind.NOT_ME, UUID(hex=token[:32]))

    for forged in ("", "x", token[:-1], token + "0", token[:-1] + "g", others):
        with pytest.raises(NotFound, match="link_unknown"):
            find(harness, forged)
        with pytest.raises(NotFound, match="link_unknown"):
            reset(harness, forged)
    reset(harness, token)


def test_any_new_password_ends_all_links(harness: IdentityHarness, token: str) -> None:
    harness.clock.move(NOT_BEFORE)
    ask(harness)
    *_, second = mailed_tokens(harness)
    reset(harness, second)
    ask(harness)
    *_, third = mailed_tokens(harness)
    change = identity.passwords.ChangePassword(current=NEW, new=f"{NEW} too")
    session = harness.log_in(ALICE, NEW)
    harness.call(identity.passwords.CHANGE_PASSWORD, change, session.principal)

    for link in (token, second, third):
        with pytest.raises(NotFound, match="link_used"):
            reset(harness, link)


def test_a_refused_password_does_not_use_up_the_link(
    harness: IdentityHarness, token: str
) -> None:
    for _ in range(PER_LINK.most - 1):
        with pytest.raises(InvalidInput, match="password_common"):
            reset(harness, token, LISTED)

    reset(harness, token)


def test_a_link_can_be_tried_a_limited_number_of_times(
    harness: IdentityHarness, token: str
) -> None:
    for _ in range(PER_LINK.most):
        with pytest.raises(InvalidInput, match="password_common"):
            reset(harness, token, LISTED)

    with pytest.raises(Throttled, match="too_many_passwords"):
        reset(harness, token)


@pytest.mark.parametrize("email", ["nobody@example.com", "no address", "", "\0"])
def test_nobody_is_written_to_who_has_no_account(
    harness: IdentityHarness, email: str
) -> None:
    ask(harness, email)

    assert mailed_tokens(harness) == []
    with harness.database.system() as db:
        assert db.scalar(select(func.count()).select_from(ResetRequest)) == 0


def test_known_and_unknown_accounts_are_asked_for_by_the_same_statements(
    harness: IdentityHarness,
) -> None:
    harness.add_owner(ALICE, "Aurora")
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(harness.database.engine, "before_cursor_execute", note)
    try:
        ask(harness)
        known = list(statements)
        statements.clear()
        ask(harness, "nobody@example.com")
    finally:
        event.remove(harness.database.engine, "before_cursor_execute", note)

    assert statements == known


@pytest.mark.full
def test_neither_does_the_time_tell_who_has_an_account(
    harness: IdentityHarness,
) -> None:
    """The difference of the medians is within what halves of one sample differ by."""
    emails = [f"person-{number}@example.com" for number in range(400)]
    for email in emails[::2]:
        harness.add_user(email)
    times: tuple[list[float], list[float]] = ([], [])
    for number, email in enumerate(emails):
        began = time.perf_counter()
        ask(harness, email, f"192.0.{number // 250}.{number % 250}")
        times[number % 2].append(time.perf_counter() - began)

    known, unknown = map(statistics.median, times)
    spread = statistics.quantiles(times[1], n=10)
    assert abs(known - unknown) < spread[-1] - spread[0]


def test_nobody_uses_up_the_owners_links(harness: IdentityHarness) -> None:
    harness.add_owner(ALICE, "Aurora")
    for number in range(PER_ADDRESS.most):
        ask(harness, address=f"192.0.2.{number}")
        harness.run_job("send_reset_links")
    assert len(mailed_tokens(harness)) == 1

    harness.clock.move(NOT_BEFORE)
    ask(harness)
    _, link = mailed_tokens(harness)
    reset(harness, link)
    ask(harness)
    assert len(mailed_tokens(harness)) == 3


def test_an_address_asks_a_limited_number_of_times(harness: IdentityHarness) -> None:
    def try_to_ask(number: int) -> bool:
        try:
            ask(harness, f"person-{number}@example.com")
        except Throttled:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        accepted = list(pool.map(try_to_ask, range(PER_ADDRESS.most + 4)))

    assert accepted.count(True) == PER_ADDRESS.most
    ask(harness, address="198.51.100.1")


def test_old_attempts_are_forgotten(harness: IdentityHarness) -> None:
    ask(harness)
    harness.clock.move(PER_ADDRESS.window)

    harness.run_job("forget_old_failures")

    with harness.database.system() as db:
        assert db.scalar(text("SELECT count(*) FROM attempts")) == 0
