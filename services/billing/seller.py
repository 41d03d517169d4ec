"""Who sells: the provider's own legal and tax details, from its settings.

The rules of `services.billing.tax` are those of a seller in the European Union.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import available_timezones

from services.billing.territories import MEMBER_STATES
from services.billing.vat_numbers import official_form, prefix_of
from shared.money import currency_of, fits_invoices
from shared.settings import SettingError


@dataclass(frozen=True)
class Seller:
    """``country`` is a member state, ISO 3166-1; ``vat_id`` has the state's prefix.

    ``currencies`` are those in which customers may open wallets by themselves, in the
    order in which they see them. ``time_zone`` is the one that documents are dated by,
    ``accounting_currency`` the one in which VAT is reported (Directive 2006/112,
    art. 230).

    ``uses_one_stop_shop``: VAT on private customers elsewhere in the EU is theirs and
    reported by the one-stop shop. Without it, the seller is below the threshold of
    EUR 10 000 a year and charges its own.
    """

    name: str
    street: str
    postal_code: str
    city: str
    country: str
    vat_id: str
    uses_one_stop_shop: bool
    currencies: tuple[str, ...]
    time_zone: str = "UTC"
    accounting_currency: str = "EUR"


_OWN_CURRENCIES = {
    "CZ": "CZK",
    "DK": "DKK",
    "HU": "HUF",
    "PL": "PLN",
    "RO": "RON",
    "SE": "SEK",
}
"""Of the member states that do not have the euro (2026)."""

DEMO_SELLER = Seller(
    name="Nordlicht Hosting GmbH",
    street="Speicherstra\N{LATIN SMALL LETTER SHARP S}e 12",
    postal_code="20457",
    city="Hamburg",
    country="DE",
    vat_id="DE136695976",
    uses_one_stop_shop=True,
    currencies=("EUR", "GBP", "PLN", "USD"),
    time_zone="Europe/Berlin",
)
"""Stands in where nothing is set, which a public address does not allow."""


def read_seller(environment: Mapping[str, str], *, is_loopback: bool) -> Seller:
    """Read ``SELLER_NAME``, ``SELLER_STREET``, and so on.

    Without ``SELLER_COUNTRY``, at a loopback address, the seller is the demo's.

    Raises:
        SettingError: one is missing, the country is no member state, the VAT ID is
            none of that country, or a currency or the time zone is none.
    """
    country = environment.get("SELLER_COUNTRY", "").strip().upper()
    if not country and is_loopback:
        return DEMO_SELLER
    if country not in MEMBER_STATES:
        raise SettingError(f"SELLER_COUNTRY is no member state of the EU: {country!r}")
    return Seller(
        name=_required(environment, "SELLER_NAME"),
        street=_required(environment, "SELLER_STREET"),
        postal_code=_required(environment, "SELLER_POSTAL_CODE"),
        city=_required(environment, "SELLER_CITY"),
        country=country,
        vat_id=_vat_id(_required(environment, "SELLER_VAT_ID"), country),
        uses_one_stop_shop=_yes_or_no(environment, "SELLER_OSS"),
        currencies=_currencies(environment, "SELLER_CURRENCIES"),
        time_zone=_time_zone(environment, "SELLER_TIME_ZONE"),
        accounting_currency=_currency(
            environment,
            "SELLER_ACCOUNTING_CURRENCY",
            default=_OWN_CURRENCIES.get(country, "EUR"),
        ),
    )


def _required(environment: Mapping[str, str], name: str) -> str:
    text = environment.get(name, "").strip()
    if not text:
        raise SettingError(f"{name} is not set")
    return text


def _vat_id(text: str, country: str) -> str:
    number = official_form(text)
    if number is None:
        raise SettingError(f"SELLER_VAT_ID is no VAT ID: {text!r}")
    if not number.startswith(prefix_of(country)):
        raise SettingError(f"SELLER_VAT_ID is none of {country}: {text!r}")
    return number


def _time_zone(environment: Mapping[str, str], name: str) -> str:
    key = environment.get(name, "").strip() or "UTC"
    if key not in available_timezones():
        raise SettingError(f"{name} is no time zone: {key!r}")
    return key


def _yes_or_no(environment: Mapping[str, str], name: str) -> bool:
    text = environment.get(name, "").strip().lower()
    if text not in {"yes", "no"}:
        raise SettingError(f"{name} is neither yes nor no: {text!r}")
    return text == "yes"


def _currency(environment: Mapping[str, str], name: str, default: str) -> str:
    return _invoiced(name, environment.get(name, "").strip().upper() or default)


def _currencies(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    codes = dict.fromkeys(environment.get(name, "").upper().split())
    return tuple(_invoiced(name, code) for code in codes)


def _invoiced(name: str, code: str) -> str:
    try:
        currency = currency_of(code).code
    except ValueError as error:
        raise SettingError(f"{name}: {error}") from error
    if not fits_invoices(currency):
        raise SettingError(
            f"{name}: {currency} has more than two decimal places, "
            "and invoices have no room for them (EN 16931)"
        )
    return currency
