"""Sessions: how long they live, what keeps them alive, and for whom they act."""

import hashlib
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, event, func, select

from services.identity.models.companies import Membership
from services.identity.models.signing_in import LoginSession
from services.identity.sessions.sessions import (
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
from tests.fixtures.identity.harness import PASSWORD, IdentityHarness

ALICE = "alice@example.com"
SECOND = timedelta(seconds=1)


@pytest.fixture
def session(harness: IdentityHarness) -> identity.signing_in.Session:
    """A session of Alice, who owns Aurora and is a viewer in Borealis."""
    alice = harness.add_owner(ALICE, "Aurora")
    harness.add_owner("bob@example.com", "Borealis")
    harness.clock_tick()
    borealis = harness.log_in("bob@example.com").company_id
    harness.add_member(borealis, alice.id, Role.VIEWER)
    return harness.log_in(ALICE)


def borealis(
    session: identity.signing_in.Session,
) -> identity.memberships.CompanyMembership:
    return session.memberships[1]


def test_a_session_is_resumed_with_a_fresh_principal(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    harness.clock.move(timedelta(minutes=4))

    resumed = harness.resume(session.token)

    assert resumed.principal_expires_at > session.principal_expires_at
    assert resumed.user == session.user
    assert resumed.company_id == session.company_id


def test_a_session_ends_when_nobody_was_seen_for_too_long(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    harness.clock.move(IDLE_LIFETIME - SECOND)
    harness.resume(session.token)
    harness.clock.move(IDLE_LIFETIME - SECOND)
    harness.resume(session.token)
    harness.clock.move(IDLE_LIFETIME)

    with pytest.raises(Unauthenticated, match="session_ended"):
        harness.resume(session.token)


def test_polling_neither_extends_a_session_nor_counts_as_seen(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    before = last_seen(harness, session.token)
    polls = int(IDLE_LIFETIME / timedelta(minutes=10)) - 1
    for _ in range(polls):
        harness.clock.move(timedelta(minutes=10))
        harness.resume(session.token, polling=True)

    assert last_seen(harness, session.token) == before
    harness.clock.move(timedelta(minutes=10))
    with pytest.raises(Unauthenticated, match="session_ended"):
        harness.resume(session.token, polling=True)


def test_a_session_grows_no_older_than_its_absolute_lifetime(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    steps = int(ABSOLUTE_LIFETIME / timedelta(hours=1)) - 1
    for _ in range(steps):
        harness.clock.move(timedelta(hours=1))
        harness.resume(session.token)
    harness.clock.move(timedelta(hours=1))

    with pytest.raises(Unauthenticated, match="session_ended"):
        harness.resume(session.token)


def test_being_seen_is_written_at_most_once_a_minute(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    opened = last_seen(harness, session.token)
    harness.clock.move(SEEN_AT_MOST_EVERY - SECOND)
    harness.resume(session.token)
    assert last_seen(harness, session.token) == opened

    harness.clock.move(SECOND)
    harness.resume(session.token)

    assert last_seen(harness, session.token) == harness.clock.now()


def test_a_session_is_resumed_with_a_handful_of_queries(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    engine = harness.database.engine
    event.listen(engine, "before_cursor_execute", note)
    harness.resume(session.token)
    event.remove(engine, "before_cursor_execute", note)

    assert len(statements) == 3


def test_logging_out_ends_the_session_and_no_other(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    other = harness.log_in(ALICE)

    harness.call(
        identity.signing_in.LOG_OUT, identity.signing_in.LogOut(token=session.token)
    )
    harness.call(
        identity.signing_in.LOG_OUT, identity.signing_in.LogOut(token=session.token)
    )

    with pytest.raises(Unauthenticated, match="session_ended"):
        harness.resume(session.token)
    harness.resume(other.token)


def test_switching_the_company_holds_for_the_session(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    other = harness.log_in(ALICE)
    request = identity.signing_in.SwitchCompany(
        token=session.token, company_id=borealis(session).company_id
    )

    switched = harness.call(identity.signing_in.SWITCH_COMPANY, request)

    assert switched.company_id == borealis(session).company_id
    assert harness.principal_of(switched).role == "viewer"
    assert harness.resume(session.token).company_id == borealis(session).company_id
    assert harness.resume(other.token).company_id == other.company_id


def test_one_acts_for_another_company_without_switching_to_it(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    acting = harness.resume(session.token, borealis(session).company_id)

    principal = harness.principal_of(acting)
    assert principal.company_id == borealis(session).company_id
    assert Permission.MANAGE_SERVICES not in principal.permissions
    assert harness.resume(session.token).company_id == session.company_id


def test_a_strangers_company_is_not_found(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    harness.add_owner("other@example.com", "Cirrus")
    strangers = harness.log_in("other@example.com").company_id
    switch = identity.signing_in.SwitchCompany(
        token=session.token, company_id=strangers
    )

    with pytest.raises(NotFound, match="no_such_company"):
        harness.resume(session.token, strangers)
    with pytest.raises(NotFound, match="no_such_company"):
        harness.call(identity.signing_in.SWITCH_COMPANY, switch)

    assert harness.resume(session.token).company_id == session.company_id


def test_a_company_one_has_left_is_not_found_and_no_longer_current(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    with harness.database.system() as db:
        mine = Membership.company_id == session.company_id
        db.execute(delete(Membership).where(mine))

    with pytest.raises(NotFound, match="no_such_company"):
        harness.resume(session.token, session.company_id)
    assert harness.resume(session.token).company_id == borealis(session).company_id


def test_a_user_who_has_left_every_company_is_told_so(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    with harness.database.system() as db:
        db.execute(delete(Membership))

    with pytest.raises(Forbidden, match="no_company"):
        harness.resume(session.token)


@pytest.mark.parametrize("token", ["", "0" * 64, "\0" * 64, "x" * 10_000, "🔑"])
def test_any_other_token_is_a_session_that_has_ended(
    harness: IdentityHarness, session: identity.signing_in.Session, token: str
) -> None:
    assert session.token != token

    with pytest.raises(Unauthenticated, match="session_ended"):
        harness.resume(token)


def test_the_kept_hash_of_a_token_is_no_token(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    stolen = hashlib.sha256(session.token.encode()).hexdigest()

    with pytest.raises(Unauthenticated, match="session_ended"):
        harness.resume(stolen)


def test_a_session_remembers_where_it_was_opened(harness: IdentityHarness) -> None:
    harness.add_owner(ALICE, "Aurora")
    request = identity.signing_in.LogIn(
        email=ALICE,
        password=PASSWORD,
        address="::ffff:203.0.113.9",
        user_agent="Browser\0/1\u202e" + "x" * 1_000,
    )

    harness.call(identity.signing_in.LOG_IN, request)

    with harness.database.system() as db:
        row = db.scalars(select(LoginSession)).one()
    assert row.address == "203.0.113.9"
    assert row.user_agent.startswith("Browser/1xxx")
    assert len(row.user_agent) <= 300


def test_sessions_long_ended_are_forgotten(
    harness: IdentityHarness, session: identity.signing_in.Session
) -> None:
    harness.call(
        identity.signing_in.LOG_OUT, identity.signing_in.LogOut(token=session.token)
    )
    harness.clock.move(KEPT_AFTER_END - SECOND)
    recent = harness.log_in(ALICE)
    harness.clock.move(2 * SECOND)

    job = next(j for j in harness.service.jobs() if j.name == "forget_old_sessions")
    run_job(job, harness.service.runtime)

    harness.resume(recent.token)
    with harness.database.system() as db:
        assert db.scalar(select(func.count()).select_from(LoginSession)) == 1


def last_seen(harness: IdentityHarness, token: str) -> datetime:
    token_hash = hashlib.sha256(token.encode()).digest()
    with harness.database.system() as db:
        session = LoginSession.token_hash == token_hash
        return db.scalars(select(LoginSession.last_seen_at).where(session)).one()
