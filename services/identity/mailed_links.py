"""Links that are sent by mail: each for one purpose, for some time, used once.

The database keeps a link's id. The token in the mail is the id and a keyed hash of it,
so a reader of the database can't make one, and the mail can be written later.
"""

import hmac
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, exists, select, true, update
from sqlalchemy.orm import Session

from services.identity.hashes import derive_key, keyed_hash
from services.identity.models.mailed_links import LinkKind, MailedLink
from shared.errors import NotFound
from shared.rpc.change import Change

_ID_LENGTH = 32
CODE_DIGITS = 6
KEPT_AFTER_END = timedelta(days=30)
NOT_BEFORE = timedelta(minutes=5)
"""After a link that anybody may ask for, the next of its kind.

People who ask in between have one that is still good. No mailbox is flooded, and an
attacker can't use up a limit of the account to keep its owner out.
"""


class MailedLinks:
    def __init__(self, signing_key: Ed25519PrivateKey) -> None:
        self._key = derive_key(signing_key, b"client-area mailed links")

    def token(self, kind: LinkKind, link_id: UUID) -> str:
        """Return the secret for the link's address: 96 hexadecimal characters."""
        return link_id.hex + self._mark(kind, link_id)

    def is_genuine(self, kind: LinkKind, token: str) -> bool:
        """Whether we made this token, which shows without a look into the database."""
        return self._read(kind, token) is not None

    def recognise(self, db: Session, kind: LinkKind, token: str) -> MailedLink:
        """Return the link of a token, whether it can still be used or not.

        Raises:
            NotFound: ``link_unknown``.
        """
        return self._recognise(db, kind, token, lock=False)

    def code(self, link: MailedLink) -> str:
        """Return the six digits that a mail may have beside its link."""
        mark = keyed_hash(self._key, f"{link.kind.value} code", link.id.hex)
        return f"{int.from_bytes(mark) % 10**CODE_DIGITS:0{CODE_DIGITS}}"

    def is_code(self, link: MailedLink, typed: str) -> bool:
        """Whether the code is a link's; blanks don't count."""
        digits = "".join(typed.split()).encode("utf-8", "replace")
        return hmac.compare_digest(digits, self.code(link).encode())

    def find(
        self, db: Session, kind: LinkKind, token: str, now: datetime
    ) -> MailedLink:
        """Return the link of a token without using it.

        Raises:
            NotFound: ``link_unknown``, ``link_used`` or ``link_expired``.
        """
        return self._find(db, kind, token, now, lock=False)

    def use(self, db: Session, kind: LinkKind, token: str, now: datetime) -> MailedLink:
        """Use the link up; of several uses at once, one succeeds.

        Raises:
            NotFound: as `find`.
        """
        link = self._find(db, kind, token, now, lock=True)
        link.used_at = now
        return link

    def _find(
        self, db: Session, kind: LinkKind, token: str, now: datetime, *, lock: bool
    ) -> MailedLink:
        link = self._recognise(db, kind, token, lock=lock)
        if link.used_at is not None:
            raise NotFound("link_used")
        if link.expires_at <= now:
            raise NotFound("link_expired")
        return link

    def _recognise(
        self, db: Session, kind: LinkKind, token: str, *, lock: bool
    ) -> MailedLink:
        link_id = self._read(kind, token)
        link = db.get(MailedLink, link_id, with_for_update=lock) if link_id else None
        if link is None or link.kind is not kind:
            raise NotFound("link_unknown")
        return link

    def _read(self, kind: LinkKind, token: str) -> UUID | None:
        try:
            link_id = UUID(hex=token[:_ID_LENGTH])
            genuine = hmac.compare_digest(token[_ID_LENGTH:], self._mark(kind, link_id))
        except (TypeError, ValueError):
            return None
        return link_id if genuine else None

    def _mark(self, kind: LinkKind, link_id: UUID) -> str:
        return keyed_hash(self._key, kind.value, link_id.hex).hex()


def make_link(
    change: Change,
    kind: LinkKind,
    user_id: UUID | None,
    lifetime: timedelta,
    parameters: dict[str, str] | None = None,
) -> MailedLink:
    """Make a link for a user, or for an address without one.

    ``parameters`` say what it will do.
    """
    link = MailedLink(
        id=change.runtime.new_id(),
        kind=kind,
        user_id=user_id,
        parameters=parameters or {},
        created_at=change.call.now,
        expires_at=change.call.now + lifetime,
    )
    change.db.add(link)
    return link


def has_new_link(change: Change, user_id: UUID, kind: LinkKind) -> bool:
    """Whether a user was mailed such a link just now, and has not used it."""
    new = select(MailedLink.id).where(
        MailedLink.user_id == user_id,
        MailedLink.kind == kind,
        MailedLink.used_at.is_(None),
        MailedLink.created_at > change.call.now - NOT_BEFORE,
    )
    return bool(change.db.scalar(select(exists(new))))


def end_links(
    change: Change, user_id: UUID, *kinds: LinkKind, since: datetime | None = None
) -> None:
    """Let a user's links of these kinds be used no more, if made at ``since`` or later.

    A person who opens one reads that it was used.
    """
    change.db.execute(
        update(MailedLink)
        .where(
            MailedLink.user_id == user_id,
            MailedLink.kind.in_(kinds),
            MailedLink.used_at.is_(None),
            MailedLink.created_at >= since if since else true(),
        )
        .values(used_at=change.call.now)
    )


def end_link(change: Change, link_id: UUID) -> None:
    """Let a link be used no more."""
    change.db.execute(
        update(MailedLink)
        .where(MailedLink.id == link_id, MailedLink.used_at.is_(None))
        .values(used_at=change.call.now)
    )


def end_not_me_links(
    change: Change, user_id: UUID, since: datetime, *, but_to: str
) -> None:
    """Let links "This wasn't me" made at ``since`` or later be used no more.

    Those that were mailed to the email ``but_to`` stay. The others went to the person
    who had changed the email, and would bring theirs back.
    """
    change.db.execute(
        update(MailedLink)
        .where(
            MailedLink.user_id == user_id,
            MailedLink.kind == LinkKind.NOT_ME,
            MailedLink.used_at.is_(None),
            MailedLink.created_at >= since,
            MailedLink.parameters["email"].astext != but_to,
        )
        .values(used_at=change.call.now)
    )


def forget_old_links(db: Session, now: datetime) -> None:
    """Delete links that expired more than 30 days ago."""
    db.execute(delete(MailedLink).where(MailedLink.expires_at < now - KEPT_AFTER_END))
