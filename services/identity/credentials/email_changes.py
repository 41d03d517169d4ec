"""Changing an email: asked for, confirmed from the new one, undone from the old one.

A link in a mail to the new email confirms the change. The old email then gets one that
undoes it, which counts for longer than all later changes.
"""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.identity.limits import Limit, Limits
from services.identity.mailed_links import (
    MailedLinks,
    end_links,
    end_not_me_links,
    make_link,
)
from services.identity.models.mailed_links import LinkKind
from services.identity.models.people import User
from services.identity.notices.notify import Subject, notify
from services.identity.people import users, verification
from services.identity.people.emails import normalise_email
from services.identity.recording import record_of
from services.identity.sessions import sessions
from shared.contracts.identity.email_changes import (
    EmailChangeAsked,
    EmailInUse,
    UndoableEmail,
)
from shared.contracts.identity.notices import NoticeKind
from shared.contracts.identity.people import VerificationStep
from shared.errors import Conflict, InvalidInput, NotFound
from shared.rpc.change import Change

log = structlog.get_logger()

CONFIRM_WITHIN = timedelta(hours=1)
"""Longer than a link to log in with, as this one needs a session as well."""
UNDO_WITHIN = timedelta(days=7)
PER_USER = Limit("change of email", "too_many_email_changes", 5, timedelta(days=1))
"""Each sends a mail to an address that its owner may know nothing of."""

_TO_OLD_EMAIL = (LinkKind.RESET_PASSWORD, LinkKind.LOG_IN)
"""Links that only the present owner of the email may use."""


def ask_for_change(
    change: Change, limits: Limits, user_id: UUID, email: str
) -> EmailChangeAsked:
    """Mail a link to the new email, whether it belongs to somebody else or not.

    It replaces the link of an earlier change that waits.

    Raises:
        InvalidInput: ``bad_email``, ``same_email``.
        Throttled: ``too_many_email_changes`` with ``retry_after_s``.
        NotFound: ``no_such_user``.
    """
    user = users.lock_user(change.db, user_id)
    new = normalise_email(email)
    if new == user.email:
        raise InvalidInput("same_email")
    limits.take(change.db, PER_USER, str(user_id), change.call.now)
    end_links(change, user_id, LinkKind.CONFIRM_EMAIL)
    link = make_link(
        change,
        LinkKind.CONFIRM_EMAIL,
        user_id,
        CONFIRM_WITHIN,
        {"old_email": user.email, "new_email": new},
    )
    parameters = {"link_id": str(link.id), "email": new}
    subject = Subject(NoticeKind.EMAIL_CONFIRM, str(link.id), parameters)
    notify(change, user, subject, email=new)
    return EmailChangeAsked(email=new, until=link.expires_at)


def confirm_change(
    change: Change, links: MailedLinks, user_id: UUID, token: str
) -> EmailInUse:
    """Use the new email from now on, and tell the old one.

    Raises:
        NotFound: ``link_unknown`` (also if the link is another person's),
            ``link_used``, ``link_expired``, ``no_such_user``.
        Conflict: ``email_taken``.
    """
    user = users.lock_user(change.db, user_id)
    link = links.use(change.db, LinkKind.CONFIRM_EMAIL, token, change.call.now)
    if link.user_id != user_id:
        raise NotFound("link_unknown")
    old = user.email
    _use_email(change, user, link.parameters["new_email"])
    undoing = make_link(
        change, LinkKind.UNDO_EMAIL, user_id, UNDO_WITHIN, {"old_email": old}
    )
    parameters = {"link_id": str(undoing.id), "email": user.email, "old_email": old}
    subject = Subject(NoticeKind.EMAIL_CHANGED, str(link.id), parameters)
    notify(change, user, subject, email=old)
    record_of(change, user)
    return EmailInUse(email=user.email)


def find_undo(
    db: Session, links: MailedLinks, token: str, now: datetime
) -> UndoableEmail:
    """Return what a link would bring back, without using it.

    Raises:
        NotFound: ``link_unknown``, ``link_used``, ``link_expired``.
    """
    link = links.find(db, LinkKind.UNDO_EMAIL, token, now)
    return UndoableEmail(email=link.parameters["old_email"], until=link.expires_at)


def undo_change(change: Change, links: MailedLinks, token: str) -> EmailInUse:
    """Use the old email again, and end all sessions: somebody else may have them.

    Raises:
        NotFound: ``link_unknown``, ``link_used``, ``link_expired``.
        Conflict: ``email_taken``.
    """
    now = change.call.now
    found = links.find(change.db, LinkKind.UNDO_EMAIL, token, now)
    user = users.lock_user(change.db, found.owner_id)
    link = links.use(change.db, LinkKind.UNDO_EMAIL, token, now)
    _use_email(change, user, link.parameters["old_email"])
    _end_later_links(change, user, user.email, link.created_at)
    sessions.end_sessions_of(change, user.id)
    record_of(change, user)
    return EmailInUse(email=user.email)


def restore_email(change: Change, user: User, email: str, since: datetime) -> None:
    """Use an earlier email again; what changed at ``since`` or later can't be undone.

    The user must be locked. An email that another account has now is not taken from
    it: then the user has none that works, so that nobody gets their mail.
    """
    _end_later_links(change, user, email, since)
    if user.email == email:
        return
    try:
        _use_email(change, user, email)
    except Conflict:
        log.error("email_not_restored", user=str(user.id))  # noqa: TRY400  no fault
        user.email = f"{user.id}@blocked.invalid"
        verification.put_back(change, user.id, VerificationStep.EMAIL, "")


def _end_later_links(change: Change, user: User, email: str, since: datetime) -> None:
    """Leave other emails of ``since`` or later no link that would bring them back."""
    end_links(change, user.id, LinkKind.UNDO_EMAIL, since=since)
    end_not_me_links(change, user.id, since, but_to=email)


def _use_email(change: Change, user: User, email: str) -> None:
    try:
        with change.db.begin_nested():
            user.email = email
    except IntegrityError as error:
        raise Conflict("email_taken") from error
    verification.mark_verified(change, user.id, VerificationStep.EMAIL)
    of_old = (LinkKind.VERIFY_EMAIL, *_TO_OLD_EMAIL)
    end_links(change, user.id, LinkKind.CONFIRM_EMAIL, *of_old)
