"""Which gateways there are, by the settings."""

from collections.abc import Mapping

from services.billing.gateways.gateway import Gateway
from services.billing.gateways.sandbox import SandboxGateway
from shared.contracts.billing.top_ups import GatewayName
from shared.settings import SettingError, Settings


def read_gateways(settings: Settings) -> Mapping[GatewayName, Gateway]:
    """The gateways that are set up, in the order in which customers see them.

    Raises:
        SettingError: one is set up by half, or stands in on a public address.
    """
    found = [_sandbox(settings)]
    return {gateway.name: gateway for gateway in found if gateway is not None}


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
