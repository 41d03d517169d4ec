"""How figures and times are written for people, in their language and zone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, localcontext
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date as babel_date
from babel.dates import format_datetime as babel_datetime
from babel.dates import format_time as babel_time
from babel.numbers import format_decimal, get_decimal_symbol
from babel.numbers import format_percent as babel_percent

from shared.money import PRICE_PLACES, Money, decimal_places, round_to_minor_unit, zero

MINUS = "\N{MINUS SIGN}"
_LONGEST = 60
"""Digits that are written out in full, before the default precision would round."""


@dataclass(frozen=True)
class FormattedMoney:
    """An amount in the parts that a template aligns; `text` is all of it in a row."""

    sign: str
    integer: str
    decimal_mark: str
    fraction: str
    currency: str
    text: str


@lru_cache(maxsize=5_000)
def format_money(
    money: Money, locale: Locale | str, *, exact: bool = False
) -> FormattedMoney:
    """Write an amount in its currency's minor unit, rounded half up.

    Its currency is the ISO 4217 code, after the amount, in every language: signs mean
    several currencies, and each language has a place and a sign of its own for them.

    With `exact`, for unit prices, further decimal places are shown where they are not
    zero. What was written is kept: a page shows forty amounts, mostly the same as a
    moment ago, and writing them took a fifth of its rendering.
    """
    rounded = money if exact else round_to_minor_unit(money)
    language = Locale.parse(locale) if isinstance(locale, str) else locale
    digits = _write_digits(rounded, language, PRICE_PLACES if exact else 0)
    mark = get_decimal_symbol(language)
    integer, _, fraction = digits.partition(mark)
    sign = MINUS if rounded.amount < 0 else ""
    code = money.currency.code
    return FormattedMoney(
        sign=sign,
        integer=integer,
        decimal_mark=mark if fraction else "",
        fraction=fraction,
        currency=code,
        text=f"{sign}{digits}\N{NO-BREAK SPACE}{code}",
    )


def rounding_gap(total: Money, parts: Iterable[Money]) -> Money | None:
    """Return what the parts as written lack of the total as written, if anything.

    A wallet has six decimal places and a page two: each amount is rounded on its own,
    so that a column may not add up to its sum.
    """
    nothing = zero(total.currency.code)
    written = sum((round_to_minor_unit(part) for part in parts), nothing)
    gap = round_to_minor_unit(total) - written
    return gap if gap.amount else None


def is_rounded(money: Money) -> bool:
    """Whether an amount is finer than it is written without `exact`."""
    return round_to_minor_unit(money) != money


def _write_digits(money: Money, locale: Locale, most_places: int) -> str:
    places = decimal_places(money.currency.code)
    grouping = locale.decimal_formats[None].pattern.partition(".")[0]
    fraction = "0" * places + "#" * (most_places - places)
    with localcontext(prec=_LONGEST):
        return format_decimal(
            money.amount.copy_abs(),
            format=f"{grouping}.{fraction}" if fraction else grouping,
            locale=locale,
        )


@lru_cache(maxsize=1_000)
def format_number(number: int, locale: Locale) -> str:
    """Write a whole number, with its digits in groups."""
    return format_decimal(number, locale=locale)


def format_rate(rate: Decimal, locale: Locale | str) -> str:
    """Write a percentage or an exchange rate, with all of its decimal places."""
    return format_decimal(rate, format="#,##0.############", locale=locale)


def format_share(percent: Decimal, locale: Locale) -> str:
    """Write a part of a whole, given in percent, with one decimal place."""
    pattern = locale.percent_formats[None].pattern
    share = percent.scaleb(-2)
    return babel_percent(share, format=pattern.replace("0", "0.0", 1), locale=locale)


@lru_cache(maxsize=5_000)
def format_datetime(moment: datetime, zone: ZoneInfo, locale: Locale | str) -> str:
    """Write an aware time as day and minute in the reader's zone.

    Kept like amounts: of a list's page, the times took a third of the rendering.
    """
    return babel_datetime(moment, "d MMM y, HH:mm", tzinfo=zone, locale=locale)


def format_date(moment: datetime, zone: ZoneInfo, locale: Locale | str) -> str:
    """Write the day of an aware time in the reader's zone."""
    return babel_datetime(moment, "d MMM y", tzinfo=zone, locale=locale)


def format_day(day: date, locale: Locale | str) -> str:
    """Write a day that is the same in every zone, such as a document's."""
    return babel_date(day, "d MMM y", locale=locale)


def format_short_day(day: date, locale: Locale | str) -> str:
    """Write a day of the coming weeks, without its year."""
    return babel_date(day, "d MMM", locale=locale)


def format_clock(moment: datetime, zone: ZoneInfo, locale: Locale | str) -> str:
    """Write the time of day alone, for something that happened just now."""
    return babel_time(moment, "HH:mm", tzinfo=zone, locale=locale)
