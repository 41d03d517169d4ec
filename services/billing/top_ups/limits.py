"""What a top-up may be, per currency: the provider's settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from shared.money import Money, currency_of, decode_money
from shared.settings import SettingError

VARIABLE = "TOP_UP_LIMITS"


@dataclass(frozen=True)
class TopUpLimits:
    """Net amounts in whole units of one currency.

    ``minimum`` and ``maximum`` bound one top-up, ``max_balance`` what the wallet holds
    after it, ``unverified`` what an unverified account may top up within 24 hours.
    """

    minimum: Decimal = Decimal(10)
    maximum: Decimal = Decimal(1000)
    max_balance: Decimal = Decimal(5000)
    unverified: Decimal = Decimal(100)


@dataclass(frozen=True)
class Limits:
    """The limits of each currency; a currency not set has the standard ones."""

    by_currency: Mapping[str, TopUpLimits] = field(default_factory=dict)

    def of(self, currency: str) -> TopUpLimits:
        return self.by_currency.get(currency, TopUpLimits())

    def minimum(self, currency: str) -> Money:
        return Money(self.of(currency).minimum, currency_of(currency))


def read_limits(environment: Mapping[str, str]) -> Limits:
    """Read ``TOP_UP_LIMITS``: ``JPY=1500/150000/750000/15000`` and more, by spaces.

    The four are minimum, maximum, maximum balance and unverified.

    Raises:
        SettingError: it is written otherwise, or there is no such currency.
    """
    settings = environment.get(VARIABLE, "").split()
    return Limits(dict(map(_read_one, settings)))


def _read_one(setting: str) -> tuple[str, TopUpLimits]:
    currency, _, amounts = setting.partition("=")
    try:
        minimum, maximum, max_balance, unverified = (
            decode_money({"amount": amount, "currency": currency}).amount
            for amount in amounts.split("/")
        )
    except ValueError as error:
        raise SettingError(f"{VARIABLE}: {setting!r} is not CUR=1/2/3/4") from error
    if not 0 < minimum <= maximum <= max_balance or not 0 <= unverified <= max_balance:
        raise SettingError(f"{VARIABLE}: {setting!r} contradicts itself")
    return currency, TopUpLimits(minimum, maximum, max_balance, unverified)
