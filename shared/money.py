"""Money: rounding, the wire format, and the limits of what is accepted.

Money is a py-moneyed `Money`: a Decimal and an ISO 4217 currency, always together.
This is the only module that rounds.
"""

from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from moneyed import Currency, CurrencyDoesNotExist, Money, get_currency

__all__ = [
    "LEDGER_PLACES",
    "Money",
    "currency_of",
    "decode_money",
    "encode_money",
    "minor_unit",
    "round_to_ledger",
    "round_to_minor_unit",
    "round_up_to_whole",
    "zero",
]

LEDGER_PLACES = 6
"""Decimal places of wallets and charges; prices may be finer."""

_LEDGER_UNIT = Decimal(1).scaleb(-LEDGER_PLACES)
_MAX_DIGITS = 40


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
    """The smallest amount that can be paid: 0.01 for EUR, 1 for JPY."""
    return Decimal(1) / Decimal(currency_of(currency).sub_unit)


def round_to_minor_unit(money: Money) -> Money:
    """Round half up to what can be paid and printed on a document."""
    unit = minor_unit(money.currency.code)
    return Money(money.amount.quantize(unit, ROUND_HALF_UP), money.currency)


def round_to_ledger(money: Money) -> Money:
    """Round half up to the six decimal places of wallets and charges."""
    return Money(money.amount.quantize(_LEDGER_UNIT, ROUND_HALF_UP), money.currency)


def round_up_to_whole(money: Money) -> Money:
    """Round up to a whole unit of the currency, as recommendations are."""
    return Money(money.amount.to_integral_value(ROUND_CEILING), money.currency)


def encode_money(money: Money) -> dict[str, str]:
    return {"amount": f"{money.amount:f}", "currency": money.currency.code}


def decode_money(data: Any) -> Money:
    """Rebuild money from the wire.

    Raises:
        ValueError: not ``{"amount": text, "currency": ISO 4217 code}``, or the amount
            is not a finite decimal of at most 40 characters.
    """
    match data:
        case {"amount": str(amount), "currency": str(currency)} if (
            len(amount) <= _MAX_DIGITS
        ):
            return Money(_finite(amount), currency_of(currency))
        case _:
            raise ValueError("money is an amount as text and a currency")


def _finite(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"not an amount: {text!r}") from error
    if not amount.is_finite():
        raise ValueError(f"not a finite amount: {text!r}")
    return amount
