"""Changing an email: by a link to the new one, undone by a link to the old one."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from services.identity.credentials.email_changes import (
    CONFIRM_WITHIN,
    PER_USER,
    UNDO_WITHIN,
)
from services.identity.models.mailed_links import LinkKind, MailedLink
from services.identity.models.notices import Notice
from shared.contracts import identity
from shared.contracts.identity.email_changes import (
    CHANGE_EMAIL,
    CONFIRM_EMAIL,
    UNDO_EMAIL,
    ChangeEmail,
    ConfirmEmail,
    EmailChangeAsked,
    UndoEmail,
)
from shared.contracts.identity.notices import Channel, NoticeKind
from shared.contracts.identity.people import VerificationState, VerificationStep
from shared.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    Throttled,
    Unauthenticated,
)
from shared.principal import PROOF_LIFETIME
from tests.fixtures.identity.harness import PASSWORD, IdentityHarness

OLD, NEW, OTHER = "old@example.com", "new@example.com", "other@example.com"
A_MOMENT = timedelta(seconds=1)


@pytest.fixture
def alice(harness: IdentityHarness) -> identity.people.User:
    return harness.add_owner(OLD, "Alice & Co")


def ask(
    harness: IdentityHarness, email: str, *, logged_in_as: str = OLD
) -> EmailChangeAsked:
    session = harness.log_in(logged_in_as)
    return harness.call(CHANGE_EMAIL, ChangeEmail(email=email), session.principal)


def confirm(harness: IdentityHarness, token: str, *, logged_in_as: str = OLD) -> str:
    session = harness.log_in(logged_in_as)
    request = ConfirmEmail(token=token)
    return harness.call(CONFIRM_EMAIL, request, session.principal).email


def undo(harness: IdentityHarness, token: str) -> str:
    return harness.call(UNDO_EMAIL, UndoEmail(token=token)).email


def change(harness: IdentityHarness, old: str, new: str) -> str:
    """Change the email; returns the token that undoes it."""
    ask(harness, new, logged_in_as=old)
    confirm(harness, mailed(harness, NoticeKind.EMAIL_CONFIRM, new), logged_in_as=old)
    harness.clock_tick()
    return mailed(harness, NoticeKind.EMAIL_CHANGED, old)


def mailed(harness: IdentityHarness, kind: NoticeKind, address: str) -> str:
    """The token of the link in the latest mail to an address."""
    with harness.database.system() as db:
        notice = db.scalars(
            select(Notice)
            .where(Notice.kind == kind, Notice.channel == Channel.MAIL)
            .where(Notice.address == address)
            .order_by(Notice.created_at.desc())
        ).first()
        assert notice, f"nothing was mailed to {address}"
        link = db.get_one(MailedLink, UUID(notice.parameters["link_id"]))
        return harness.service._links.token(link.kind, link.id)


def email_state(harness: IdentityHarness, email: str) -> VerificationState:
    account = harness.call(
        identity.people.GET_ACCOUNT,
        identity.people.GetAccount(),
        harness.log_in(email).principal,
    )
    steps = {it.step: it.state for it in account.verifications}
    return steps[VerificationStep.EMAIL]


@pytest.mark.usefixtures("alice")
def test_nothing_changes_before_the_new_email_is_confirmed(
    harness: IdentityHarness,
) -> None:
    asked = ask(harness, " New@Example.com ")

    assert asked.email == NEW
    assert asked.until == harness.clock.now() + CONFIRM_WITHIN
    account = harness.call(
        identity.people.GET_ACCOUNT,
        identity.people.GetAccount(),
        harness.log_in(OLD).principal,
    )
    assert account.awaited_email == NEW
    with pytest.raises(Unauthenticated, match="wrong_credentials"):
        harness.log_in(NEW)


@pytest.mark.usefixtures("alice")
def test_a_confirmed_email_is_logged_in_with_and_verified(
    harness: IdentityHarness,
) -> None:
    assert email_state(harness, OLD) is VerificationState.NOT_STARTED
    ask(harness, NEW)
    token = mailed(harness, NoticeKind.EMAIL_CONFIRM, NEW)

    assert confirm(harness, token) == NEW

    assert email_state(harness, NEW) is VerificationState.VERIFIED
    with pytest.raises(Unauthenticated, match="wrong_credentials"):
        harness.log_in(OLD)


@pytest.mark.usefixtures("alice")
def test_a_link_confirms_once_and_in_time(harness: IdentityHarness) -> None:
    ask(harness, NEW)
    token = mailed(harness, NoticeKind.EMAIL_CONFIRM, NEW)
    confirm(harness, token)

    with pytest.raises(NotFound, match="link_used"):
        confirm(harness, token, logged_in_as=NEW)

    ask(harness, OTHER, logged_in_as=NEW)
    late = mailed(harness, NoticeKind.EMAIL_CONFIRM, OTHER)
    harness.clock.move(CONFIRM_WITHIN)
    with pytest.raises(NotFound, match="link_expired"):
        confirm(harness, late, logged_in_as=NEW)


@pytest.mark.usefixtures("alice")
def test_a_later_wish_replaces_an_earlier_one(harness: IdentityHarness) -> None:
    ask(harness, NEW)
    first = mailed(harness, NoticeKind.EMAIL_CONFIRM, NEW)
    ask(harness, OTHER)

    with pytest.raises(NotFound, match="link_used"):
        confirm(harness, first)
    second = mailed(harness, NoticeKind.EMAIL_CONFIRM, OTHER)
    assert confirm(harness, second) == OTHER


@pytest.mark.usefixtures("alice")
def test_the_link_is_of_no_use_to_anybody_else(
    harness: IdentityHarness,
) -> None:
    """As when the new email was typed wrong."""
    harness.add_owner(OTHER, "Other & Co")
    ask(harness, NEW)
    token = mailed(harness, NoticeKind.EMAIL_CONFIRM, NEW)

    with pytest.raises(NotFound, match="link_unknown"):
        confirm(harness, token, logged_in_as=OTHER)
    with pytest.raises(Unauthenticated, match="principal_missing"):
        harness.call(CONFIRM_EMAIL, ConfirmEmail(token=token))
    with pytest.raises(NotFound, match="link_unknown"):
        undo(harness, token)

    assert confirm(harness, token) == NEW


@pytest.mark.usefixtures("alice")
def test_an_email_of_somebody_else_is_answered_like_a_free_one(
    harness: IdentityHarness,
) -> None:
    harness.add_owner(OTHER, "Other & Co")

    free, taken = ask(harness, NEW), ask(harness, OTHER)

    assert taken == EmailChangeAsked(email=OTHER, until=free.until)
    with pytest.raises(Conflict, match="email_taken"):
        confirm(harness, mailed(harness, NoticeKind.EMAIL_CONFIRM, OTHER))
    assert harness.log_in(OLD).user.email == OLD


@pytest.mark.usefixtures("alice")
def test_a_new_password_ends_a_change_that_waits(
    harness: IdentityHarness,
) -> None:
    """Somebody else may have asked for it."""
    ask(harness, NEW)
    token = mailed(harness, NoticeKind.EMAIL_CONFIRM, NEW)
    new = "tram under violet elms"
    harness.call(
        identity.passwords.CHANGE_PASSWORD,
        identity.passwords.ChangePassword(current=PASSWORD, new=new),
        harness.log_in(OLD).principal,
    )

    principal = harness.log_in(OLD, new).principal
    with pytest.raises(NotFound, match="link_used"):
        harness.call(CONFIRM_EMAIL, ConfirmEmail(token=token), principal)


def test_the_old_email_undoes_the_change_and_ends_all_sessions(
    harness: IdentityHarness, alice: identity.people.User
) -> None:
    token = change(harness, OLD, NEW)
    session = harness.log_in(NEW)
    harness.clock.move(UNDO_WITHIN - A_MOMENT)
    late_session = harness.log_in(NEW)

    assert undo(harness, token) == OLD

    for each in (session, late_session):
        with pytest.raises(Unauthenticated, match="session_ended"):
            harness.resume(each.token)
    assert harness.log_in(OLD).user.id == alice.id
    with pytest.raises(NotFound, match="link_used"):
        undo(harness, token)


@pytest.mark.usefixtures("alice")
def test_a_change_is_undone_within_seven_days(harness: IdentityHarness) -> None:
    token = change(harness, OLD, NEW)
    harness.clock.move(UNDO_WITHIN)

    with pytest.raises(NotFound, match="link_expired"):
        undo(harness, token)


@pytest.mark.usefixtures("alice")
def test_the_oldest_email_has_the_last_word(harness: IdentityHarness) -> None:
    """Somebody who changes it twice keeps nothing by that."""
    to_old, to_new = change(harness, OLD, NEW), change(harness, NEW, OTHER)
    ask(harness, "third@example.com", logged_in_as=OTHER)
    waiting = mailed(harness, NoticeKind.EMAIL_CONFIRM, "third@example.com")

    assert undo(harness, to_old) == OLD

    with pytest.raises(NotFound, match="link_used"):
        undo(harness, to_new)
    with pytest.raises(NotFound, match="link_used"):
        confirm(harness, waiting)


@pytest.mark.parametrize("kind", [LinkKind.RESET_PASSWORD, LinkKind.LOG_IN])
def test_links_mailed_to_the_email_of_before_are_of_no_use(
    harness: IdentityHarness, alice: identity.people.User, kind: LinkKind
) -> None:
    link_id = harness.service.runtime.new_id()
    now = harness.clock.now()
    with harness.database.system() as db:
        until = now + timedelta(days=1)
        link = MailedLink(id=link_id, kind=kind, user_id=alice.id, parameters={})
        link.created_at, link.expires_at = now, until
        db.add(link)

    change(harness, OLD, NEW)

    token = harness.service._links.token(kind, link_id)
    with harness.database.system() as db, pytest.raises(NotFound, match="link_used"):
        harness.service._links.find(db, kind, token, harness.clock.now())


@pytest.mark.parametrize(
    ("email", "code"),
    [("no address", "bad_email"), ("OLD@example.com", "same_email")],
)
@pytest.mark.usefixtures("alice")
def test_what_is_no_new_email_is_refused(
    harness: IdentityHarness, email: str, code: str
) -> None:
    with pytest.raises(InvalidInput, match=code):
        ask(harness, email)


@pytest.mark.usefixtures("alice")
def test_a_change_needs_a_recent_proof(harness: IdentityHarness) -> None:
    session = harness.log_in(OLD)
    harness.clock.move(PROOF_LIFETIME)
    renewed = harness.resume(session.token)

    with pytest.raises(Forbidden, match="step_up_required"):
        harness.call(CHANGE_EMAIL, ChangeEmail(email=NEW), renewed.principal)


@pytest.mark.usefixtures("alice")
def test_so_many_mails_are_sent_a_day(harness: IdentityHarness) -> None:
    for number in range(PER_USER.most):
        ask(harness, f"new-{number}@example.com")
        harness.clock.move(timedelta(hours=1))

    with pytest.raises(Throttled) as refusal:
        ask(harness, NEW)

    wait = timedelta(seconds=refusal.value.parameters["retry_after_s"])
    harness.clock.move(wait - A_MOMENT)
    with pytest.raises(Throttled):
        ask(harness, NEW)
    harness.clock.move(A_MOMENT)
    assert ask(harness, NEW).email == NEW
