"""Where a customer is, as VAT sees it: parts of member states, and what counts as one.

Directive 2006/112/EC: article 5 (what a member state is), 6 (parts of them outside the
VAT territory), 7 (Monaco counts as France), 105 (the rates of Madeira and the Azores).
A postal code decides, if it is in its country's own form: ``3501`` is no place in the
Canary Islands. Region and city are only read where there is none, or none that says
anything (``-``).
"""

import re
import unicodedata
from dataclasses import dataclass

from shared.postal_codes import code_of

_STATES = (
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
)
MEMBER_STATES = frozenset(_STATES.split())


@dataclass(frozen=True)
class Place:
    """``country`` is the one whose rules apply; ``fields`` is what was read.

    ``territory`` is a key, empty for the ordinary part of a country. It is not
    ``is_certain`` where the postal code can't be read and would decide.
    """

    country: str
    territory: str
    is_in_vat_territory: bool
    fields: tuple[str, ...]
    is_certain: bool = True


@dataclass(frozen=True)
class _Territory:
    country: str
    key: str
    postal_codes: str
    """What the postal code's characters match from the start."""
    names: frozenset[str]
    is_in_vat_territory: bool = False


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split("|"))


_TERRITORIES = (
    _Territory("DE", "busingen", "78266", _names("busingen|busingen am hochrhein")),
    _Territory("DE", "heligoland", "27498", _names("helgoland|heligoland")),
    _Territory("IT", "livigno", "23041", _names("livigno")),
    _Territory("IT", "campione", "22061", _names("campione ditalia|campione")),
    _Territory(
        "ES",
        "canary_islands",
        "35|38",
        _names(
            "canarias|islas canarias|canary islands|las palmas|"
            "las palmas de gran canaria|"
            "santa cruz de tenerife|tenerife|gran canaria|es cn"
        ),
    ),
    _Territory("ES", "ceuta", "51", _names("ceuta|es ce")),
    _Territory("ES", "melilla", "52", _names("melilla|es ml")),
    _Territory(
        "FR",
        "french_overseas",
        "97|98[4678]",
        _names(
            "guadeloupe|martinique|guyane|guyane francaise|la reunion|reunion|mayotte|"
            "saint martin|saint barthelemy|saint pierre et miquelon|"
            "nouvelle caledonie|polynesie francaise|wallis et futuna"
        ),
    ),
    _Territory("FI", "aland", "22", _names("aland|ahvenanmaa|fi 01")),
    _Territory(
        "GR",
        "mount_athos",
        "6308[67]",
        _names("mount athos|agion oros|αγιον οροσ"),  # noqa: RUF001  Greek
    ),
    _Territory(
        "PT", "PT-30", "9[0-4]", _names("madeira|pt 30"), is_in_vat_territory=True
    ),
    _Territory(
        "PT",
        "PT-20",
        "9[5-9]",
        _names("azores|acores|pt 20"),
        is_in_vat_territory=True,
    ),
    _Territory("GB", "northern_ireland", "BT[0-9]", _names("northern ireland|gb nir")),
)

_OWN_CODES = {
    "AX": ("FI", "aland"),
    **dict.fromkeys(("GP", "MQ", "GF", "RE", "YT", "MF"), ("FR", "french_overseas")),
}
"""Territories of member states that have ISO codes of their own."""

_COUNTS_AS = {"MC": "FR", "IM": "GB"}

_APOSTROPHES = "'\N{RIGHT SINGLE QUOTATION MARK}"

HAS_OWN_RATE = frozenset(
    territory.key for territory in _TERRITORIES if territory.is_in_vat_territory
)


def state_of(country: str) -> str:
    """The country whose part another ISO code is: FI for AX, FR for RE and MC."""
    if country in _OWN_CODES:
        return _OWN_CODES[country][0]
    return _COUNTS_AS.get(country, country)


def locate(country: str, postal_code: str, region: str, city: str) -> Place:
    """Say where a customer is; ``country`` is ISO 3166-1 alpha-2."""
    if country in _OWN_CODES:
        state, key = _OWN_CODES[country]
        return Place(state, key, is_in_vat_territory=False, fields=("country",))
    counted = state_of(country)
    here = [each for each in _TERRITORIES if each.country == country]
    code = code_of(country, postal_code) if here else ""
    fields: tuple[str, ...] = ("country",)
    if here:
        fields += ("region", "city") if code == "" else ("postal_code",)
    if code is None:
        # Northern Ireland is taxed like the rest of its country.
        is_inside = counted in MEMBER_STATES
        return Place(counted, "", is_inside, fields, is_certain=not is_inside)
    for territory in here:
        if _is_in(territory, code, region, city):
            inside = territory.is_in_vat_territory
            return Place(counted, territory.key, inside, fields)
    return Place(counted, "", counted in MEMBER_STATES, fields)


def _is_in(territory: _Territory, code: str, region: str, city: str) -> bool:
    if code:
        return bool(re.match(territory.postal_codes, code))
    return not territory.names.isdisjoint({_plain(region), _plain(city)})


def _plain(name: str) -> str:
    """In small letters, without accents and signs."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    letters = (c for c in decomposed if not unicodedata.combining(c))
    words = "".join(c if c.isalnum() or c in _APOSTROPHES else " " for c in letters)
    return " ".join(re.sub(f"[{_APOSTROPHES}]", "", words).split())
