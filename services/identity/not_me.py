"""The link "This wasn't me": a person takes their account back from somebody else.

The link is in each security mail. It works for 30 days, also when the account has
another address by then.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import delete
from sqlalchemy.orm import Session

from services.identity.mailed_links import MailedLinks
from services.identity.models.mailed_links import LinkKind, MailedLink
from services.identity.models.people import User
from services.identity.signing_in.sessions import end_sessions_of
from shared.contracts.identity.notices import NoticeKind, NotMe
from shared.rpc.change import Change

log = structlog.get_logger()

TakeBack = Callable[[Change, User, MailedLink], None]
"""Takes back what was added to an account since a link was made, that moment included.

The link's ``email`` parameter is the account's address as its mail was sent.
"""

TAKE_BACK: Sequence[TakeBack] = ()
"""What the rooms of factors and addresses do."""

_LOST = (LinkKind.RESET_PASSWORD, LinkKind.CONFIRM_EMAIL, LinkKind.LOG_IN)
"""Links that the other one may have asked for."""


def find(db: Session, links: MailedLinks, token: str, now: datetime) -> NotMe:
    """Say what a link is about, without using it.

    Raises:
        NotFound: as `MailedLinks.find`.
    """
    return _view(links.find(db, LinkKind.NOT_ME, token, now))


def use(change: Change, links: MailedLinks, token: str) -> NotMe:
    """Log everybody out, take back what was added since, and block logging in.

    Raises:
        NotFound: as `MailedLinks.find`.
    """
    link = links.use(change.db, LinkKind.NOT_ME, token, change.call.now)
    user = change.db.get_one(User, link.user_id, with_for_update=True)
    user.blocked_at = change.call.now
    end_sessions_of(change, user.id)
    _forget_links(change.db, user.id)
    for take_back in TAKE_BACK:
        take_back(change, user, link)
    log.warning("account_blocked", user=str(user.id))
    return _view(link)


def _forget_links(db: Session, user_id: UUID) -> None:
    db.execute(
        delete(MailedLink).where(
            MailedLink.user_id == user_id, MailedLink.kind.in_(_LOST)
        )
    )


def _view(link: MailedLink) -> NotMe:
    return NotMe(
        kind=NoticeKind(link.parameters["kind"]),
        happened_at=link.created_at,
        email=link.parameters["email"],
    )
