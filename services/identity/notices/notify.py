"""Tell people of something, once per cause and channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from services.identity.models.notices import Notice
from services.identity.models.people import User
from shared.contracts.identity.notices import Channel, NoticeKind
from shared.rpc.change import Change


@dataclass(frozen=True)
class Subject:
    """What a notice is about.

    ``cause`` names what happened, such as the id of a session or an event.
    ``parameters`` hold nothing secret: ids, times, amounts with their currency.
    """

    kind: NoticeKind
    cause: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    company_id: UUID | None = None


def notify(change: Change, user: User, subject: Subject, email: str = "") -> None:
    """Tell a user, on the page and by mail; a cause that was told is not told again.

    ``email`` is where the mail goes, if not to the user's present address.
    """
    for channel in Channel:
        is_mail = channel is Channel.MAIL
        values = {
            "id": change.runtime.new_id(),
            "user_id": user.id,
            "company_id": subject.company_id,
            "kind": subject.kind,
            "cause": subject.cause,
            "channel": channel,
            "address": (email or user.email) if is_mail else "",
            "parameters": dict(subject.parameters),
            "created_at": change.call.now,
            "next_attempt_at": change.call.now if is_mail else None,
        }
        change.db.execute(insert(Notice).values(values).on_conflict_do_nothing())
