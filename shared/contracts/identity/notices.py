"""Notices: what people are told of their account and their companies."""

from enum import Enum


class Channel(Enum):
    PAGE = "page"
    MAIL = "mail"


class NoticeKind(Enum):
    """What a notice is about; web and the mails have its sentences."""

    NEW_DEVICE = "new_device"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  a word, not a secret
    PASSWORD_RESET_ASKED = "password_reset_asked"  # noqa: S105
    TWO_FACTOR_ON = "two_factor_on"
    TWO_FACTOR_OFF = "two_factor_off"
    TWO_FACTOR_RESET_ASKED = "two_factor_reset_asked"
    AUTHENTICATOR_CHANGED = "authenticator_changed"
    RECOVERY_CODE_USED = "recovery_code_used"
    RECOVERY_CODES_RENEWED = "recovery_codes_renewed"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    EMAIL_CONFIRM = "email_confirm"
    EMAIL_CHANGED = "email_changed"
    LOGIN_LINK = "login_link"
    DOCUMENT_ISSUED = "document_issued"
    PAYMENT_FAILED = "payment_failed"
    SERVICES_SUSPENDED = "services_suspended"
    SERVICES_RESUMED = "services_resumed"
    REFUND_DECIDED = "refund_decided"
