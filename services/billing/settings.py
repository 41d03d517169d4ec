"""Billing's settings, read once at its start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from services.billing.gateways.gateway import Gateway
from services.billing.gateways.settings import read_gateways
from services.billing.parties.sellers import Sellers, read_sellers
from services.billing.top_ups.limits import Limits, read_limits
from shared.contracts.billing.payments import GatewayName
from shared.settings import LOOPBACK_HOSTS, SettingError, Settings

VIES_URL = "https://ec.europa.eu/taxation_customs/vies/rest-api"


GRACE = timedelta(hours=72)
MOST_GRACE_HOURS = 24 * 90


@dataclass(frozen=True)
class BillingSettings:
    """``vies_url`` is empty where VAT IDs are not checked.

    ``gateways`` are the ways to pay, in the order in which customers see them.
    ``grace`` is how long services continue when their wallet can't pay. ``public_url``
    is where customers see the pages.
    """

    limits: Limits = field(default_factory=Limits)
    sellers: Sellers = field(default_factory=Sellers)
    vies_url: str = ""
    gateways: Mapping[GatewayName, Gateway] = field(default_factory=dict)
    grace: timedelta = GRACE
    public_url: str = "http://localhost"


def read_billing_settings(settings: Settings) -> BillingSettings:
    """Read them from the environment.

    A demo or a test, which is at a loopback address, asks the Commission's server only
    if it is set.

    Raises:
        SettingError: one is missing or makes no sense.
    """
    environment = settings.environment
    sellers = read_sellers(environment, is_loopback=settings.is_loopback)
    return BillingSettings(
        limits=read_limits(environment),
        sellers=sellers,
        vies_url=_read_vies_url(environment.get("VIES_URL", ""))
        or ("" if settings.is_loopback else VIES_URL),
        gateways=read_gateways(settings, sellers),
        grace=_read_grace(environment.get("GRACE_PERIOD_HOURS", "")),
        public_url=settings.public_url,
    )


def _read_vies_url(text: str) -> str:
    parts = urlsplit(text)
    is_near = parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS
    if text and not is_near and not (parts.scheme == "https" and parts.hostname):
        raise SettingError(
            f"VIES_URL must start with https://, except on a loopback address: {text!r}"
        )
    return text


def _read_grace(text: str) -> timedelta:
    if not text:
        return GRACE
    if not (text.isascii() and text.isdecimal() and int(text) <= MOST_GRACE_HOURS):
        most = MOST_GRACE_HOURS
        raise SettingError(f"GRACE_PERIOD_HOURS must be a number from 0 to {most}")
    return timedelta(hours=int(text))
