"""The reader's language and zone, for figures and times on the page.

Sentences have a language of their own: there may be no translation into the reader's.
"""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

import flask_babel
from babel import Locale, UnknownLocaleError
from flask import Flask, g, request

from shared.contracts.identity.people import User
from shared.language.formatting import (
    FormattedMoney,
    format_clock,
    format_date,
    format_datetime,
    format_day,
    format_money,
    format_number,
    format_rate,
    format_share,
    format_short_day,
    is_rounded,
    rounding_gap,
)
from shared.language.translation import language_for, languages
from shared.money import Money

_FALLBACK = Locale("en")
_OFFERED = frozenset({"en", "de", "pl", "fr", "es"})
"""For figures before signing in, beside the languages of sentences."""


def register(app: Flask) -> None:
    """Give the templates their filters for figures, times and languages."""
    app.add_template_filter(_money, "money")
    app.add_template_filter(_number, "number")
    app.add_template_filter(_rate, "rate")
    app.add_template_filter(_share, "share")
    app.add_template_filter(_datetime, "datetime")
    app.add_template_filter(_date, "date")
    app.add_template_filter(_day, "day")
    app.add_template_filter(_short_day, "short_day")
    app.add_template_filter(_clock, "clock")
    app.add_template_filter(language_name, "language")
    app.add_template_filter(rounding_gap, "rounding_gap")
    app.add_template_test(is_rounded, "rounded")


def read_for(user: User | None) -> None:
    """Write for this reader from here on in this request."""
    if user is not None:
        g.reader = (user.locale, user.time_zone)
        flask_babel.refresh()


def reader_locale() -> Locale:
    if "reader" in g:
        return _parse(g.reader[0])
    accepted = [tag.replace("-", "_") for tag in request.accept_languages.values()]
    return Locale.negotiate(accepted, _OFFERED | languages()) or _FALLBACK


def sentence_locale() -> Locale:
    """The language of sentences: the best there is for the reader."""
    return language_for(reader_locale())


def reader_zone() -> ZoneInfo:
    return ZoneInfo(g.reader[1]) if "reader" in g else ZoneInfo("UTC")


@lru_cache(maxsize=200)
def _parse(tag: str) -> Locale:
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return _FALLBACK


def _money(money: Money, *, exact: bool = False) -> FormattedMoney:
    return format_money(money, reader_locale(), exact=exact)


def _number(number: int) -> str:
    return format_number(number, reader_locale())


def _rate(rate: Decimal) -> str:
    return format_rate(rate, reader_locale())


def _share(percent: Decimal) -> str:
    return format_share(percent, reader_locale())


def _datetime(moment: datetime) -> str:
    """Write a moment; in UTC, and with that name, for visitors of unknown zone."""
    written = format_datetime(moment, reader_zone(), reader_locale())
    return written if "reader" in g else f"{written} UTC"


def _date(moment: datetime) -> str:
    return format_date(moment, reader_zone(), reader_locale())


def _day(day: date) -> str:
    return format_day(day, reader_locale())


def _short_day(day: date) -> str:
    return format_short_day(day, reader_locale())


def _clock(moment: datetime) -> str:
    return format_clock(moment, reader_zone(), reader_locale())


def country_name(code: str) -> str:
    return str(reader_locale().territories.get(code, code))


def language_name(tag: str) -> str:
    """The name of a language as its own speakers write it."""
    name = str(_parse(tag).display_name)
    return name[:1].upper() + name[1:]
