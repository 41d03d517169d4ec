"""The words for a tax reason, in a document's language.

The English ones are those of the pages: `shared.language.tax_words`.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from services.billing.documents.rendering.figures import (
    locale_of,
    write_day,
    write_percent,
)
from shared.contracts.billing.tax import TaxReason, TaxRule
from shared.language import tax_words as english

_DASH = " \N{EN DASH} "

_GERMAN_VAT = "USt. {rate_percent}" + _DASH + "{taxed_in}, "
_GERMAN_NONE = "Keine USt." + _DASH
_GERMAN: Mapping[str, str] = {
    TaxRule.DOMESTIC_PRIVATE: _GERMAN_VAT + "Privatkunde",
    TaxRule.DOMESTIC_BUSINESS: _GERMAN_VAT + "Geschäftskunde",
    TaxRule.ONE_STOP_SHOP: _GERMAN_VAT + "Privatkunde",
    TaxRule.BELOW_THRESHOLD: _GERMAN_VAT + "Privatkunde ({country})",
    TaxRule.VAT_ID_MISSING: _GERMAN_VAT + "Geschäftskunde ({country}) ohne USt-IdNr.",
    TaxRule.VAT_ID_OTHER_COUNTRY: _GERMAN_VAT
    + "Geschäftskunde ({country}) mit der USt-IdNr. eines anderen Landes ({vat_id})",
    TaxRule.VAT_ID_UNCONFIRMED: _GERMAN_VAT
    + "USt-IdNr. {vat_id} ist noch nicht bestätigt",
    TaxRule.VAT_ID_UNREACHABLE: _GERMAN_VAT
    + "USt-IdNr. {vat_id} konnte nicht geprüft werden, da das Register nicht "
    "erreichbar ist",
    TaxRule.VAT_ID_INVALID: _GERMAN_VAT
    + "USt-IdNr. {vat_id} war am {checked_on} nicht gültig",
    TaxRule.VAT_ID_DIFFERS: _GERMAN_VAT
    + "USt-IdNr. {vat_id} ist auf einen anderen Namen oder eine andere Anschrift "
    "eingetragen",
    TaxRule.REVERSE_CHARGE: "Reverse charge"
    + _DASH
    + "USt-IdNr. {vat_id} am {checked_on} bestätigt",
    TaxRule.OUTSIDE_EU: _GERMAN_NONE
    + "nicht steuerbar, Leistungsort außerhalb der Europäischen Union ({country})",
    TaxRule.NORTHERN_IRELAND: _GERMAN_NONE
    + "nicht steuerbar, Dienstleistungen an Nordirland gelten wie im übrigen "
    "Vereinigten Königreich als außerhalb der Europäischen Union erbracht",
    TaxRule.TERRITORY_OUTSIDE_VAT: _GERMAN_NONE
    + "nicht steuerbar, Leistungsort außerhalb des Mehrwertsteuergebiets der "
    "Europäischen Union ({territory})",
}

_POLISH_VAT = "VAT {rate_percent}" + _DASH + "{taxed_in}, "
_POLISH_NONE = "Bez VAT" + _DASH
_POLISH: Mapping[str, str] = {
    TaxRule.DOMESTIC_PRIVATE: _POLISH_VAT + "klient prywatny",
    TaxRule.DOMESTIC_BUSINESS: _POLISH_VAT + "firma",
    TaxRule.ONE_STOP_SHOP: _POLISH_VAT + "klient prywatny",
    TaxRule.BELOW_THRESHOLD: _POLISH_VAT + "klient prywatny ({country})",
    TaxRule.VAT_ID_MISSING: _POLISH_VAT + "firma ({country}) bez numeru VAT UE",
    TaxRule.VAT_ID_OTHER_COUNTRY: _POLISH_VAT
    + "firma ({country}) z numerem VAT UE innego kraju ({vat_id})",
    TaxRule.VAT_ID_UNCONFIRMED: _POLISH_VAT
    + "numer VAT UE {vat_id} nie jest jeszcze potwierdzony",
    TaxRule.VAT_ID_UNREACHABLE: _POLISH_VAT
    + "nie można było sprawdzić numeru VAT UE {vat_id}, ponieważ rejestr jest "
    "niedostępny",
    TaxRule.VAT_ID_INVALID: _POLISH_VAT
    + "numer VAT UE {vat_id} nie był ważny w dniu {checked_on}",
    TaxRule.VAT_ID_DIFFERS: _POLISH_VAT
    + "numer VAT UE {vat_id} jest zarejestrowany na inną nazwę lub inny adres",
    TaxRule.REVERSE_CHARGE: "Odwrotne obciążenie"
    + _DASH
    + "numer VAT UE {vat_id} potwierdzony w dniu {checked_on}",
    TaxRule.OUTSIDE_EU: _POLISH_NONE
    + "miejsce świadczenia poza Unią Europejską ({country})",
    TaxRule.NORTHERN_IRELAND: _POLISH_NONE
    + "usługi dla Irlandii Północnej są opodatkowane jak w pozostałej części "
    "Zjednoczonego Królestwa, poza Unią Europejską",
    TaxRule.TERRITORY_OUTSIDE_VAT: _POLISH_NONE
    + "miejsce świadczenia poza obszarem VAT Unii Europejskiej ({territory})",
}

_WORDS = {"de": _GERMAN, "pl": _POLISH}
_TERRITORIES: Mapping[str, Mapping[str, str]] = {
    "de": {
        "aland": "Åland",
        "busingen": "Büsingen am Hochrhein",
        "campione": "Campione d\N{RIGHT SINGLE QUOTATION MARK}Italia",
        "canary_islands": "Kanarische Inseln",
        "ceuta": "Ceuta",
        "french_overseas": "französische Überseegebiete",
        "heligoland": "Helgoland",
        "livigno": "Livigno",
        "melilla": "Melilla",
        "mount_athos": "Berg Athos",
    },
    "pl": {
        "aland": "Wyspy Alandzkie",
        "busingen": "Büsingen am Hochrhein",
        "campione": "Campione d\N{RIGHT SINGLE QUOTATION MARK}Italia",
        "canary_islands": "Wyspy Kanaryjskie",
        "ceuta": "Ceuta",
        "french_overseas": "francuskie terytoria zamorskie",
        "heligoland": "Helgoland",
        "livigno": "Livigno",
        "melilla": "Melilla",
        "mount_athos": "góra Athos",
    },
}


def tax_words(reason: TaxReason, language: str) -> str:
    """Say which rule was applied, in a line; English where there is no other."""
    template = _WORDS.get(language, {}).get(reason.code)
    if template is None:
        return english.words(reason)
    said = {
        name: _say(name, text, language) for name, text in reason.parameters.items()
    }
    return template.format_map(said)


def _say(name: str, text: str, language: str) -> str:
    if name in {"country", "taxed_in"}:
        return str(locale_of(language).territories.get(text, text))
    if name.endswith("_on"):
        return write_day(date.fromisoformat(text), language)
    if name == "rate_percent":
        return write_percent(Decimal(text), language)
    if name == "territory":
        return _TERRITORIES[language].get(text, text)
    return text
