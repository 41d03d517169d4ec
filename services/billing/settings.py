"""Billing's settings, read once at its start."""

from dataclasses import dataclass, field

from services.billing.limits import Limits, read_limits
from services.billing.seller import DEMO_SELLER, Seller, read_seller
from shared.settings import Settings

VIES_URL = "https://ec.europa.eu/taxation_customs/vies/rest-api"


@dataclass(frozen=True)
class BillingSettings:
    """``vies_url`` is empty where VAT IDs are not checked."""

    limits: Limits = field(default_factory=Limits)
    seller: Seller = DEMO_SELLER
    vies_url: str = ""


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
    )
