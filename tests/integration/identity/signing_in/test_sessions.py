"""Sessions: how long they live, what keeps them alive, and for whom they act."""

import hashlib
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, event, func, select

from services.identity.models.companies import Membership
from services.identity.models.signing_in import LoginSession
from services.identity.signing_in.sessions import (
    ABSOLUTE_LIFETIME,
    IDLE_LIFETIME,
    KEPT_AFTER_END,
    SEEN_AT_MOST_EVERY,
)
from shared.contracts import identity
from shared.contracts.identity.memberships import Role
from shared.errors import Forbidden, NotFound, Unauthenticated
from shared.permissions import Permission
from shared.rpc.jobs import run_job
from tests.fixtures.identity.house import PASSWORD, House

ALICE = "alice@example.com"
SECOND = timedelta(seconds=1)


@pytest.fixture
def session(house: House) -> identity.signing_in.Session:
    """A session of Alice, who owns Aurora and is a viewer in Borealis."""
    alice = house.add_owner(ALICE, "Aurora")
    house.add_owner("bob@example.com", "Borealis")
    house.clock_tick()
    borealis = house.log_in("bob@example.com").company_id
    house.add_member(borealis, alice.id, Role.VIEWER)
    return house.log_in(ALICE)


def borealis(
    session: identity.signing_in.Session,
) -> identity.memberships.CompanyMembership:
    return session.memberships[1]


def test_a_session_is_resumed_with_a_fresh_principal(
    house: House, session: identity.signing_in.Session
) -> None:
    house.clock.move(timedelta(minutes=4))

    resumed = house.resume(session.token)

    assert resumed.principal_expires_at > session.principal_expires_at
    assert resumed.user == session.user
    assert resumed.company_id == session.company_id


def test_a_session_ends_when_nobody_was_seen_for_too_long(
    house: House, session: identity.signing_in.Session
) -> None:
    house.clock.move(IDLE_LIFETIME - SECOND)
    house.resume(session.token)
    house.clock.move(IDLE_LIFETIME - SECOND)
    house.resume(session.token)
    house.clock.move(IDLE_LIFETIME)

    with pytest.raises(Unauthenticated, match="session_ended"):
        house.resume(session.token)


def test_polling_neither_extends_a_session_nor_counts_as_seen(
    house: House, session: identity.signing_in.Session
) -> None:
    before = last_seen(house, session.token)
    polls = int(IDLE_LIFETIME / timedelta(minutes=10)) - 1
    for _ in range(polls):
        house.clock.move(timedelta(minutes=10))
        house.resume(session.token, polling=True)

    assert last_seen(house, session.token) == before
    house.clock.move(timedelta(minutes=10))
    with pytest.raises(Unauthenticated, match="session_ended"):
        house.resume(session.token, polling=True)


def test_a_session_grows_no_older_than_its_absolute_lifetime(
    house: House, session: identity.signing_in.Session
) -> None:
    steps = int(ABSOLUTE_LIFETIME / timedelta(hours=1)) - 1
    for _ in range(steps):
        house.clock.move(timedelta(hours=1))
        house.resume(session.token)
    house.clock.move(timedelta(hours=1))

    with pytest.raises(Unauthenticated, match="session_ended"):
        house.resume(session.token)


def test_being_seen_is_written_at_most_once_a_minute(
    house: House, session: identity.signing_in.Session
) -> None:
    opened = last_seen(house, session.token)
    house.clock.move(SEEN_AT_MOST_EVERY - SECOND)
    house.resume(session.token)
    assert last_seen(house, session.token) == opened

    house.clock.move(SECOND)
    house.resume(session.token)

    assert last_seen(house, session.token) == house.clock.now()


def test_a_session_is_resumed_with_a_handful_of_queries(
    house: House, session: identity.signing_in.Session
) -> None:
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    engine = house.database.engine
    event.listen(engine, "before_cursor_execute", note)
    house.resume(session.token)
    event.remove(engine, "before_cursor_execute", note)

    assert len(statements) == 3


def test_logging_out_ends_the_session_and_no_other(
    house: House, session: identity.signing_in.Session
) -> None:
    other = house.log_in(ALICE)

    house.call(
        identity.signing_in.LOG_OUT, identity.signing_in.LogOut(token=session.token)
    )
    house.call(
        identity.signing_in.LOG_OUT, identity.signing_in.LogOut(token=session.token)
    )

    with pytest.raises(Unauthenticated, match="session_ended"):
        house.resume(session.token)
    house.resume(other.token)


def test_switching_the_company_holds_for_the_session(
    house: House, session: identity.signing_in.Session
) -> None:
    other = house.log_in(ALICE)
    request = identity.signing_in.SwitchCompany(
        token=session.token, company_id=borealis(session).company_id
    )

    switched = house.call(identity.signing_in.SWITCH_COMPANY, request)

    assert switched.company_id == borealis(session).company_id
    assert house.principal_of(switched).role == "viewer"
    assert house.resume(session.token).company_id == borealis(session).company_id
    assert house.resume(other.token).company_id == other.company_id


def test_one_acts_for_another_company_without_switching_to_it(
    house: House, session: identity.signing_in.Session
) -> None:
    acting = house.resume(session.token, borealis(session).company_id)

    principal = house.principal_of(acting)
    assert principal.company_id == borealis(session).company_id
    assert Permission.MANAGE_SERVICES not in principal.permissions
    assert house.resume(session.token).company_id == session.company_id


def test_a_strangers_company_is_not_found(
    house: House, session: identity.signing_in.Session
) -> None:
    house.add_owner("other@example.com", "Cirrus")
    strangers = house.log_in("other@example.com").company_id
    switch = identity.signing_in.SwitchCompany(
        token=session.token, company_id=strangers
    )

    with pytest.raises(NotFound, match="no_such_company"):
        house.resume(session.token, strangers)
    with pytest.raises(NotFound, match="no_such_company"):
        house.call(identity.signing_in.SWITCH_COMPANY, switch)

    assert house.resume(session.token).company_id == session.company_id


def test_a_company_one_has_left_is_not_found_and_no_longer_current(
    house: House, session: identity.signing_in.Session
) -> None:
    with house.database.system() as db:
        mine = Membership.company_id == session.company_id
        db.execute(delete(Membership).where(mine))

    with pytest.raises(NotFound, match="no_such_company"):
        house.resume(session.token, session.company_id)
    assert house.resume(session.token).company_id == borealis(session).company_id


def test_a_user_who_has_left_every_company_is_told_so(
    house: House, session: identity.signing_in.Session
) -> None:
    with house.database.system() as db:
        db.execute(delete(Membership))

    with pytest.raises(Forbidden, match="no_company"):
        house.resume(session.token)


@pytest.mark.parametrize("token", ["", "0" * 64, "\0" * 64, "x" * 10_000, "🔑"])
def test_any_other_token_is_a_session_that_has_ended(
    house: House, session: identity.signing_in.Session, token: str
) -> None:
    assert session.token != token

    with pytest.raises(Unauthenticated, match="session_ended"):
        house.resume(token)


def test_the_kept_hash_of_a_token_is_no_token(
    house: House, session: identity.signing_in.Session
) -> None:
    stolen = hashlib.sha256(session.token.encode()).hexdigest()

    with pytest.raises(Unauthenticated, match="session_ended"):
        house.resume(stolen)


def test_a_session_remembers_where_it_was_opened(house: House) -> None:
    house.add_owner(ALICE, "Aurora")
    request = identity.signing_in.LogIn(
        email=ALICE,
        password=PASSWORD,
        address="::ffff:203.0.113.9",
        user_agent="Browser\0/1\u202e" + "x" * 1_000,
    )

    house.call(identity.signing_in.LOG_IN, request)

    with house.database.system() as db:
        row = db.scalars(select(LoginSession)).one()
    assert row.address == "203.0.113.9"
    assert row.user_agent.startswith("Browser/1xxx")
    assert len(row.user_agent) <= 300


def test_sessions_long_ended_are_forgotten(
    house: House, session: identity.signing_in.Session
) -> None:
    house.call(
        identity.signing_in.LOG_OUT, identity.signing_in.LogOut(token=session.token)
    )
    house.clock.move(KEPT_AFTER_END - SECOND)
    recent = house.log_in(ALICE)
    house.clock.move(2 * SECOND)

    job = next(j for j in house.service.jobs() if j.name == "forget_old_sessions")
    run_job(job, house.service.runtime)

    house.resume(recent.token)
    with house.database.system() as db:
        assert db.scalar(select(func.count()).select_from(LoginSession)) == 1


def last_seen(house: House, token: str) -> datetime:
    token_hash = hashlib.sha256(token.encode()).digest()
    with house.database.system() as db:
        session = LoginSession.token_hash == token_hash
        return db.scalars(select(LoginSession.last_seen_at).where(session)).one()
