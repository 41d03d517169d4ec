"""Money: rounding, the wire format, and the limits of what is accepted.

Money is a py-moneyed `Money`: a Decimal and an ISO 4217 currency, always together.
This is the only module that rounds.
"""

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any

from moneyed import Currency, CurrencyDoesNotExist, Money, get_currency

__all__ = [
    "LEDGER_PLACES",
    "PRICE_PLACES",
    "Money",
    "currency_of",
    "decimal_places",
    "decode_money",
    "encode_money",
    "fits_invoices",
    "fits_ledger",
    "is_current",
    "ledger_ratio",
    "minor_unit",
    "minor_unit_ratio",
    "round_down_to_minor_unit",
    "round_exchange_rate",
    "round_price",
    "round_to_ledger",
    "round_to_minor_unit",
    "round_up_to_whole",
    "zero",
]

LEDGER_PLACES = 6
"""Decimal places of wallets and charges; prices may be finer."""

LEDGER_BOUND = Decimal(10) ** 14
"""Ledger amounts stay below it; the database has room for no more digits."""

PRICE_PLACES = 12
"""Decimal places of prices: an hour of something small costs very little."""

_PRICE_UNIT = Decimal(1).scaleb(-PRICE_PLACES)
_LEDGER_UNIT = Decimal(1).scaleb(-LEDGER_PLACES)
_INVOICE_UNIT = Decimal("0.01")
_MAX_LENGTH = 40
# Digits, not an exponent: "1e999999999" would be a gigabyte once written out.
_AMOUNT = re.compile(r"-?[0-9]+(\.[0-9]+)?")
# The default context would round silently what has more than 28 digits.
_ROOM = Context(prec=200)


_CODES = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP
BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD
FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD
JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK
MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR
PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP
SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF
XCD XOF XPF YER ZAR ZMW
"""
_CURRENT = frozenset(_CODES.split())
"""ISO 4217, list one, as of 1 January 2026: those with a minor unit that people pay in.

Without metals, funds, accounting units and codes for tests; without the kuna and the
lev, which the euro has replaced. XCG and ZWG are not known to py-moneyed yet.
"""


def is_current(code: str) -> bool:
    """Return whether new prices and wallets can use a currency."""
    return code in _CURRENT


def currency_of(code: str) -> Currency:
    """Find a currency by its ISO 4217 code.

    Raises:
        ValueError: there is no such currency.
    """
    try:
        return get_currency(code)
    except CurrencyDoesNotExist as error:
        raise ValueError(f"no such currency: {code[:8]!r}") from error


def zero(currency: str) -> Money:
    return Money(Decimal(0), currency_of(currency))


def minor_unit(currency: str) -> Decimal:
    """Return the smallest amount that can be paid: 0.01 for EUR, 1 for JPY."""
    return Decimal(1) / Decimal(currency_of(currency).sub_unit)


def decimal_places(currency: str) -> int:
    """Return the decimal places of a currency's amounts: 2 for EUR, 0 for JPY."""
    return -int(minor_unit(currency).as_tuple().exponent)


def fits_invoices(currency: str) -> bool:
    """Return whether invoices can show every payable amount in a currency.

    EN 16931 knows two decimal places (BR-DEC); dinars such as KWD and TND have three.
    """
    return minor_unit(currency) >= _INVOICE_UNIT


def round_to_minor_unit(money: Money) -> Money:
    """Round half up to the minor unit, as paid and printed."""
    unit = minor_unit(money.currency.code)
    return Money(_quantize(money.amount, unit), money.currency)


def round_down_to_minor_unit(money: Money) -> Money:
    """Return the most that can be paid out of an amount."""
    unit = minor_unit(money.currency.code)
    return Money(money.amount.quantize(unit, ROUND_FLOOR, _ROOM), money.currency)


def round_to_ledger(money: Money) -> Money:
    """Round half up to the six decimal places of wallets and charges."""
    return Money(_quantize(money.amount, _LEDGER_UNIT), money.currency)


def ledger_ratio(amount: Fraction, currency: str) -> Money:
    """Round an exact result half up (away from zero) to six places."""
    units = _half_up(amount * 10**LEDGER_PLACES)
    return Money(units.scaleb(-LEDGER_PLACES, _ROOM), currency_of(currency))


def minor_unit_ratio(amount: Fraction, currency: str) -> Money:
    """Round an exact result half up to the minor unit."""
    unit = minor_unit(currency)
    units = _half_up(amount / Fraction(unit))
    return Money(_ROOM.multiply(units, unit), currency_of(currency))


def round_exchange_rate(rate: Fraction) -> Decimal:
    """Round half up to twelve places for display; calculate with the exact rate."""
    rounded = _half_up(rate * 10**PRICE_PLACES).scaleb(-PRICE_PLACES, _ROOM)
    return Decimal(f"{rounded.normalize(_ROOM):f}")


def fits_ledger(money: Money) -> bool:
    """Return whether the ledger can store the amount without rounding."""
    in_range = abs(money.amount) < LEDGER_BOUND
    return in_range and money.amount == _quantize(money.amount, _LEDGER_UNIT)


def round_price(money: Money) -> Money:
    """Round half up to the twelve decimal places of prices.

    Zeros at the end are dropped down to the currency's minor unit: 4.90, 0.0255.
    """
    amount = _quantize(money.amount, _PRICE_UNIT)
    short = _quantize(amount, minor_unit(money.currency.code))
    exact = short if short == amount else amount.normalize(_ROOM)
    return Money(exact, money.currency)


def round_up_to_whole(money: Money) -> Money:
    """Round up to a whole unit of the currency, as for recommendations."""
    return Money(money.amount.to_integral_value(ROUND_CEILING), money.currency)


def encode_money(money: Money) -> dict[str, str]:
    return {"amount": f"{money.amount:f}", "currency": money.currency.code}


def decode_money(data: Any) -> Money:
    """Rebuild money from the wire.

    Raises:
        ValueError: not ``{"amount": text, "currency": ISO 4217 code}``, or the amount
            is not a plain decimal (no exponent) of at most 40 characters.
    """
    match data:
        case {"amount": str(amount), "currency": str(currency)} if len(
            amount
        ) <= _MAX_LENGTH and _AMOUNT.fullmatch(amount):
            return Money(Decimal(amount), currency_of(currency))
        case _:
            raise ValueError("money is an amount as text and a currency")


def _quantize(amount: Decimal, unit: Decimal) -> Decimal:
    return amount.quantize(unit, ROUND_HALF_UP, _ROOM)


def _half_up(amount: Fraction) -> Decimal:
    units, rest = divmod(abs(amount), 1)
    if rest >= Fraction(1, 2):
        units += 1
    return Decimal(units if amount >= 0 else -units)
