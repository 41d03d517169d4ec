"""Where somebody is signed in, and ending it."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from services.identity.models.signing_in import KnownDevice
from services.identity.sessions.sessions import IDLE_LIFETIME
from shared.contracts import identity
from shared.contracts.identity.signing_in import Session
from shared.errors import NotFound, Unauthenticated
from tests.fixtures.identity.harness import IdentityHarness

ALICE, BOB = "alice@example.com", "bob@example.com"


@pytest.fixture
def people(harness: IdentityHarness) -> None:
    harness.add_owner(ALICE, "Aurora")
    harness.add_owner(BOB, "Borealis")


def list_open(
    harness: IdentityHarness, session: Session
) -> list[identity.sessions.OpenSession]:
    request = identity.sessions.ListSessions()
    found = harness.call(identity.sessions.LIST_SESSIONS, request, session.principal)
    return found.sessions


def id_of(harness: IdentityHarness, session: Session) -> UUID:
    return harness.principal_of(session).session_id


def is_open(harness: IdentityHarness, session: Session) -> bool:
    try:
        harness.resume(session.token)
    except Unauthenticated:
        return False
    return True


@pytest.mark.usefixtures("people")
def test_ones_own_open_sessions_are_listed_the_current_one_first(
    harness: IdentityHarness,
) -> None:
    harness.log_in(ALICE)
    harness.clock.move(IDLE_LIFETIME)
    log_out = harness.log_in(ALICE)
    request = identity.signing_in.LogOut(token=log_out.token)
    harness.call(identity.signing_in.LOG_OUT, request)
    harness.log_in(BOB)
    current = harness.log_in(ALICE)
    harness.clock.move(timedelta(minutes=1))
    second = harness.log_in(ALICE, address="2001:db8:7::1")
    harness.clock.move(timedelta(minutes=1))
    third = harness.log_in(ALICE)

    listed = list_open(harness, current)

    expected = [id_of(harness, each) for each in (current, third, second)]
    assert [it.session_id for it in listed] == expected
    assert [it.is_current for it in listed] == [True, False, False]
    assert [it.network for it in listed][1:] == ["203.0.113.x", "2001:db8:7:x"]


@pytest.mark.usefixtures("people")
def test_one_session_is_ended_and_its_device_forgotten(
    harness: IdentityHarness,
) -> None:
    current, other, third = (harness.log_in(ALICE) for _ in range(3))
    request = identity.sessions.EndSession(session_id=id_of(harness, other))

    for _ in range(2):
        harness.call(identity.sessions.END_SESSION, request, current.principal)

    assert [is_open(harness, it) for it in (current, other, third)] == [
        True,
        False,
        True,
    ]
    with harness.database.system() as db:
        assert len(db.scalars(select(KnownDevice.id)).all()) == 2


@pytest.mark.usefixtures("people")
def test_nobody_ends_somebody_elses_session(harness: IdentityHarness) -> None:
    alices, bobs = harness.log_in(ALICE), harness.log_in(BOB)

    for session_id in (id_of(harness, bobs), uuid4()):
        request = identity.sessions.EndSession(session_id=session_id)
        with pytest.raises(NotFound, match="no_such_session"):
            harness.call(identity.sessions.END_SESSION, request, alices.principal)

    assert is_open(harness, bobs)


@pytest.mark.usefixtures("people")
def test_all_other_sessions_are_ended_and_nobody_elses(
    harness: IdentityHarness,
) -> None:
    *others, current = [harness.log_in(ALICE) for _ in range(3)]
    bobs = harness.log_in(BOB)
    request = identity.sessions.EndOtherSessions()

    ended = harness.call(
        identity.sessions.END_OTHER_SESSIONS, request, current.principal
    )

    assert ended == identity.sessions.EndedSessions(count=2)
    assert [is_open(harness, it) for it in (*others, current, bobs)] == [
        False,
        False,
        True,
        True,
    ]
    # This one stays known: its next login is not one from a new device.
    with harness.database.system() as db:
        assert len(db.scalars(select(KnownDevice.id)).all()) == 2


@pytest.mark.usefixtures("people")
def test_an_operator_ends_one_persons_sessions_or_everybodys(
    harness: IdentityHarness,
) -> None:
    alices, bobs = [harness.log_in(ALICE) for _ in range(2)], harness.log_in(BOB)
    operator = harness.principals.operator()
    of_alice = identity.sessions.EndSessionsOf(email=" Alice@Example.com ")
    of_all = identity.sessions.EndSomeSessions()
    end_some = identity.sessions.END_SOME_SESSIONS

    ended = harness.call(identity.sessions.END_SESSIONS_OF, of_alice, operator)
    assert ended.count == 2
    assert [is_open(harness, it) for it in (*alices, bobs)] == [False, False, True]
    assert [harness.call(end_some, of_all, operator).count for _ in range(2)] == [1, 0]
    assert not is_open(harness, bobs)
    with pytest.raises(NotFound, match="no_such_user"):
        harness.call(
            identity.sessions.END_SESSIONS_OF,
            identity.sessions.EndSessionsOf(email="nobody@example.com"),
            operator,
        )
