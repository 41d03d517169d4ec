"""What the log and the events tell of sessions, to those who may know."""

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from shared.contracts import identity
from shared.contracts.identity.signing_in import GET_LOG_MARKS, LOG_OUT, LogMarks
from shared.db.tables import outbox
from shared.errors import Unauthenticated
from tests.fixtures.identity.harness import ADDRESS, PASSWORD, IdentityHarness

ALICE = "alice@example.com"


@pytest.fixture(autouse=True)
def _alice(harness: IdentityHarness) -> None:
    harness.add_owner(ALICE, "Aurora")


def marks_of(harness: IdentityHarness, email: str = "", address: str = "") -> LogMarks:
    request = identity.signing_in.GetLogMarks(email=email, address=address)
    return harness.call(GET_LOG_MARKS, request, harness.principals.operator())


def test_an_operator_finds_an_accounts_sign_ins_in_the_log(
    harness: IdentityHarness,
) -> None:
    marks = marks_of(harness, "Alice@Example.com", ADDRESS)

    with capture_logs() as logs:
        session = harness.log_in(ALICE)
        with pytest.raises(Unauthenticated):
            harness.log_in(ALICE, "a wrong password")
        with pytest.raises(Unauthenticated):
            harness.log_in("bob@example.com", address="203.0.113.8")
        harness.call(LOG_OUT, identity.signing_in.LogOut(token=session.token))

    lines = [each for each in logs if "sign" in each["event"]]
    assert [each["event"] for each in lines] == [
        "signed_in",
        "sign_in_refused",
        "sign_in_refused",
        "signed_out",
    ]
    signed_in, refused, stranger, signed_out = lines
    for line in (signed_in, refused):
        assert (line["account"], line["address"]) == (marks.account, marks.address)
    assert refused["code"] == "wrong_credentials"
    assert stranger["account"] != marks.account
    assert stranger["address"] != marks.address
    session_id = str(harness.principal_of(session).session_id)
    assert signed_in["session"] == signed_out["session"] == session_id
    for secret in (ALICE, PASSWORD, ADDRESS, "bob@example.com", session.token):
        assert secret not in repr(logs)


def test_what_was_not_asked_for_has_no_mark(harness: IdentityHarness) -> None:
    assert marks_of(harness) == LogMarks()
    assert marks_of(harness, address="no address").address == ""


def test_all_addresses_of_an_ipv6_site_have_one_mark(harness: IdentityHarness) -> None:
    first, second = (
        marks_of(harness, address=f"2001:db8:0:7::{n}").address for n in (1, 2)
    )

    assert first == second != ""


def test_logging_out_tells_once_which_session_has_ended(
    harness: IdentityHarness,
) -> None:
    session = harness.log_in(ALICE)
    for _ in range(2):
        harness.call(LOG_OUT, identity.signing_in.LogOut(token=session.token))

    with harness.database.system() as db:
        told = db.scalars(
            select(outbox.c.envelope).where(outbox.c.event_name == "session_revoked")
        ).all()

    principal = harness.principal_of(session)
    assert [each["body"] for each in told] == [
        {"session_id": str(principal.session_id), "user_id": str(principal.user_id)}
    ]
