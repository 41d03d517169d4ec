"""Which gateways there are, by the settings."""

from collections.abc import Callable, Mapping

import stdnum.exceptions
from stdnum import bic, iban

from services.billing.gateways.bank_transfer import Account, BankTransfer
from services.billing.gateways.gateway import Gateway
from services.billing.gateways.sandbox import SandboxGateway
from services.billing.parties.sellers import DEMO_SELLER, FIRST, Sellers, settings_of
from shared.contracts.billing.payments import GatewayName
from shared.errors import InvalidInput
from shared.settings import SettingError, Settings
from shared.text import clean_line

_MAX_RECIPIENT_LENGTH = 70
"""EPC069-12, the guideline of a SEPA transfer's QR code."""

DEMO_ACCOUNT = Account(
    recipient=DEMO_SELLER.name,
    iban="DE89370400440532013000",
    bic="COBADEFFXXX",
    bank="Example Bank",
)
"""The IBAN of every example; no account has it."""

STRIPE_VARIABLES = (
    "STRIPE_SECRET_KEY",
    "STRIPE_PUBLISHABLE_KEY",
    "STRIPE_WEBHOOK_SECRET",
)
STRIPE_API_BASE = "https://api.stripe.com"


def read_gateways(
    settings: Settings, sellers: Sellers
) -> Mapping[GatewayName, Gateway]:
    """The gateways that are set up, in the order in which customers see them.

    Raises:
        SettingError: one is set up by half, or stands in on a public address.
    """
    found: tuple[Gateway | None, ...] = (
        _sandbox(settings),
        _stripe(settings),
        read_bank_transfer(settings, sellers),
    )
    return {gateway.name: gateway for gateway in found if gateway is not None}


def read_bank_transfer(settings: Settings, sellers: Sellers) -> BankTransfer | None:
    """The sellers' accounts; the demo's seller has one by default.

    Raises:
        SettingError: one makes no sense, or is given by half.
    """
    accounts = {}
    for seller in sellers:
        start = "" if seller.key == FIRST else settings_of(seller.key)
        account = _account(settings.environment, f"{start}BANK_")
        if account is None and seller == DEMO_SELLER and settings.wants_demo:
            account = DEMO_ACCOUNT
        if account is not None:
            accounts[seller.key] = account
    return BankTransfer(accounts) if accounts else None


def _account(environment: Mapping[str, str], start: str) -> Account | None:
    recipient, number, code, bank = (
        environment.get(f"{start}{name}", "").strip()
        for name in ("RECIPIENT", "IBAN", "BIC", "NAME")
    )
    if not (recipient or number or code or bank):
        return None
    return Account(
        recipient=_recipient(recipient, f"{start}RECIPIENT"),
        iban=_checked(iban.validate, number, f"{start}IBAN"),
        bic=_checked(bic.validate, code, f"{start}BIC") if code else "",
        bank=bank,
    )


def _recipient(text: str, name: str) -> str:
    try:
        return clean_line(text, _MAX_RECIPIENT_LENGTH, required=True)
    except InvalidInput as refusal:
        raise SettingError(f"{name} is not a name: {refusal.detail}") from refusal


def _checked(validate: Callable[[str], str], text: str, name: str) -> str:
    """The official form, without blanks: what the QR code of a transfer takes."""
    try:
        return validate(text)
    except stdnum.exceptions.ValidationError as error:
        raise SettingError(f"{name} is not valid: {text!r}") from error


def _stripe(settings: Settings) -> Gateway | None:
    environment = settings.environment
    given = [environment.get(name, "") for name in STRIPE_VARIABLES]
    if not any(given):
        return None
    if not all(given):
        raise SettingError(
            f"{', '.join(STRIPE_VARIABLES)} belong together. Set all or none."
        )
    api_base = environment.get("STRIPE_API_BASE") or STRIPE_API_BASE
    if api_base != STRIPE_API_BASE and not settings.is_loopback:
        raise SettingError(
            "STRIPE_API_BASE works only if PUBLIC_URL is a loopback address."
        )
    # Its SDK takes memory and time at the start: import it only with keys.
    from services.billing.gateways.stripe import StripeGateway  # noqa: PLC0415

    secret_key, publishable_key, webhook_secret = given
    return StripeGateway(secret_key, publishable_key, webhook_secret, api_base)


def notify_url(settings: Settings, gateway: GatewayName) -> str:
    """Where a gateway sends its notices."""
    return f"{settings.public_url}/webhooks/{gateway.value}"


def _sandbox(settings: Settings) -> SandboxGateway | None:
    url = settings.environment.get("SANDBOX_URL")
    if not url:
        return None
    if not settings.is_loopback:
        raise SettingError(
            "SANDBOX_URL works only if PUBLIC_URL is a loopback address."
        )
    secret = (settings.keys_dir / "sandbox.secret").read_text().strip()
    return SandboxGateway(url, secret, notify_url(settings, GatewayName.SANDBOX))
