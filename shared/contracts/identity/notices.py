"""Notices: what people are told of their account and their companies."""

from datetime import datetime
from enum import Enum
from uuid import UUID

from shared.contract import Effect, Event, Method, Nothing, Request, Response
from shared.contracts.identity.name import NAME
from shared.permissions import Permission


class Channel(Enum):
    PAGE = "page"
    MAIL = "mail"


class NoticeKind(Enum):
    """What a notice is about; web and the mails have its sentences.

    Each names its parameters. All are texts, and may be missing: times are ISO 8601,
    ``amount`` goes with ``currency``, ``names`` are lines. ``link_id`` is the mailed
    link by which a person goes on. A security kind may also have ``device`` and
    ``network``, in words.
    """

    NEW_DEVICE = "new_device"
    """``device``, ``network``."""
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  a word, not a secret
    PASSWORD_RESET_ASKED = "password_reset_asked"  # noqa: S105
    """``link_id``. By mail only."""
    TWO_FACTOR_ON = "two_factor_on"
    TWO_FACTOR_OFF = "two_factor_off"
    TWO_FACTOR_RESET_ASKED = "two_factor_reset_asked"
    """``due_at``."""
    AUTHENTICATOR_CHANGED = "authenticator_changed"
    RECOVERY_CODE_USED = "recovery_code_used"
    """``left``: how many are left."""
    RECOVERY_CODES_RENEWED = "recovery_codes_renewed"
    PASSKEY_ADDED = "passkey_added"
    """``passkey``: its name."""
    PASSKEY_REMOVED = "passkey_removed"
    """``passkey``: its name."""
    EMAIL_CONFIRM = "email_confirm"
    """``link_id``; to the new address. By mail only."""
    EMAIL_VERIFY = "email_verify"
    """``link_id``, which has a code as well. By mail only."""
    EMAIL_CHANGED = "email_changed"
    """``email``: the new one; ``link_id`` undoes it. To the address of before."""
    PHONE_CHANGED = "phone_changed"
    """``ending``: the last digits of the new number; missing if there is none now."""
    LOGIN_LINK = "login_link"
    """``link_id``, ``device``, ``network``. By mail only."""
    SIGN_UP_LINK = "sign_up_link"
    """``link_id``; to an address without an account. By mail only."""
    ACCOUNT_EXISTS = "account_exists"
    """Somebody wanted to sign up with the user's email. By mail only."""
    COMPANY_CLOSED = "company_closed"
    """``closed_at``."""
    DOCUMENT_ISSUED = "document_issued"
    """``document_id``, ``kind`` (a DocumentKind), ``number``, ``issued_on``,
    ``amount``, ``currency``, ``due_on``."""
    PAYMENT_FAILED = "payment_failed"
    """``top_up_id``, ``reference``, ``amount``, ``currency``."""
    SERVICES_SUSPENDED = "services_suspended"
    """``reason`` (a SuspensionReason), ``count``, ``names`` (the first of them),
    ``service_id`` if it is one."""
    SERVICES_RESUMED = "services_resumed"
    """``count``, ``names`` (the first of them), ``service_id`` if it is one."""
    SERVICE_OFFERED = "service_offered"
    """``handover_id``, ``service`` (its name), ``other``: the company that offers it;
    ``expires_at``."""
    HANDOVER_ENDED = "handover_ended"
    """``handover_id``, ``service``, ``other``: the other company; ``state`` (a
    HandoverState), ``side``: ``giver`` or ``receiver``; ``service_id`` for who has
    it."""
    REFUND_DECIDED = "refund_decided"
    """``top_up_id``, ``reference``, ``amount``, ``currency``, ``state`` (a
    RefundRequestState), ``answer``."""
    ROLE_CHANGED = "role_changed"
    """``role`` (a Role)."""
    MEMBER_REMOVED = "member_removed"
    """``company``: the name of the company that they have left."""
    TWO_FACTOR_REMINDER = "two_factor_reminder"
    """``by``: the name of who reminds them."""
    TWO_FACTOR_REQUIRED = "two_factor_required"
    """``by``: the name of who requires it."""
    OWNERSHIP_OFFERED = "ownership_offered"
    """``by``: the name of the owner."""
    OWNERSHIP_ACCEPTED = "ownership_accepted"
    """``by``: the name of the new owner."""
    OWNERSHIP_DECLINED = "ownership_declined"
    """``by``: the name of the member."""
    INVITATION = "invitation"
    """``link_id``, ``role`` (a Role), ``inviter``. By mail only, to an address."""
    INVITATION_ANSWERED = "invitation_answered"
    """``state`` (an InvitationState), ``email`` (the address that was invited),
    ``person``, ``role`` (a Role). To the person who invited them."""
    INVITATION_APPROVED = "invitation_approved"
    """``role`` (a Role). To a person who had accepted under another address."""
    CONTACT_CONFIRM = "contact_confirm"
    """``link_id``, ``inviter``. By mail only, to an address."""
    VERIFICATION_DOCUMENT_APPROVED = "verification_document_approved"
    """``step`` (a VerificationStep)."""
    VERIFICATION_DOCUMENT_REJECTED = "verification_document_rejected"
    """``step``, ``reason`` (of `verification.documents`), ``note`` of an operator."""


class Notice(Response, frozen=True, kw_only=True):
    """A notice on the page; ``position`` grows with each one.

    ``company_id`` and its name are of the company that it is about, if it is.
    """

    id: UUID
    position: int
    kind: NoticeKind
    company_id: UUID | None
    company_name: str
    parameters: dict[str, str]
    created_at: datetime
    is_read: bool


class ListNotices(Request, frozen=True, kw_only=True):
    """Newest first."""

    cursor: str | None = None
    limit: int = 25


class NoticePage(Response, frozen=True, kw_only=True):
    notices: list[Notice]
    unread: int
    previous: str | None
    next: str | None


class MarkNoticesRead(Request, frozen=True, kw_only=True):
    """The notice with an id, or all up to a position."""

    notice_id: UUID | None = None
    up_to: int | None = None


class ChangedNotices(Response, frozen=True, kw_only=True):
    """Whose notices have changed."""

    user_id: UUID


MOST_COUNTED = 100
"""Unread notices beyond that are not counted."""


class FindNotMe(Request, frozen=True, kw_only=True):
    """``token`` is that of a mail's "This wasn't me"."""

    token: str


class NotMe(Response, frozen=True, kw_only=True):
    """What a person says was not them, and when it happened.

    ``email`` is where that was mailed to, and by which they can come back.
    """

    kind: NoticeKind
    happened_at: datetime
    email: str


class ListFailedNotices(Request, frozen=True, kw_only=True):
    """Newest first."""

    cursor: str | None = None
    limit: int = 100


class FailedNotice(Response, frozen=True, kw_only=True):
    """A mail that was given up. ``failure`` is a code or a mail server's number."""

    id: UUID
    kind: NoticeKind
    address: str
    created_at: datetime
    given_up_at: datetime
    attempts: int
    failure: str


class FailedNotices(Response, frozen=True, kw_only=True):
    notices: list[FailedNotice]
    previous: str | None
    next: str | None


LIST_NOTICES = Method(
    NAME, "list_notices", ListNotices, NoticePage, Permission.READ_ACCOUNT
)
"""The caller's own. InvalidInput ``bad_cursor``, ``bad_limit``."""

MARK_NOTICES_READ = Method(
    NAME,
    "mark_notices_read",
    MarkNoticesRead,
    Nothing,
    Permission.READ_ACCOUNT,
    Effect.CHANGE,
)
"""The caller's own; others are left as they are."""

FIND_NOT_ME = Method(
    NAME,
    "find_not_me",
    FindNotMe,
    NotMe,
    Permission.PUBLIC,
    carries_secret=True,
)
"""Uses nothing up. NotFound ``link_unknown``, ``link_used``, ``link_expired``."""

USE_NOT_ME = Method(
    NAME,
    "use_not_me",
    FindNotMe,
    NotMe,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Ends the person's sessions, takes back what was added to their account since, and
refuses every login until the password is reset. NotFound as `FIND_NOT_ME`."""

LIST_FAILED_NOTICES = Method(
    NAME, "list_failed_notices", ListFailedNotices, FailedNotices, Permission.OPERATE
)
"""Mails that were given up. InvalidInput ``bad_cursor``, ``bad_limit``."""

NOTICES_CHANGED = Event(NAME, "notices_changed", ChangedNotices)
"""A person has a notice more, or has read some. The company is that of the notice, or
the one they act for."""

METHODS = (
    LIST_NOTICES,
    MARK_NOTICES_READ,
    FIND_NOT_ME,
    USE_NOT_ME,
    LIST_FAILED_NOTICES,
)
EVENTS = (NOTICES_CHANGED,)
