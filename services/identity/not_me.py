"""The link "This wasn't me": a person takes their account back from somebody else.

The link is in each security mail. It works for 30 days, also when the account has
another email by then.
"""

from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from services.identity.credentials.email_changes import restore_email
from services.identity.factors.revoking import revoke_since
from services.identity.mailed_links import MailedLinks, end_links
from services.identity.models.mailed_links import LinkKind, MailedLink
from services.identity.people import users
from services.identity.recording import record_of
from services.identity.sessions.sessions import end_sessions_of
from services.identity.signing_in import factor_resets
from services.identity.verification.phone_codes import take_back_phone
from shared.contracts.identity.notices import NoticeKind, NotMe
from shared.rpc.change import Change

log = structlog.get_logger()

_ASKED_BY_ANYBODY = (LinkKind.RESET_PASSWORD, LinkKind.CONFIRM_EMAIL, LinkKind.LOG_IN)


def find(db: Session, links: MailedLinks, token: str, now: datetime) -> NotMe:
    """Return what a link is about, without using it.

    Raises:
        NotFound: as `MailedLinks.find`.
    """
    return _view(links.find(db, LinkKind.NOT_ME, token, now))


def use(change: Change, links: MailedLinks, token: str) -> NotMe:
    """Log everybody out, take back what was added since, and block logging in.

    The email is the one that the link was mailed to, so only its owner can reset the
    password, which ends the block.

    Raises:
        NotFound: as `MailedLinks.find`.
    """
    now = change.call.now
    found = links.find(change.db, LinkKind.NOT_ME, token, now)
    # Locked before the link, as all who change a password do.
    user = users.lock_user(change.db, found.owner_id)
    link = links.use(change.db, LinkKind.NOT_ME, token, now)
    user.blocked_at = now
    end_sessions_of(change, user.id)
    end_links(change, user.id, *_ASKED_BY_ANYBODY)
    factor_resets.cancel(change, user.id)
    restore_email(change, user, link.parameters["email"], link.created_at)
    revoke_since(change, user, link.created_at)
    take_back_phone(change, user, link.created_at)
    record_of(change, user)
    log.warning("account_blocked", user=str(user.id))
    return _view(link)


def _view(link: MailedLink) -> NotMe:
    return NotMe(
        kind=NoticeKind(link.parameters["kind"]),
        happened_at=link.created_at,
        email=link.parameters["email"],
    )
