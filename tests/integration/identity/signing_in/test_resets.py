"""A forgotten password: the request, the link by mail, and the new password."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import event, func, select, text

from services.identity.mailed_links import MailedLinks
from services.identity.models.mailed_links import LinkKind
from services.identity.models.notices import Notice
from services.identity.models.signing_in import ResetRequest
from services.identity.signing_in.resets import (
    LINK_LIFETIME,
    PER_ACCOUNT,
    PER_ADDRESS,
    PER_LINK,
)
from shared.contracts import identity
from shared.contracts.identity.notices import Channel, NoticeKind
from shared.errors import ContractError, InvalidInput, NotFound, Throttled
from shared.rpc.jobs import run_job
from tests.fixtures.identity.house import ADDRESS, LISTED, PASSWORD, House
from tests.fixtures.identity.mailed_tokens import reset_tokens

ALICE = "alice@example.com"
NEW = "tram under violet elms"


def ask(house: House, email: str = ALICE, address: str = ADDRESS) -> None:
    request = identity.passwords.AskForReset(email=email, address=address)
    house.call(identity.passwords.ASK_FOR_RESET, request)


def mailed_tokens(house: House) -> list[str]:
    (job,) = (j for j in house.service.jobs() if j.name == "send_reset_links")
    run_job(job, house.service.runtime)
    return reset_tokens(house.database, house.principals.signing_key, ALICE)


def find(house: House, token: str) -> identity.passwords.Reset:
    request = identity.passwords.FindReset(token=token)
    return house.call(identity.passwords.FIND_RESET, request)


def reset(house: House, token: str, new: str = NEW) -> None:
    request = identity.passwords.ResetPassword(token=token, new=new)
    house.call(identity.passwords.RESET_PASSWORD, request)


@pytest.fixture
def token(house: House) -> str:
    house.add_owner(ALICE, "Aurora")
    ask(house)
    (token,) = mailed_tokens(house)
    return token


def test_the_mailed_link_sets_the_password_and_opens_no_session(
    house: House, token: str
) -> None:
    sessions = [house.log_in(ALICE) for _ in range(2)]

    assert find(house, token).email == ALICE
    reset(house, token)

    house.log_in(ALICE, NEW)
    with pytest.raises(ContractError, match="wrong_credentials"):
        house.log_in(ALICE, PASSWORD)
    for session in sessions:
        with pytest.raises(ContractError, match="session_ended"):
            house.resume(session.token)
    with house.database.system() as db:
        alive = db.scalar(text("SELECT count(*) FROM sessions WHERE ended_at IS NULL"))
    assert alive == 1


def test_its_owner_is_told_that_the_password_was_changed(
    house: House, token: str
) -> None:
    reset(house, token)

    with house.database.system() as db:
        kinds = db.scalars(
            select(Notice.kind).where(Notice.channel == Channel.MAIL)
        ).all()
    assert kinds.count(NoticeKind.PASSWORD_CHANGED) == 1


def test_a_link_is_used_once_also_in_parallel(house: House, token: str) -> None:
    def use(number: int) -> str:
        try:
            reset(house, token, f"{NEW} {number}")
        except ContractError as refusal:
            return refusal.code
        return "done"

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(use, range(4)))

    assert answers == ["done", "link_used", "link_used", "link_used"]
    with pytest.raises(NotFound, match="link_used"):
        find(house, token)


def test_a_link_is_good_for_ten_minutes(house: House, token: str) -> None:
    house.clock.move(LINK_LIFETIME - timedelta(seconds=1))
    find(house, token)
    house.clock.move(timedelta(seconds=1))

    with pytest.raises(NotFound, match="link_expired"):
        find(house, token)
    with pytest.raises(NotFound, match="link_expired"):
        reset(house, token)
    assert timedelta(minutes=10) == LINK_LIFETIME


def test_a_token_is_only_good_as_it_is_and_for_its_purpose(
    house: House, token: str
) -> None:
    links = MailedLinks(house.principals.signing_key)
    others = links.token(LinkKind.NOT_ME, UUID(hex=token[:32]))

    for forged in ("", "x", token[:-1], token + "0", token[:-1] + "g", others):
        with pytest.raises(NotFound, match="link_unknown"):
            find(house, forged)
        with pytest.raises(NotFound, match="link_unknown"):
            reset(house, forged)
    reset(house, token)


def test_any_new_password_ends_all_links(house: House, token: str) -> None:
    ask(house)
    *_, second = mailed_tokens(house)
    reset(house, second)
    ask(house)
    *_, third = mailed_tokens(house)
    change = identity.passwords.ChangePassword(current=NEW, new=f"{NEW} too")
    session = house.log_in(ALICE, NEW)
    house.call(identity.passwords.CHANGE_PASSWORD, change, session.principal)

    for link in (token, second, third):
        with pytest.raises(NotFound, match="link_used"):
            reset(house, link)


def test_a_refused_password_does_not_use_up_the_link(house: House, token: str) -> None:
    for _ in range(PER_LINK.most - 1):
        with pytest.raises(InvalidInput, match="password_common"):
            reset(house, token, LISTED)

    reset(house, token)


def test_a_link_can_be_tried_a_limited_number_of_times(
    house: House, token: str
) -> None:
    for _ in range(PER_LINK.most):
        with pytest.raises(InvalidInput, match="password_common"):
            reset(house, token, LISTED)

    with pytest.raises(Throttled, match="too_many_passwords"):
        reset(house, token)


@pytest.mark.parametrize("email", ["nobody@example.com", "no address", "", "\0"])
def test_nobody_is_written_to_who_has_no_account(house: House, email: str) -> None:
    ask(house, email)

    assert mailed_tokens(house) == []
    with house.database.system() as db:
        assert db.scalar(select(func.count()).select_from(ResetRequest)) == 0


def test_known_and_unknown_accounts_are_asked_for_by_the_same_statements(
    house: House,
) -> None:
    house.add_owner(ALICE, "Aurora")
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(house.database.engine, "before_cursor_execute", note)
    try:
        ask(house)
        known = list(statements)
        statements.clear()
        ask(house, "nobody@example.com")
    finally:
        event.remove(house.database.engine, "before_cursor_execute", note)

    assert statements == known


@pytest.mark.full
def test_neither_does_the_time_tell_who_has_an_account(house: House) -> None:
    """The difference of the medians is within what halves of one sample differ by."""
    emails = [f"person-{number}@example.com" for number in range(400)]
    for email in emails[::2]:
        house.add_user(email)
    times: tuple[list[float], list[float]] = ([], [])
    for number, email in enumerate(emails):
        began = time.perf_counter()
        ask(house, email, f"192.0.{number // 250}.{number % 250}")
        times[number % 2].append(time.perf_counter() - began)

    known, unknown = map(statistics.median, times)
    spread = statistics.quantiles(times[1], n=10)
    assert abs(known - unknown) < spread[-1] - spread[0]


def test_an_account_is_asked_for_a_limited_number_of_times(house: House) -> None:
    house.add_owner(ALICE, "Aurora")
    for email in (ALICE, "nobody@example.com"):
        for number in range(PER_ACCOUNT.most):
            ask(house, email, f"192.0.2.{number}")

        with pytest.raises(Throttled, match="too_many_resets") as refusal:
            ask(house, email, "192.0.2.99")
        assert refusal.value.parameters["retry_after_s"] == 3600

    assert len(mailed_tokens(house)) == PER_ACCOUNT.most
    house.clock.move(PER_ACCOUNT.window)
    ask(house)


def test_an_address_asks_a_limited_number_of_times(house: House) -> None:
    def try_to_ask(number: int) -> bool:
        try:
            ask(house, f"person-{number}@example.com")
        except Throttled:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        accepted = list(pool.map(try_to_ask, range(PER_ADDRESS.most + 4)))

    assert accepted.count(True) == PER_ADDRESS.most
    ask(house, address="198.51.100.1")


def test_old_attempts_are_forgotten(house: House) -> None:
    ask(house)
    house.clock.move(PER_ADDRESS.window)
    (job,) = (j for j in house.service.jobs() if j.name == "forget_old_failures")

    run_job(job, house.service.runtime)

    with house.database.system() as db:
        assert db.scalar(text("SELECT count(*) FROM attempts")) == 0
