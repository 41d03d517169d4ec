"""Notices on the page: a person's own, counted, read page by page."""

from uuid import UUID

import pytest
from sqlalchemy import delete

from services.identity.models.notices import Notice
from services.identity.notices.notify import Subject
from shared.contracts import identity
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.notices import (
    LIST_NOTICES,
    MARK_NOTICES_READ,
    MOST_COUNTED,
    ListNotices,
    MarkNoticesRead,
    NoticeKind,
    NoticePage,
)
from shared.errors import InvalidInput
from tests.fixtures.identity.harness import IdentityHarness

ALICE, BOB = "alice@example.com", "bob@example.com"


@pytest.fixture
def alice(harness: IdentityHarness) -> identity.signing_in.Session:
    harness.add_owner(ALICE, "Aurora")
    harness.add_owner(BOB, "Borealis")
    return log_in(harness, ALICE)


def log_in(harness: IdentityHarness, email: str) -> identity.signing_in.Session:
    """Log in, without the notice that it was from a new device."""
    session = harness.log_in(email)
    with harness.database.system() as db:
        db.execute(delete(Notice).where(Notice.kind == NoticeKind.NEW_DEVICE))
    return session


def tell(
    harness: IdentityHarness, count: int = 1, company_id: UUID | None = None
) -> None:
    for number in range(count):
        cause = f"{harness.clock.now()} {number}"
        about = {"number": str(number)}
        subject = Subject(NoticeKind.DOCUMENT_ISSUED, cause, about, company_id)
        harness.tell(ALICE, subject)
        harness.clock_tick()


def listed(
    harness: IdentityHarness,
    session: identity.signing_in.Session,
    cursor: str | None = None,
) -> NoticePage:
    request = ListNotices(cursor=cursor, limit=2)
    return harness.call(LIST_NOTICES, request, session.principal)


def test_pages_go_from_the_newest_back_and_forth(
    harness: IdentityHarness, alice: identity.signing_in.Session
) -> None:
    tell(harness, 3)

    first = listed(harness, alice)
    second = listed(harness, alice, first.next)

    numbers = [
        [it.parameters["number"] for it in page.notices] for page in (first, second)
    ]
    assert numbers == [["2", "1"], ["0"]]
    assert second.next is None
    assert listed(harness, alice, second.previous).notices == first.notices
    with pytest.raises(InvalidInput, match="bad_cursor"):
        listed(harness, alice, "no-cursor")


def test_what_is_read_is_counted_no_more_in_any_session(
    harness: IdentityHarness, alice: identity.signing_in.Session
) -> None:
    other_tab = log_in(harness, ALICE)
    tell(harness, 3)
    newest, older = listed(harness, alice).notices
    assert harness.resume(alice.token).unread_notices == 3

    one = MarkNoticesRead(notice_id=newest.id)
    harness.call(MARK_NOTICES_READ, one, alice.principal)
    assert harness.resume(other_tab.token).unread_notices == 2
    rest = MarkNoticesRead(up_to=older.position)
    harness.call(MARK_NOTICES_READ, rest, alice.principal)

    assert harness.resume(other_tab.token).unread_notices == 0
    assert {it.is_read for it in listed(harness, alice).notices} == {True}


def test_what_came_meanwhile_stays_unread(
    harness: IdentityHarness, alice: identity.signing_in.Session
) -> None:
    tell(harness)
    (seen,) = listed(harness, alice).notices
    tell(harness)
    harness.call(
        MARK_NOTICES_READ, MarkNoticesRead(up_to=seen.position), alice.principal
    )

    assert listed(harness, alice).unread == 1


def test_nobody_sees_or_reads_anothers_notices(
    harness: IdentityHarness, alice: identity.signing_in.Session
) -> None:
    tell(harness)
    (theirs,) = listed(harness, alice).notices
    bob = log_in(harness, BOB)

    assert listed(harness, bob).notices == []
    for request in (MarkNoticesRead(notice_id=theirs.id), MarkNoticesRead()):
        harness.call(MARK_NOTICES_READ, request, bob.principal)
    assert listed(harness, alice).unread == 1


def test_a_person_who_has_left_a_company_sees_no_notice_of_it(
    harness: IdentityHarness, alice: identity.signing_in.Session
) -> None:
    company_id = log_in(harness, BOB).company_id
    user_id = log_in(harness, ALICE).user.id
    harness.add_member(company_id, user_id, Role.BILLING)
    tell(harness, company_id=company_id)
    (shown,) = listed(harness, alice).notices
    assert shown.company_name == "Borealis"

    harness.remove_member(company_id, ALICE)

    assert listed(harness, alice) == NoticePage(
        notices=[], unread=0, previous=None, next=None
    )


def test_a_great_number_is_not_counted_to_its_end(
    harness: IdentityHarness, alice: identity.signing_in.Session
) -> None:
    tell(harness, MOST_COUNTED + 1)

    assert harness.resume(alice.token).unread_notices == MOST_COUNTED
