"""Describe a tax reason in English.

Pages show them in the reader's language. Documents share the English ones, and keep
them as rendered on their day.
"""

from collections.abc import Mapping
from datetime import date

from babel.dates import format_date

from shared.contracts.billing.tax import TaxReason, TaxRule
from shared.language.translation import current_language, gettext, mark

_WORDS: Mapping[str, str] = {
    TaxRule.DOMESTIC_PRIVATE: mark(
        "VAT %(rate_percent)s %% — %(taxed_in)s, private customer"
    ),
    TaxRule.DOMESTIC_BUSINESS: mark(
        "VAT %(rate_percent)s %% — %(taxed_in)s, business customer"
    ),
    TaxRule.ONE_STOP_SHOP: mark(
        "VAT %(rate_percent)s %% — %(taxed_in)s, private customer"
    ),
    TaxRule.BELOW_THRESHOLD: mark(
        "VAT %(rate_percent)s %% — %(taxed_in)s, private customer in %(country)s"
    ),
    TaxRule.VAT_ID_MISSING: mark(
        "VAT %(rate_percent)s %% — %(taxed_in)s, business in %(country)s without a "
        "VAT ID"
    ),
    TaxRule.VAT_ID_OTHER_COUNTRY: mark(
        "VAT %(rate_percent)s %% — %(taxed_in)s, business in %(country)s with a VAT ID "
        "from another country (%(vat_id)s)"
    ),
    TaxRule.VAT_ID_UNCONFIRMED: mark(
        "VAT %(rate_percent)s %% — %(taxed_in)s, VAT ID %(vat_id)s is not confirmed yet"
    ),
    TaxRule.VAT_ID_UNREACHABLE: mark(
        "VAT %(rate_percent)s %% — %(taxed_in)s, VAT ID %(vat_id)s could not be "
        "checked because the register is not available"
    ),
    TaxRule.VAT_ID_INVALID: mark(
        "VAT %(rate_percent)s %% — %(taxed_in)s, VAT ID %(vat_id)s was not valid on "
        "%(checked_on)s"
    ),
    TaxRule.VAT_ID_DIFFERS: mark(
        "VAT %(rate_percent)s %% — %(taxed_in)s, VAT ID %(vat_id)s is registered "
        "to a different name or address"
    ),
    TaxRule.REVERSE_CHARGE: mark(
        "Reverse charge — VAT ID %(vat_id)s validated on %(checked_on)s"
    ),
    TaxRule.OUTSIDE_EU: mark("No VAT — %(country)s is outside the European Union"),
    TaxRule.NORTHERN_IRELAND: mark(
        "No VAT — services to Northern Ireland are taxed as in the rest of the United "
        "Kingdom, outside the European Union"
    ),
    TaxRule.TERRITORY_OUTSIDE_VAT: mark(
        "No VAT — %(territory)s is outside the European Union's VAT territory"
    ),
}
_TERRITORIES: Mapping[str, str] = {
    "aland": mark("No VAT — Åland is outside the European Union's VAT territory"),
    "busingen": mark(
        "No VAT — Büsingen am Hochrhein is outside the European Union's VAT territory"
    ),
    "campione": mark(
        "No VAT — Campione d\N{RIGHT SINGLE QUOTATION MARK}Italia is outside the "
        "European Union's VAT territory"
    ),
    "canary_islands": mark(
        "No VAT — the Canary Islands are outside the European Union's VAT territory"
    ),
    "ceuta": mark("No VAT — Ceuta is outside the European Union's VAT territory"),
    "french_overseas": mark(
        "No VAT — overseas France is outside the European Union's VAT territory"
    ),
    "heligoland": mark(
        "No VAT — Heligoland is outside the European Union's VAT territory"
    ),
    "livigno": mark("No VAT — Livigno is outside the European Union's VAT territory"),
    "melilla": mark("No VAT — Melilla is outside the European Union's VAT territory"),
    "mount_athos": mark(
        "No VAT — Mount Athos is outside the European Union's VAT territory"
    ),
}


def words(reason: TaxReason) -> str:
    """Name the applied rule in a line: "VAT 19 % — Germany, private customer"."""
    message = _WORDS.get(reason.code, "")
    if reason.code == TaxRule.TERRITORY_OUTSIDE_VAT:
        message = _TERRITORIES.get(reason.parameters.get("territory", ""), message)
    values = {name: _written(name, text) for name, text in reason.parameters.items()}
    return gettext(message, **values) if message else reason.code


def _written(name: str, text: str) -> str:
    language = current_language()
    if name in {"country", "taxed_in"}:
        return str(language.territories.get(text, text))
    if name.endswith("_on"):
        return format_date(date.fromisoformat(text), "d MMM y", locale=language)
    return text
