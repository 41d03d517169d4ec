"""The countries there are, by ISO 3166-1."""

from functools import cache
from importlib.resources import files


@cache
def countries() -> frozenset[str]:
    """Their alpha-2 codes.

    From the tzdata package and not from the machine, so that every installation knows
    the same ones.
    """
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab")
    lines = table.read_text(encoding="utf-8").splitlines()
    return frozenset(line[:2] for line in lines if not line.startswith("#"))
