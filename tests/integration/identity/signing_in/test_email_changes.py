"""Changing an email: by a link to the new one, undone by a link to the old one."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from services.identity.models.mailed_links import LinkKind, MailedLink
from services.identity.models.notices import Notice
from services.identity.signing_in.email_changes import (
    CONFIRM_WITHIN,
    MOST_A_DAY,
    UNDO_WITHIN,
)
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
from tests.fixtures.identity.house import House

OLD, NEW, OTHER = "old@example.com", "new@example.com", "other@example.com"
A_MOMENT = timedelta(seconds=1)


@pytest.fixture
def alice(house: House) -> identity.people.User:
    return house.add_owner(OLD, "Alice & Co")


def ask(house: House, email: str, *, logged_in_as: str = OLD) -> EmailChangeAsked:
    session = house.log_in(logged_in_as)
    return house.call(CHANGE_EMAIL, ChangeEmail(email=email), session.principal)


def confirm(house: House, token: str, *, logged_in_as: str = OLD) -> str:
    session = house.log_in(logged_in_as)
    request = ConfirmEmail(token=token)
    return house.call(CONFIRM_EMAIL, request, session.principal).email


def undo(house: House, token: str) -> str:
    return house.call(UNDO_EMAIL, UndoEmail(token=token)).email


def change(house: House, old: str, new: str) -> str:
    """Change the email; returns the token that undoes it."""
    ask(house, new, logged_in_as=old)
    confirm(house, mailed(house, NoticeKind.EMAIL_CONFIRM, new), logged_in_as=old)
    house.clock_tick()
    return mailed(house, NoticeKind.EMAIL_CHANGED, old)


def mailed(house: House, kind: NoticeKind, address: str) -> str:
    """The token of the link in the latest mail to an address."""
    with house.database.system() as db:
        notice = db.scalars(
            select(Notice)
            .where(Notice.kind == kind, Notice.channel == Channel.MAIL)
            .where(Notice.address == address)
            .order_by(Notice.created_at.desc())
        ).first()
        assert notice, f"nothing was mailed to {address}"
        link = db.get_one(MailedLink, UUID(notice.parameters["link_id"]))
        return house.service._links.token(link.kind, link.id)


def email_state(house: House, email: str) -> VerificationState:
    account = house.call(
        identity.people.GET_ACCOUNT,
        identity.people.GetAccount(),
        house.log_in(email).principal,
    )
    steps = {it.step: it.state for it in account.verifications}
    return steps[VerificationStep.EMAIL]


@pytest.mark.usefixtures("alice")
def test_nothing_changes_before_the_new_email_is_confirmed(house: House) -> None:
    asked = ask(house, " New@Example.com ")

    assert asked.email == NEW
    assert asked.until == house.clock.now() + CONFIRM_WITHIN
    account = house.call(
        identity.people.GET_ACCOUNT,
        identity.people.GetAccount(),
        house.log_in(OLD).principal,
    )
    assert account.awaited_email == NEW
    with pytest.raises(Unauthenticated, match="wrong_credentials"):
        house.log_in(NEW)


@pytest.mark.usefixtures("alice")
def test_a_confirmed_email_is_logged_in_with_and_verified(house: House) -> None:
    assert email_state(house, OLD) is VerificationState.NOT_STARTED
    ask(house, NEW)
    token = mailed(house, NoticeKind.EMAIL_CONFIRM, NEW)

    assert confirm(house, token) == NEW

    assert email_state(house, NEW) is VerificationState.VERIFIED
    with pytest.raises(Unauthenticated, match="wrong_credentials"):
        house.log_in(OLD)


@pytest.mark.usefixtures("alice")
def test_a_link_confirms_once_and_in_time(house: House) -> None:
    ask(house, NEW)
    token = mailed(house, NoticeKind.EMAIL_CONFIRM, NEW)
    confirm(house, token)

    with pytest.raises(NotFound, match="link_used"):
        confirm(house, token, logged_in_as=NEW)

    ask(house, OTHER, logged_in_as=NEW)
    late = mailed(house, NoticeKind.EMAIL_CONFIRM, OTHER)
    house.clock.move(CONFIRM_WITHIN)
    with pytest.raises(NotFound, match="link_expired"):
        confirm(house, late, logged_in_as=NEW)


@pytest.mark.usefixtures("alice")
def test_a_later_wish_replaces_an_earlier_one(house: House) -> None:
    ask(house, NEW)
    first = mailed(house, NoticeKind.EMAIL_CONFIRM, NEW)
    ask(house, OTHER)

    with pytest.raises(NotFound, match="link_used"):
        confirm(house, first)
    second = mailed(house, NoticeKind.EMAIL_CONFIRM, OTHER)
    assert confirm(house, second) == OTHER


@pytest.mark.usefixtures("alice")
def test_whoever_else_gets_the_link_gets_nothing_by_it(house: House) -> None:
    """As when the new email was typed wrong."""
    house.add_owner(OTHER, "Other & Co")
    ask(house, NEW)
    token = mailed(house, NoticeKind.EMAIL_CONFIRM, NEW)

    with pytest.raises(NotFound, match="link_unknown"):
        confirm(house, token, logged_in_as=OTHER)
    with pytest.raises(Unauthenticated, match="principal_missing"):
        house.call(CONFIRM_EMAIL, ConfirmEmail(token=token))
    with pytest.raises(NotFound, match="link_unknown"):
        undo(house, token)

    assert confirm(house, token) == NEW


@pytest.mark.usefixtures("alice")
def test_an_email_of_somebody_else_is_answered_like_a_free_one(house: House) -> None:
    house.add_owner(OTHER, "Other & Co")

    free, taken = ask(house, NEW), ask(house, OTHER)

    assert taken == EmailChangeAsked(email=OTHER, until=free.until)
    with pytest.raises(Conflict, match="email_taken"):
        confirm(house, mailed(house, NoticeKind.EMAIL_CONFIRM, OTHER))
    assert house.log_in(OLD).user.email == OLD


def test_the_old_email_undoes_the_change_and_ends_all_sessions(
    house: House, alice: identity.people.User
) -> None:
    token = change(house, OLD, NEW)
    session = house.log_in(NEW)
    house.clock.move(UNDO_WITHIN - A_MOMENT)
    late_session = house.log_in(NEW)

    assert undo(house, token) == OLD

    for each in (session, late_session):
        with pytest.raises(Unauthenticated, match="session_ended"):
            house.resume(each.token)
    assert house.log_in(OLD).user.id == alice.id
    with pytest.raises(NotFound, match="link_used"):
        undo(house, token)


@pytest.mark.usefixtures("alice")
def test_a_change_is_undone_within_seven_days(house: House) -> None:
    token = change(house, OLD, NEW)
    house.clock.move(UNDO_WITHIN)

    with pytest.raises(NotFound, match="link_expired"):
        undo(house, token)


@pytest.mark.usefixtures("alice")
def test_the_oldest_email_has_the_last_word(house: House) -> None:
    """Somebody who changes it twice keeps nothing by that."""
    to_old, to_new = change(house, OLD, NEW), change(house, NEW, OTHER)
    ask(house, "third@example.com", logged_in_as=OTHER)
    waiting = mailed(house, NoticeKind.EMAIL_CONFIRM, "third@example.com")

    assert undo(house, to_old) == OLD

    with pytest.raises(NotFound, match="link_used"):
        undo(house, to_new)
    with pytest.raises(NotFound, match="link_used"):
        confirm(house, waiting)


@pytest.mark.parametrize("kind", [LinkKind.RESET_PASSWORD, LinkKind.LOG_IN])
def test_links_mailed_to_the_email_of_before_are_of_no_use(
    house: House, alice: identity.people.User, kind: LinkKind
) -> None:
    link_id = house.service.runtime.new_id()
    now = house.clock.now()
    with house.database.system() as db:
        until = now + timedelta(days=1)
        link = MailedLink(id=link_id, kind=kind, user_id=alice.id, parameters={})
        link.created_at, link.expires_at = now, until
        db.add(link)

    change(house, OLD, NEW)

    token = house.service._links.token(kind, link_id)
    with house.database.system() as db, pytest.raises(NotFound, match="link_used"):
        house.service._links.find(db, kind, token, house.clock.now())


@pytest.mark.parametrize(
    ("email", "code"),
    [("no address", "bad_email"), ("OLD@example.com", "same_email")],
)
@pytest.mark.usefixtures("alice")
def test_what_is_no_new_email_is_refused(house: House, email: str, code: str) -> None:
    with pytest.raises(InvalidInput, match=code):
        ask(house, email)


@pytest.mark.usefixtures("alice")
def test_a_change_needs_a_recent_proof(house: House) -> None:
    session = house.log_in(OLD)
    house.clock.move(PROOF_LIFETIME)
    renewed = house.resume(session.token)

    with pytest.raises(Forbidden, match="step_up_required"):
        house.call(CHANGE_EMAIL, ChangeEmail(email=NEW), renewed.principal)


@pytest.mark.usefixtures("alice")
def test_so_many_mails_are_sent_a_day(house: House) -> None:
    for number in range(MOST_A_DAY):
        ask(house, f"new-{number}@example.com")
        house.clock.move(timedelta(hours=1))

    with pytest.raises(Throttled) as refusal:
        ask(house, NEW)

    wait = timedelta(seconds=refusal.value.parameters["retry_after_s"])
    house.clock.move(wait - A_MOMENT)
    with pytest.raises(Throttled):
        ask(house, NEW)
    house.clock.move(A_MOMENT)
    assert ask(house, NEW).email == NEW
