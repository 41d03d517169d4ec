"""Tell people of something, once per cause and channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from services.identity.mailed_links import make_link
from services.identity.models.mailed_links import LinkKind
from services.identity.models.notices import Notice
from services.identity.models.people import User
from services.identity.notices.listing import emit_notices_changed
from shared.contracts.identity.notices import Channel, NoticeKind
from shared.principal import NOBODY_ID
from shared.rpc.change import Change

NOT_ME_LIFETIME = timedelta(days=30)

SECURITY_KINDS = frozenset(
    {
        NoticeKind.NEW_DEVICE,
        NoticeKind.PASSWORD_CHANGED,
        NoticeKind.TWO_FACTOR_ON,
        NoticeKind.TWO_FACTOR_OFF,
        NoticeKind.TWO_FACTOR_RESET_ASKED,
        NoticeKind.AUTHENTICATOR_CHANGED,
        NoticeKind.RECOVERY_CODE_USED,
        NoticeKind.RECOVERY_CODES_RENEWED,
        NoticeKind.PASSKEY_ADDED,
        NoticeKind.PASSKEY_REMOVED,
        NoticeKind.EMAIL_CHANGED,
        NoticeKind.PHONE_CHANGED,
    }
)
"""What somebody else may have done: their mails have "This wasn't me"."""

MAIL_ONLY = frozenset(
    {
        NoticeKind.PASSWORD_RESET_ASKED,
        NoticeKind.EMAIL_CONFIRM,
        NoticeKind.LOGIN_LINK,
        NoticeKind.EMAIL_VERIFY,
        NoticeKind.INVITATION,
        NoticeKind.CONTACT_CONFIRM,
        NoticeKind.SIGN_UP_LINK,
        NoticeKind.ACCOUNT_EXISTS,
    }
)
"""What anybody may have asked for; only their link is worth reading."""

NOT_ME_LINK = "not_me_link_id"
"""The parameter of a mail with the id of its "This wasn't me"."""

STOP_LINK = "stop_link_id"
"""The parameter of a mail with the id of the link that ends such mails."""


@dataclass(frozen=True)
class Outsider:
    """Somebody without an account: where their mails go, and how they are written.

    ``locale`` and ``time_zone`` are those of the person who gave the address.
    """

    address: str
    locale: str
    time_zone: str


@dataclass(frozen=True)
class Subject:
    """What a notice is about.

    ``cause`` names what happened, such as the id of a session or an event.
    ``parameters`` hold nothing secret: ids, times, amounts with their currency.
    ``file_id`` is what its mail has attached.
    """

    kind: NoticeKind
    cause: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    company_id: UUID | None = None
    file_id: UUID | None = None


def notify(change: Change, user: User, subject: Subject, email: str = "") -> None:
    """Tell a user, on the page and by mail; a cause that was told is not told again.

    ``email`` is where the mail goes, if not to the user's present address.
    """
    _mail(change, user, subject, email or user.email)
    if subject.kind in MAIL_ONLY:
        return
    if _add(change, subject, user_id=user.id, channel=Channel.PAGE):
        emit_notices_changed(change, user.id, subject.company_id or NOBODY_ID)


def mail_outsider(change: Change, outsider: Outsider, subject: Subject) -> None:
    """Mail somebody without an account; a cause that was told is not told again."""
    values = {
        "user_id": None,
        "channel": Channel.MAIL,
        "address": outsider.address,
        "locale": outsider.locale,
        "time_zone": outsider.time_zone,
        "next_attempt_at": change.call.now,
        "file_id": subject.file_id,
    }
    _add(change, subject, **values)


def _mail(change: Change, user: User, subject: Subject, address: str) -> None:
    mail = _add(
        change,
        subject,
        user_id=user.id,
        channel=Channel.MAIL,
        address=address,
        next_attempt_at=change.call.now,
        file_id=subject.file_id,
    )
    if mail is not None and subject.kind in SECURITY_KINDS:
        told = {"kind": subject.kind.value, "email": address}
        link = make_link(change, LinkKind.NOT_ME, user.id, NOT_ME_LIFETIME, told)
        mail.parameters = {**mail.parameters, NOT_ME_LINK: str(link.id)}


def _add(change: Change, subject: Subject, **more: object) -> Notice | None:
    """Add a notice; return it if it is new."""
    values = {
        "id": change.runtime.new_id(),
        "company_id": subject.company_id,
        "kind": subject.kind,
        "cause": subject.cause,
        "address": "",
        "locale": "",
        "time_zone": "",
        "parameters": dict(subject.parameters),
        "created_at": change.call.now,
        **more,
    }
    added = insert(Notice).values(values).on_conflict_do_nothing()
    return change.db.scalar(added.returning(Notice))
