"""Which gateways there are, by the settings."""

from collections.abc import Mapping

from stdnum.iban import is_valid as is_iban

from services.billing.gateways.bank_transfer import (
    BANK_VARIABLES,
    Account,
    BankTransfer,
)
from services.billing.gateways.gateway import Gateway
from services.billing.gateways.sandbox import SandboxGateway
from shared.contracts.billing.top_ups import GatewayName
from shared.settings import SettingError, Settings


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
    given = {name: environment.get(name, "") for name in BANK_VARIABLES}
    if not any(given.values()):
        return None
    iban, recipient = given["BANK_IBAN"], given["BANK_RECIPIENT"]
    if not (recipient and is_iban(iban)):
        raise SettingError("BANK_RECIPIENT and a valid BANK_IBAN belong together")
    account = Account(recipient, iban, given["BANK_BIC"], given["BANK_NAME"])
    return BankTransfer(account)


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
