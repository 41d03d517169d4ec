"""Identity's settings, read once at its start."""

from dataclasses import dataclass, field
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from services.identity.documents import month_keys
from services.identity.documents.envelope import Envelope
from services.identity.documents.month_keys import MonthKeys
from services.identity.documents.settings import RETENTION, DocumentSettings
from services.identity.documents.virus_scan import read_scanner
from services.identity.factors.secret_keys import SecretKeys
from services.identity.notices.postboxes import Postbox, read_mail_server
from services.identity.people.common_passwords import CommonPasswords
from services.identity.people.context_words import words_of
from services.identity.people.password_rules import PRODUCT_WORDS, PasswordRules
from services.identity.signing_in.factor_resets import WAIT
from services.identity.verification.phone_codes import PER_DAY, PhoneSettings
from services.identity.verification.phone_numbers import read_countries
from services.identity.verification.sms_gateways import SmsGateway, read_gateway
from shared.principal import load_private_key, load_public_key
from shared.settings import (
    DEMO_PASSWORD,
    NO_SIGN_UP,
    Provider,
    SettingError,
    Settings,
    SignUp,
)
from shared.storage.settings import read_storage

MAX_WAIT_HOURS = 24 * 30
MAX_PER_DAY = 1_000_000
MAX_RETENTION_DAYS = 3650


@dataclass(frozen=True)
class IdentitySettings:
    """Principals are signed with ``signing_key``.

    Operators prove themselves with the private half of ``operator_key``.
    Authenticator apps' secrets are encrypted with ``factor_keys``.
    ``is_factor_required``: nobody logs in without a second factor.
    ``reset_wait`` is how long an operator's reset of somebody's factors waits.
    ``public_url`` is where customers see the pages, and ``provider`` whose they are.
    Mails come from the address ``sender``; without a ``postbox`` they wait. Text
    messages go to ``sms_gateway``.
    """

    signing_key: Ed25519PrivateKey
    operator_key: Ed25519PublicKey
    public_url: str
    provider: Provider
    factor_keys: SecretKeys
    documents: DocumentSettings
    password_rules: PasswordRules
    is_factor_required: bool = False
    reset_wait: timedelta = WAIT
    sender: str = ""
    postbox: Postbox | None = None
    phones: PhoneSettings = field(default_factory=PhoneSettings)
    sms_gateway: SmsGateway | None = None
    sign_up: SignUp = NO_SIGN_UP


def read_identity_settings(settings: Settings) -> IdentitySettings:
    """Read the keys from their folder, and the rest from the environment.

    Raises:
        SettingError: a setting makes no sense, or the list of common passwords has not
            been built.
    """
    keys, environment = settings.keys_dir, settings.environment
    gateway = read_gateway(settings)
    rules = PasswordRules(
        common=CommonPasswords.read(),
        provider=PRODUCT_WORDS | words_of(settings.provider.name),
        exempt=DEMO_PASSWORD if settings.is_loopback else "",
    )
    return IdentitySettings(
        signing_key=load_private_key(keys / "principal.key"),
        operator_key=load_public_key(keys / "operator.pub"),
        public_url=settings.public_url,
        provider=settings.provider,
        factor_keys=SecretKeys.of_file(keys / "factor.keys"),
        documents=_documents(settings),
        password_rules=rules,
        is_factor_required=_read_required(environment.get("SECOND_FACTOR", "")),
        reset_wait=_read_wait(environment.get("TWO_FACTOR_RESET_HOURS", "")),
        sender=_sender(settings),
        postbox=_postbox(settings),
        phones=PhoneSettings(
            countries=read_countries(environment.get("PHONE_COUNTRIES", "")),
            per_day=_read_per_day(environment.get("SMS_PER_DAY", "")),
            is_offered=gateway is not None,
        ),
        sms_gateway=gateway,
        sign_up=settings.sign_up,
    )


def _documents(settings: Settings) -> DocumentSettings:
    environment = settings.environment
    clamd_url = environment.get("CLAMD_URL")
    return DocumentSettings(
        storage=read_storage(settings),
        envelope=Envelope(
            SecretKeys.of_file(settings.keys_dir / "document.keys"),
            MonthKeys(month_keys.folder_of(settings)),
        ),
        retention=_read_retention(environment.get("DOCUMENT_RETENTION_DAYS", "")),
        scanner=read_scanner(clamd_url) if clamd_url else None,
    )


def _sender(settings: Settings) -> str:
    """Return ``MAIL_FROM``, or else the address of the provider's support."""
    given = settings.environment.get("MAIL_FROM") or settings.provider.support_email
    return given or f"noreply@{settings.hostname}"


def _postbox(settings: Settings) -> Postbox | None:
    url = settings.environment.get("SMTP_URL")
    return read_mail_server(url, settings.hostname) if url else None


def _read_required(text: str) -> bool:
    if text not in {"", "optional", "required"}:
        raise SettingError(
            f"SECOND_FACTOR is {text!r}. Set it to optional or required."
        )
    return text == "required"


def _read_per_day(text: str) -> int:
    if not text:
        return PER_DAY
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= MAX_PER_DAY):
        raise SettingError(f"SMS_PER_DAY must be a number from 1 to {MAX_PER_DAY}.")
    return int(text)


def _read_retention(text: str) -> timedelta:
    if not text:
        return RETENTION
    if not (text.isascii() and text.isdecimal() and int(text) <= MAX_RETENTION_DAYS):
        raise SettingError(
            "DOCUMENT_RETENTION_DAYS must be a number of days from 0 to "
            f"{MAX_RETENTION_DAYS}."
        )
    return timedelta(days=int(text))


def _read_wait(text: str) -> timedelta:
    if not text:
        return WAIT
    if not (text.isascii() and text.isdecimal() and int(text) <= MAX_WAIT_HOURS):
        raise SettingError(
            f"TWO_FACTOR_RESET_HOURS must be a number from 0 to {MAX_WAIT_HOURS}."
        )
    return timedelta(hours=int(text))
