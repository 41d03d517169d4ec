"""An amount of money as people type it.

The marks are those of the reader's language. Others are understood where they can mean
one thing only: 12,50 and 12.50 are the same in every language, 1.234 is not.
"""

import re
from decimal import Decimal

from babel import Locale
from babel.numbers import (
    NumberFormatError,
    format_decimal,
    get_group_symbol,
    parse_decimal,
)

from shared.errors import InvalidInput
from shared.money import Money, currency_of, decimal_places

MAX_LENGTH = 20

# Digits of other scripts would pass for digits in Python, and an exponent for a number.
_TYPED = re.compile(r"[0-9.,'\u2019\u00a0\u202f ]+")
_EXAMPLE = 1234.5

_ANY_MARKS = re.compile(
    r"(?P<whole>[0-9]+|[0-9]{1,3}(?P<mark>[.,'\u2019\s])[0-9]{3}(?:(?P=mark)[0-9]{3})*)"
    r"(?:(?P<point>[.,])(?P<part>[0-9]+))?"
)
_GROUP = 3
"""Digits between two marks of groups."""


def read_amount(text: str, currency: str, locale: Locale) -> Money:
    """Read an amount as typed, with or without separators of thousands.

    Raises:
        InvalidInput: ``no_such_currency``, ``amount_missing``, ``amount_negative``,
            ``amount_too_long``, ``amount_not_understood`` with ``example``,
            ``amount_zero``, or ``amount_too_fine`` with ``places``.
    """
    if not text.strip():
        raise InvalidInput("amount_missing")
    money = read_amount_or_zero(text, currency, locale)
    if not money.amount:
        raise InvalidInput("amount_zero")
    return money


def read_amount_or_zero(text: str, currency: str, locale: Locale) -> Money:
    """Read an amount that may be zero; nothing typed is zero.

    Raises:
        InvalidInput: as `read_amount`, but for what is missing or zero.
    """
    places = _places(currency)
    typed = text.strip() or "0"
    if len(typed) > MAX_LENGTH:
        raise InvalidInput("amount_too_long")
    if typed[0] in "-\N{MINUS SIGN}":
        raise InvalidInput("amount_negative")
    try:
        if not _TYPED.fullmatch(typed):
            raise NumberFormatError("other characters")  # noqa: TRY301
        amount = _parse(typed, locale)
    except NumberFormatError as error:
        example = format_decimal(_EXAMPLE, format="#,##0.00", locale=locale)
        raise InvalidInput(
            "amount_not_understood", parameters={"example": example}
        ) from error
    if _decimals_of(amount) > places:
        raise InvalidInput("amount_too_fine", parameters={"places": places})
    return Money(amount, currency_of(currency))


def write_amount(money: Money, locale: Locale) -> str:
    """An amount as it is typed: no currency, no groups."""
    places = _places(money.currency.code)
    pattern = "0." + "0" * places if places else "0"
    return str(format_decimal(money.amount, format=pattern, locale=locale))


def _parse(typed: str, locale: Locale) -> Decimal:
    """Read it in the reader's language, or else as any language would.

    Raises:
        NumberFormatError: the text is not a number, or could be two.
    """
    try:
        return parse_decimal(_grouped(typed, locale), locale=locale, strict=True)
    except NumberFormatError:
        found = _ANY_MARKS.fullmatch(typed)
        if found is None or found["mark"] == (found["point"] or ""):
            raise
        whole, part = re.sub(r"[^0-9]", "", found["whole"]), found["part"] or ""
        may_be_a_group = whole[0] != "0" and len(whole) <= _GROUP == len(part)
        if may_be_a_group and not found["mark"]:
            raise
        return Decimal(f"{whole}.{part}" if part else whole)


def _decimals_of(amount: Decimal) -> int:
    """Return the decimal places as typed: 1.000 has three of them."""
    exponent = amount.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _grouped(typed: str, locale: Locale) -> str:
    """With the group mark of the language, where that is a space people can't type."""
    mark = get_group_symbol(locale)
    return re.sub(r"\s", mark, typed) if mark.isspace() else typed


def _places(currency: str) -> int:
    try:
        return decimal_places(currency)
    except ValueError as error:
        raise InvalidInput("no_such_currency") from error
