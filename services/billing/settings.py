"""Billing's settings, read once at its start."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.billing.gateways.gateway import Gateway
from services.billing.gateways.settings import read_gateways
from services.billing.limits import Limits, read_limits
from services.billing.seller import DEMO_SELLER, Seller, read_seller
from shared.contracts.billing.top_ups import GatewayName
from shared.settings import Settings

VIES_URL = "https://ec.europa.eu/taxation_customs/vies/rest-api"


@dataclass(frozen=True)
class BillingSettings:
    """``vies_url`` is empty where VAT IDs are not checked.

    ``gateways`` are the ways to pay, in the order in which customers see them.
    """

    limits: Limits = field(default_factory=Limits)
    seller: Seller = DEMO_SELLER
    vies_url: str = ""
    gateways: Mapping[GatewayName, Gateway] = field(default_factory=dict)


def read_billing_settings(settings: Settings) -> BillingSettings:
    """Read them from the environment.

    A demo or a test, which is at a loopback address, asks the Commission's server only
    if it is told to.

    Raises:
        SettingError: one is missing or makes no sense.
    """
    environment = settings.environment
    return BillingSettings(
        limits=read_limits(environment),
        seller=read_seller(environment, is_loopback=settings.is_loopback),
        vies_url=environment.get("VIES_URL")
        or ("" if settings.is_loopback else VIES_URL),
        gateways=read_gateways(settings),
    )
