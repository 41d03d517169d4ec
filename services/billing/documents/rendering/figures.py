"""Amounts, rates and days as a document writes them, in its language."""

from datetime import date
from decimal import Decimal, localcontext
from functools import lru_cache

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from shared.money import Money, decimal_places

_NO_BREAK = "\N{NO-BREAK SPACE}"
_LOCALES = {"en": "en_GB", "de": "de", "pl": "pl"}
"""British English: 26 November 2026, a four-digit year and no month first."""

_LONGEST = 60
"""Digits that are written out in full, before the default precision would round."""


@lru_cache(maxsize=8)
def locale_of(language: str) -> Locale:
    return Locale.parse(_LOCALES.get(language, _LOCALES["en"]))


def write_money(money: Money, language: str) -> str:
    """In the minor unit, with the currency's code: 1.234,56 EUR."""
    places = decimal_places(money.currency.code)
    pattern = f"#,##0.{'0' * places}" if places else "#,##0"
    return _write(money.amount, pattern, language) + _NO_BREAK + money.currency.code


def write_percent(percent: Decimal, language: str) -> str:
    return _write(percent, "0.##", language) + _NO_BREAK + "%"


def write_rate(rate: Decimal, language: str) -> str:
    """An exchange rate, with all of its places."""
    return _write(rate, "#,##0.############", language)


def write_day(day: date, language: str) -> str:
    return format_date(day, "long", locale=locale_of(language))


def _write(number: Decimal, pattern: str, language: str) -> str:
    with localcontext(prec=_LONGEST):
        return format_decimal(number, format=pattern, locale=locale_of(language))
