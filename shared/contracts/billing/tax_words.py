"""Describe a tax reason in English.

Pages and documents share these texts, and a document keeps them as rendered on its day.
"""

from collections.abc import Mapping
from datetime import date

from babel import Locale
from babel.dates import format_date

from shared.contracts.billing.tax import TaxReason, TaxRule

_VAT = "VAT {rate_percent} % \N{EM DASH} {taxed_in}, "
_NONE = "No VAT \N{EM DASH} "
_WORDS: Mapping[str, str] = {
    TaxRule.DOMESTIC_PRIVATE: _VAT + "private customer",
    TaxRule.DOMESTIC_BUSINESS: _VAT + "business customer",
    TaxRule.ONE_STOP_SHOP: _VAT + "private customer",
    TaxRule.BELOW_THRESHOLD: _VAT + "private customer in {country}",
    TaxRule.VAT_ID_MISSING: _VAT + "business in {country} without a VAT ID",
    TaxRule.VAT_ID_OTHER_COUNTRY: _VAT
    + "business in {country} with a VAT ID of another country ({vat_id})",
    TaxRule.VAT_ID_UNCONFIRMED: _VAT + "VAT ID {vat_id} is not confirmed yet",
    TaxRule.VAT_ID_UNREACHABLE: _VAT
    + "VAT ID {vat_id} could not be checked because the register is not available",
    TaxRule.VAT_ID_INVALID: _VAT + "VAT ID {vat_id} was not valid on {checked_on}",
    TaxRule.VAT_ID_DIFFERS: _VAT
    + "VAT ID {vat_id} is registered to a different name or address",
    TaxRule.REVERSE_CHARGE: "Reverse charge \N{EM DASH} VAT ID {vat_id} validated on "
    "{checked_on}",
    TaxRule.OUTSIDE_EU: _NONE + "{country} is outside the European Union",
    TaxRule.NORTHERN_IRELAND: _NONE
    + "services to Northern Ireland are taxed as in the rest of the United Kingdom, "
    "outside the European Union",
    TaxRule.TERRITORY_OUTSIDE_VAT: _NONE
    + "{territory} outside the European Union's VAT territory",
}
_TERRITORIES = {
    "aland": "\N{LATIN CAPITAL LETTER A WITH RING ABOVE}land is",
    "busingen": "B\N{LATIN SMALL LETTER U WITH DIAERESIS}singen am Hochrhein is",
    "campione": "Campione d\N{RIGHT SINGLE QUOTATION MARK}Italia is",
    "canary_islands": "the Canary Islands are",
    "ceuta": "Ceuta is",
    "french_overseas": "overseas France is",
    "heligoland": "Heligoland is",
    "livigno": "Livigno is",
    "melilla": "Melilla is",
    "mount_athos": "Mount Athos is",
}
"""With their verb."""

_ENGLISH = Locale("en")


def words(reason: TaxReason) -> str:
    """Name the applied rule in a line: "VAT 19 % — Germany, private customer"."""
    values = {name: _written(name, text) for name, text in reason.parameters.items()}
    template = _WORDS.get(reason.code)
    return template.format_map(values) if template else reason.code


def _written(name: str, text: str) -> str:
    if name in {"country", "taxed_in"}:
        return str(_ENGLISH.territories.get(text, text))
    if name.endswith("_on"):
        return format_date(date.fromisoformat(text), "d MMM y", locale=_ENGLISH)
    if name == "territory":
        return _TERRITORIES.get(text, f"{text} is")
    return text
