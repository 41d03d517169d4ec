"""Links that are sent by mail."""

from datetime import datetime
from enum import Enum
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.identity.models.base import Base


class LinkKind(Enum):
    """What a link is for; a token for one purpose is none for another."""

    RESET_PASSWORD = "reset_password"  # noqa: S105  a word, not a secret
    CONFIRM_EMAIL = "confirm_email"
    UNDO_EMAIL = "undo_email"
    NOT_ME = "not_me"
    LOG_IN = "log_in"
    VERIFY_EMAIL = "verify_email"
    INVITE = "invite"
    CONFIRM_CONTACT = "confirm_contact"
    END_CONTACT = "end_contact"
    SIGN_UP = "sign_up"


class MailedLink(Base):
    """A link's row; its token is not kept.

    ``user_id`` is None for a link that goes to an address without an account.
    """

    __tablename__ = "mailed_links"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[LinkKind]
    user_id: Mapped[UUID | None]
    parameters: Mapped[dict[str, str]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    @property
    def owner_id(self) -> UUID:
        """The user whose account the link is about.

        Raises:
            ValueError: its kind is of those that go to an address.
        """
        if self.user_id is None:
            raise ValueError(f"a link to {self.kind.value} is nobody's")
        return self.user_id
