"""Which gateways there are, by the settings."""

from collections.abc import Callable, Mapping

import stdnum.exceptions
from stdnum import bic, iban

from services.billing.gateways.bank_transfer import (
    BANK_VARIABLES,
    Account,
    BankTransfer,
)
from services.billing.gateways.gateway import Gateway
from services.billing.gateways.sandbox import SandboxGateway
from shared.contracts.billing.top_ups import GatewayName
from shared.errors import InvalidInput
from shared.settings import SettingError, Settings
from shared.text import clean_line

_MAX_RECIPIENT_LENGTH = 70
"""EPC069-12, the guideline of a SEPA transfer's QR code."""


def read_gateways(settings: Settings) -> Mapping[GatewayName, Gateway]:
    """The gateways that are set up, in the order in which customers see them.

    Raises:
        SettingError: one is set up by half, or stands in on a public address.
    """
    found: tuple[Gateway | None, ...] = (
        _sandbox(settings),
        _bank_transfer(settings.environment),
    )
    return {gateway.name: gateway for gateway in found if gateway is not None}


def _bank_transfer(environment: Mapping[str, str]) -> BankTransfer | None:
    given = {name: environment.get(name, "").strip() for name in BANK_VARIABLES}
    if not any(given.values()):
        return None
    account = Account(
        recipient=_recipient(given["BANK_RECIPIENT"]),
        iban=_checked(iban.validate, "BANK_IBAN", given),
        bic=_checked(bic.validate, "BANK_BIC", given) if given["BANK_BIC"] else "",
        bank=given["BANK_NAME"],
    )
    return BankTransfer(account)


def _recipient(text: str) -> str:
    try:
        return clean_line(text, _MAX_RECIPIENT_LENGTH, required=True)
    except InvalidInput as refusal:
        raise SettingError(f"BANK_RECIPIENT is no name: {refusal.detail}") from refusal


def _checked(
    validate: Callable[[str], str], name: str, given: Mapping[str, str]
) -> str:
    """The official form, without blanks: what the QR code of a transfer takes."""
    try:
        return validate(given[name])
    except stdnum.exceptions.ValidationError as error:
        raise SettingError(f"{name} makes no sense: {given[name]!r}") from error


def notify_url(settings: Settings, gateway: GatewayName) -> str:
    """Where a gateway sends its notices."""
    return f"{settings.public_url}/webhooks/{gateway.value}"


def _sandbox(settings: Settings) -> SandboxGateway | None:
    url = settings.environment.get("SANDBOX_URL")
    if not url:
        return None
    if not settings.is_loopback:
        raise SettingError("SANDBOX_URL: nobody pays for real there; refused here")
    secret = (settings.keys_dir / "sandbox.secret").read_text().strip()
    return SandboxGateway(url, secret, notify_url(settings, GatewayName.SANDBOX))
