"""The lists of countries and time zones that all services use.

They come from the tzdata package and not from the machine, so that every installation
accepts and offers the same ones.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_NO_PLACE = frozenset({"Factory"})
"""Listed by IANA for machines without a known place."""


@cache
def countries() -> frozenset[str]:
    """Return the codes of ISO 3166-1 alpha-2."""
    return frozenset(line.split("\t")[0] for line in _table("iso3166.tab"))


@cache
def time_zones() -> frozenset[str]:
    """Return all IANA names, including outdated ones."""
    zones = files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    return frozenset(zones.split()) - _NO_PLACE


@cache
def zone_countries() -> Mapping[str, str]:
    """Return the time zones that people choose from today, each with its country."""
    rows = (line.split("\t") for line in _table("zone.tab"))
    return {zone: country for country, _coordinates, zone, *_comment in rows}


def time_zone_of(country: str) -> str:
    """Return the most common time zone of a country (ISO 3166-1), or UTC."""
    its_own = (zone for zone, of in zone_countries().items() if of == country)
    return next(its_own, "UTC")


def _table(name: str) -> list[str]:
    table = files("tzdata").joinpath("zoneinfo", name)
    lines = table.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]
