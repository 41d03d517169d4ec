"""The outbox of mails: each is claimed, sent between transactions, and noted as sent.

Several processes may send at once. One that dies after a mail was taken sends it
again, with the same Message-ID.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import delete, exists, or_, select
from sqlalchemy.orm import Session

from services.identity.mailed_links import KEPT_AFTER_END
from services.identity.models.companies import Company, Membership
from services.identity.models.mailed_links import MailedLink
from services.identity.models.notices import Notice, NoticeFile
from services.identity.models.people import User
from services.identity.notices.mails import Letter, MailWriter
from services.identity.notices.notify import NOT_ME_LINK, STOP_LINK
from services.identity.notices.postboxes import NotSentError, Postbox
from shared.backoff import Backoff
from shared.db.database import Database
from shared.runtime import Runtime

log = structlog.get_logger()

EVERY = timedelta(seconds=2)
TAKEN_FOR = timedelta(minutes=5)
"""How long nobody else tries; after that, who took it has died."""
BACKOFF = Backoff.doubling(first_s=60, longest_s=60 * 60)
GIVEN_UP_AFTER = timedelta(days=4)
"""As long as mail servers try (RFC 5321, 4.5.4.1)."""

_End = Callable[[Session, Notice, datetime], None]


@dataclass(frozen=True)
class Outbox:
    """Without a ``postbox``, mails wait."""

    database: Database
    runtime: Runtime
    writer: MailWriter
    postbox: Postbox | None

    def send_due(self) -> None:
        """Send the mails that are due, until the server takes no more."""
        if self.postbox is None:
            return
        while letter := self._take():
            try:
                self.postbox.send(self.writer.write(letter))
            except NotSentError as refusal:
                end = _give_up if refusal.is_final else _put_off
                self._end(letter, partial(end, failure=refusal.failure))
                if refusal.is_servers:
                    return
            except Exception:
                # It is tried again, and keeps no other waiting.
                log.exception("mail_not_sent", notice=str(letter.notice_id))
                self._end(letter, partial(_put_off, failure="fault"))
            else:
                self._end(letter, _note_sent)

    def _take(self) -> Letter | None:
        """Claim the next mail that is worth sending."""
        now = self.runtime.clock.now()
        with self.database.system() as db:
            while notice := _next_due(db, now):
                if why := _why_not(db, notice, now):
                    _give_up(db, notice, now, failure=why)
                    continue
                notice.attempts += 1
                notice.next_attempt_at = now + TAKEN_FOR
                return _letter(db, notice)
        return None

    def _end(self, letter: Letter, end: _End) -> None:
        with self.database.system() as db:
            notice = db.get(Notice, letter.notice_id, with_for_update=True)
            # It is gone if its person has just been erased.
            if notice is not None and notice.next_attempt_at is not None:
                end(db, notice, self.runtime.clock.now())


def forget_files(db: Session) -> None:
    """Delete the files that no mail waits for."""
    needed = exists().where(Notice.file_id == NoticeFile.id)
    db.execute(delete(NoticeFile).where(~needed))


def forget_outsiders(db: Session, now: datetime) -> None:
    """Delete what was mailed to people without an account more than 30 days ago."""
    long_ago = now - KEPT_AFTER_END
    is_over = or_(Notice.sent_at < long_ago, Notice.given_up_at < long_ago)
    db.execute(delete(Notice).where(Notice.user_id.is_(None), is_over))


def _next_due(db: Session, now: datetime) -> Notice | None:
    return db.scalars(
        select(Notice)
        .where(Notice.next_attempt_at <= now)
        .order_by(Notice.next_attempt_at, Notice.position)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()


def _why_not(db: Session, notice: Notice, now: datetime) -> str:
    """Return why a mail is not worth sending any more; empty if it is."""
    if notice.created_at <= now - GIVEN_UP_AFTER:
        return notice.failure or "too_late"
    link = _link(db, notice, "link_id")
    if link and (link.used_at or link.expires_at <= now):
        return "link_expired"
    stop = _link(db, notice, STOP_LINK)
    if stop and stop.used_at:
        return "contact_ended"
    if notice.user_id is None:
        return ""
    membership = (notice.company_id, notice.user_id)
    if notice.company_id and not db.get(Membership, membership):
        return "left_company"
    return ""


def _letter(db: Session, notice: Notice) -> Letter:
    user = db.get_one(User, notice.user_id) if notice.user_id else None
    company = db.get_one(Company, notice.company_id) if notice.company_id else None
    file = db.get(NoticeFile, notice.file_id) if notice.file_id else None
    return Letter(
        notice_id=notice.id,
        kind=notice.kind,
        parameters=notice.parameters,
        created_at=notice.created_at,
        address=notice.address,
        name=user.name if user else "",
        locale=user.locale if user else notice.locale,
        time_zone=user.time_zone if user else notice.time_zone,
        company_id=notice.company_id,
        company=company.name if company else "",
        link=_link(db, notice, "link_id"),
        not_me=_link(db, notice, NOT_ME_LINK),
        stop=_link(db, notice, STOP_LINK),
        file_name=file.name if file else "",
        pdf=file.content if file else b"",
    )


def _link(db: Session, notice: Notice, parameter: str) -> MailedLink | None:
    link_id = notice.parameters.get(parameter)
    return db.get(MailedLink, UUID(link_id)) if link_id else None


def _note_sent(db: Session, notice: Notice, now: datetime) -> None:
    notice.sent_at, notice.next_attempt_at = now, None
    _drop_file(db, notice)


def _put_off(db: Session, notice: Notice, now: datetime, *, failure: str) -> None:
    """Try again later, unless it was tried for long enough."""
    notice.failure = failure
    if notice.created_at <= now - GIVEN_UP_AFTER:
        _give_up(db, notice, now, failure=failure)
        return
    notice.next_attempt_at = now + BACKOFF.pause(notice.attempts)
    about = {"notice": str(notice.id), "attempts": notice.attempts}
    log.warning("mail_put_off", failure=failure, **about)


def _give_up(db: Session, notice: Notice, now: datetime, *, failure: str) -> None:
    notice.failure = failure
    notice.given_up_at, notice.next_attempt_at = now, None
    about = {"notice": str(notice.id), "kind": notice.kind.value}
    log.error("mail_given_up", failure=failure, **about)
    _drop_file(db, notice)


def _drop_file(db: Session, notice: Notice) -> None:
    """Delete what was attached, once no other mail waits for it.

    Of two that end at once, both may leave it: `forget_files` deletes it then.
    """
    file_id, notice.file_id = notice.file_id, None
    if file_id is None:
        return
    db.flush()
    needed = exists().where(Notice.file_id == file_id)
    db.execute(delete(NoticeFile).where(NoticeFile.id == file_id, ~needed))
