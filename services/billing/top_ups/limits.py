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


_UNITS = {
    1: "AUD AZN BAM BBD BMD BND BSD BYN BZD CAD CHF EUR FJD FKP GBP GEL GIP JOD KYD NZD"
    " PAB PGK SBD SGD SHP TOP USD WST BHD KWD OMR TND LYD",
    2: "AWG XCD",
    5: "AED BOB BRL CNY ILS MYR PEN PLN QAR RON SAR TJS TMT",
    10: "BWP DKK ERN GHS GTQ HKD LSL MAD MOP MVR NAD NOK SCR SEK SVC SZL TTD ZAR",
    20: "CUP CZK HNL MDL MXN SLE STN THB TWD ZMW",
    50: "EGP INR MKD MRU MUR NIO PHP TRY UAH UYU",
    100: "AFN BDT BTN CVE DOP ETB GMD JMD KGS LRD NPR RSD RUB SRD VUV XPF",
    200: "ALL DJF DZD GYD HTG ISK JPY KES LKR MZN PKR VED VES YER",
    500: "AMD CRC HUF KMF KZT SDG SOS XAF XOF",
    1_000: "AOA ARS CLP KPW KRW NGN RWF SSP",
    2_000: "IQD MMK MNT MWK TZS",
    5_000: "BIF CDF COP KHR MGA PYG UGX",
    10_000: "GNF SYP UZS",
    20_000: "IDR LAK VND",
    50_000: "IRR LBP",
}
"""Roughly how many units of a currency one euro was in 2026, in round numbers.

They only make a provider's first limits sensible; nothing is converted by them.
"""

_FACTORS = {code: units for units, codes in _UNITS.items() for code in codes.split()}


def standard(currency: str) -> TopUpLimits:
    """The limits of a currency that the settings leave out: round amounts of it."""
    euros, factor = TopUpLimits(), _FACTORS.get(currency, 1)
    return TopUpLimits(
        euros.minimum * factor,
        euros.maximum * factor,
        euros.max_balance * factor,
        euros.unverified * factor,
    )


@dataclass(frozen=True)
class Limits:
    """The limits of each currency; a currency not set has the standard ones."""

    by_currency: Mapping[str, TopUpLimits] = field(default_factory=dict)

    def of(self, currency: str) -> TopUpLimits:
        return self.by_currency.get(currency) or standard(currency)

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
        raise SettingError(
            f"{VARIABLE}: {setting!r} doesn't have the format CUR=1/2/3/4."
        ) from error
    if not 0 < minimum <= maximum <= max_balance or not 0 <= unverified <= max_balance:
        raise SettingError(
            f"{VARIABLE}: the limits in {setting!r} contradict each other."
        )
    return currency, TopUpLimits(minimum, maximum, max_balance, unverified)
