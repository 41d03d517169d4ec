"""What a top-up may be, per currency and level of verification: the settings.

``TOP_UP_LIMITS`` has an entry per currency, separated by semicolons. Each value that it
leaves out is the standard one, a round amount of its currency:

    EUR minimum=10 balance=5000 document=10000 none=50/50 email=100/100
    phone=500/500 identity=any/1000

A level has two amounts: all top-ups within 24 hours, and one top-up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

from shared.contracts.identity.verification.levels import VerificationLevel
from shared.money import Money, currency_of, decode_money
from shared.settings import SettingError

VARIABLE = "TOP_UP_LIMITS"
ANY = "any"
"""In the settings: no limit within 24 hours."""


@dataclass(frozen=True)
class LevelLimits:
    """What a level allows: ``per_day`` within 24 hours (None: any), ``one`` top-up."""

    per_day: Decimal | None
    one: Decimal

    def times(self, factor: int) -> "LevelLimits":
        per_day = None if self.per_day is None else self.per_day * factor
        return LevelLimits(per_day, self.one * factor)

    def allows_more_than(self, other: "LevelLimits") -> bool:
        if self.one > other.one:
            return True
        if self.per_day is None or other.per_day is None:
            return self.per_day is None and other.per_day is not None
        return self.per_day > other.per_day


@dataclass(frozen=True)
class TopUpLimits:
    """Net amounts in whole units of one currency.

    ``minimum`` is that of one top-up. ``balance`` is what the wallet may hold after
    it, ``document`` the same once the company's own document is verified. The others
    are named as their levels.
    """

    minimum: Decimal = Decimal(10)
    balance: Decimal = Decimal(5000)
    document: Decimal = Decimal(10_000)
    none: LevelLimits = LevelLimits(Decimal(50), Decimal(50))
    email: LevelLimits = LevelLimits(Decimal(100), Decimal(100))
    phone: LevelLimits = LevelLimits(Decimal(500), Decimal(500))
    identity: LevelLimits = LevelLimits(None, Decimal(1000))

    def at(self, level: VerificationLevel) -> LevelLimits:
        return {
            VerificationLevel.NONE: self.none,
            VerificationLevel.EMAIL: self.email,
            VerificationLevel.PHONE: self.phone,
            VerificationLevel.IDENTITY: self.identity,
        }[level]

    def times(self, factor: int) -> "TopUpLimits":
        return TopUpLimits(
            minimum=self.minimum * factor,
            balance=self.balance * factor,
            document=self.document * factor,
            none=self.none.times(factor),
            email=self.email.times(factor),
            phone=self.phone.times(factor),
            identity=self.identity.times(factor),
        )

    @property
    def make_sense(self) -> bool:
        """Whether no level allows less than the one before it, nor more than fits."""
        levels = [self.at(level) for level in VerificationLevel]
        rise = not any(low.allows_more_than(high) for low, high in pairwise(levels))
        most = self.identity.one
        return rise and 0 < self.minimum <= most <= self.balance <= self.document


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


_BY_LEVEL = frozenset(level.value for level in VerificationLevel)
_NAMES = frozenset(each.name for each in fields(TopUpLimits))


def standard(currency: str) -> TopUpLimits:
    """The limits of a currency that the settings leave out: round amounts of it."""
    return TopUpLimits().times(_FACTORS.get(currency, 1))


@dataclass(frozen=True)
class Limits:
    """The limits of each currency; a currency not set has the standard ones."""

    by_currency: Mapping[str, TopUpLimits] = field(default_factory=dict)

    def of(self, currency: str) -> TopUpLimits:
        return self.by_currency.get(currency) or standard(currency)

    def minimum(self, currency: str) -> Money:
        return Money(self.of(currency).minimum, currency_of(currency))


def read_limits(environment: Mapping[str, str]) -> Limits:
    """Read ``TOP_UP_LIMITS``.

    Raises:
        SettingError: it is written otherwise, there is no such currency, or a level
            allows less than the one before it.
    """
    entries = environment.get(VARIABLE, "").split(";")
    return Limits(dict(_read_currency(it) for it in entries if it.strip()))


def _read_currency(entry: str) -> tuple[str, TopUpLimits]:
    currency, *settings = entry.split()
    try:
        values: dict[str, Any] = dict(_read_one(currency, each) for each in settings)
    except ValueError as error:
        raise SettingError(
            f"{VARIABLE}: {entry.strip()!r} doesn't have the format "
            "EUR minimum=10 balance=5000 email=100/100."
        ) from error
    limits = replace(standard(currency), **values)
    if not settings or not limits.make_sense:
        raise SettingError(
            f"{VARIABLE}: the limits in {entry.strip()!r} contradict each other."
        )
    return currency, limits


def _read_one(currency: str, setting: str) -> tuple[str, Decimal | LevelLimits]:
    name, is_set, text = setting.partition("=")
    if not is_set or name not in _NAMES:
        raise ValueError(setting)
    if name not in _BY_LEVEL:
        return name, _read_amount(currency, text)
    per_day, one = text.split("/")
    within_a_day = None if per_day == ANY else _read_amount(currency, per_day)
    return name, LevelLimits(within_a_day, _read_amount(currency, one))


def _read_amount(currency: str, text: str) -> Decimal:
    amount = decode_money({"amount": text, "currency": currency}).amount
    if amount < 0:
        raise ValueError(text)
    return amount
