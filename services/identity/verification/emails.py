"""Verifying an email: a mail has a link and a code, either of which shows that it came.

The code is made of the link's id, so the database has none.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from services.identity.limits import Limit, Limits
from services.identity.mailed_links import MailedLinks, end_links, make_link
from services.identity.models.mailed_links import LinkKind, MailedLink
from services.identity.models.people import User
from services.identity.models.verification import Verification
from services.identity.notices.notify import Subject, notify
from services.identity.people import users, verification
from services.identity.recording import record_of
from shared.contracts.identity.notices import NoticeKind
from shared.contracts.identity.people import VerificationState, VerificationStep
from shared.contracts.identity.verification.emails import AwaitedEmail, VerifiedEmail
from shared.errors import Conflict, NotFound
from shared.rpc.change import Change

LASTS = timedelta(hours=1)
MAILS = Limit("email verification", "too_many_email_codes", 5, timedelta(hours=1))
TRIES = Limit("code of an email", "email_code_ended", 5, LASTS)
"""Of a million codes, for each mail; then another mail has another code."""


def ask(change: Change, limits: Limits, user_id: UUID) -> AwaitedEmail:
    """Mail a link and a code; earlier ones end.

    Raises:
        Conflict: ``email_is_verified``.
        Throttled: ``too_many_email_codes`` with ``retry_after_s``.
        NotFound: ``no_such_user``.
    """
    user = users.lock_user(change.db, user_id)
    row = change.db.get(Verification, (user.id, VerificationStep.EMAIL))
    if row is not None and row.state is VerificationState.VERIFIED:
        raise Conflict("email_is_verified")
    limits.take(change.db, MAILS, str(user.id), change.call.now)
    end_links(change, user.id, LinkKind.VERIFY_EMAIL)
    link = make_link(
        change, LinkKind.VERIFY_EMAIL, user.id, LASTS, {"email": user.email}
    )
    parameters = {"link_id": str(link.id)}
    notify(change, user, Subject(NoticeKind.EMAIL_VERIFY, str(link.id), parameters))
    return AwaitedEmail(email=user.email, until=link.expires_at)


def try_code(
    change: Change, links: MailedLinks, limits: Limits, user: User, code: str
) -> bool:
    """Verify the email of a locked user; return False for a wrong code, which counts.

    Raises:
        NotFound, Throttled: ``email_code_ended``.
    """
    link = _awaited(change, user)
    if link is None:
        raise NotFound("email_code_ended")
    limits.take(change.db, TRIES, str(link.id), change.call.now)
    if not links.is_code(link, code):
        return False
    link.used_at = change.call.now
    _verify(change, user)
    return True


def find(change: Change, links: MailedLinks, token: str) -> VerifiedEmail:
    """Return what a link verifies, without using it.

    Raises:
        NotFound: ``link_unknown``, ``link_used``, ``link_expired``.
    """
    link = links.find(change.db, LinkKind.VERIFY_EMAIL, token, change.call.now)
    return VerifiedEmail(email=link.parameters["email"])


def use(change: Change, links: MailedLinks, token: str) -> VerifiedEmail:
    """Verify the email that a link was mailed to.

    Raises:
        NotFound: as `find`.
    """
    now = change.call.now
    found = links.find(change.db, LinkKind.VERIFY_EMAIL, token, now)
    user = users.lock_user(change.db, found.owner_id)
    link = links.use(change.db, LinkKind.VERIFY_EMAIL, token, now)
    if link.parameters["email"] != user.email:
        raise NotFound("link_expired")
    _verify(change, user)
    return VerifiedEmail(email=user.email)


def _verify(change: Change, user: User) -> None:
    verification.mark_verified(change, user.id, VerificationStep.EMAIL)
    record_of(change, user)


def _awaited(change: Change, user: User) -> MailedLink | None:
    waiting = select(MailedLink).where(
        MailedLink.user_id == user.id,
        MailedLink.kind == LinkKind.VERIFY_EMAIL,
        MailedLink.used_at.is_(None),
        MailedLink.expires_at > change.call.now,
    )
    link = change.db.scalar(waiting.with_for_update())
    return link if link and link.parameters["email"] == user.email else None
