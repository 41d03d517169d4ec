"""Notices to people, one row per cause and channel."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity.models.base import Base
from shared.contracts.identity.notices import Channel, NoticeKind


class Notice(Base):
    """A notice on its way over one channel.

    ``address`` is where a mail goes, which may be an email that the user had before;
    it is empty on the page. A mail to somebody without an account has no ``user_id``,
    but the language and the time zone in which it is written. ``next_attempt_at`` is
    empty once it is sent, or given up, ``failure`` is a code of why the last attempt
    failed, and ``file_id`` is what is attached, until then.
    """

    __tablename__ = "notices"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity())
    user_id: Mapped[UUID | None]
    company_id: Mapped[UUID | None]
    kind: Mapped[NoticeKind]
    cause: Mapped[str]
    channel: Mapped[Channel]
    address: Mapped[str] = mapped_column(default="")
    locale: Mapped[str] = mapped_column(default="")
    time_zone: Mapped[str] = mapped_column(default="")
    parameters: Mapped[dict[str, str]]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]
    failure: Mapped[str] = mapped_column(default="")
    file_id: Mapped[UUID | None]


class NoticeFile(Base):
    """What is attached to mails, until the last of them is sent or given up."""

    __tablename__ = "notice_files"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    content: Mapped[bytes]
    created_at: Mapped[datetime]
