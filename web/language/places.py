"""Countries, languages and time zones, to be read and to be chosen from."""

import unicodedata
from functools import lru_cache

from babel import Locale
from babel.dates import get_timezone_location
from flask import Flask

from shared import places
from web.language.locale import language_name, reader_locale

Choice = tuple[str, str]
"""A code, and the words for it."""

UTC: Choice = ("UTC", "UTC")

_LANGUAGES = (
    *("en", "en-GB", "en-US", "bg", "cs", "da", "de", "de-AT", "de-CH", "el", "es"),
    *("et", "fi", "fr", "fr-CH", "hr", "hu", "is", "it", "lt", "lv", "nb", "nl"),
    *("nl-BE", "pl", "pt", "pt-BR", "ro", "sk", "sl", "sv", "uk"),
)
"""In which dates and amounts are written, whether or not there are sentences."""


def register(app: Flask) -> None:
    app.add_template_filter(time_zone_name, "time_zone")


def country_choices() -> tuple[Choice, ...]:
    """All countries, by name."""
    return _countries(reader_locale())


def language_choices(present: str = "") -> tuple[Choice, ...]:
    """Languages with their regions, named by their own speakers; ``present`` too."""
    tags = (*_LANGUAGES, present) if present else _LANGUAGES
    named = {(tag, language_name(tag)) for tag in tags}
    return tuple(sorted(named, key=_by_words))


def time_zone_choices(present: str = "") -> tuple[Choice, ...]:
    """UTC, then by country and place; ``present`` too, where it is an old name."""
    choices = _time_zones(reader_locale())
    if present not in places.time_zones() - {code for code, _ in choices}:
        return choices
    return ((present, time_zone_name(present)), *choices)


def time_zone_name(zone: str) -> str:
    """A time zone as its country and place: "Spain, Canary"."""
    return dict(_time_zones(reader_locale())).get(zone, zone.replace("_", " "))


@lru_cache(maxsize=50)
def _countries(locale: Locale) -> tuple[Choice, ...]:
    names = [(code, _country(code, locale)) for code in places.countries()]
    return tuple(sorted(names, key=_by_words))


@lru_cache(maxsize=50)
def _time_zones(locale: Locale) -> tuple[Choice, ...]:
    zones = places.zone_countries().items()
    named = [(zone, _zone(zone, country, locale)) for zone, country in zones]
    return (UTC, *sorted(named, key=_by_words))


def _country(code: str, locale: Locale) -> str:
    return str(locale.territories.get(code, code))


def _zone(zone: str, country: str, locale: Locale) -> str:
    name = _country(country, locale)
    place = get_timezone_location(zone, locale=locale, return_city=True)
    return name if place == name else f"{name}, {place}"


def _by_words(choice: Choice) -> str:
    """Sort by words, without accents."""
    plain = unicodedata.normalize("NFKD", choice[1])
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()
