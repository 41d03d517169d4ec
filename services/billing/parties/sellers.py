"""Who sells: the provider's legal entities and their tax details, from its settings.

The rules in `services.billing.tax.calculation` are those of a seller in the European
Union.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import available_timezones

from services.billing.parties.territories import MEMBER_STATES
from services.billing.parties.vat_numbers import official_form, prefix_of
from shared.money import currency_of, fits_invoices, is_current
from shared.places import countries
from shared.settings import SettingError

FIRST = "default"
"""The key of the seller whose settings have none; no other one may have it."""

_KEY = re.compile(r"[a-z][a-z0-9]{0,11}")
_NUMBER_PREFIX = re.compile(r"[A-Z0-9]{1,12}")


@dataclass(frozen=True)
class Seller:
    """``country`` is a member state, ISO 3166-1; ``vat_id`` has the state's prefix.

    ``key`` is what the settings and the database call it: another legal entity has
    another key. ``number_prefix`` begins the numbers of its documents, and may be
    empty. ``sells_to`` are the customers' countries that are its own.

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
    key: str = FIRST
    number_prefix: str = ""
    sells_to: frozenset[str] = frozenset()


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


@dataclass(frozen=True)
class Sellers:
    """All sellers; the first sells to countries that no other one has."""

    first: Seller = DEMO_SELLER
    others: tuple[Seller, ...] = ()

    def __iter__(self) -> Iterator[Seller]:
        return iter((self.first, *self.others))

    def named(self, key: str) -> Seller:
        """The one with a key, which `companies.check_sellers` has seen to be there."""
        return {each.key: each for each in self}[key]

    def selling_to(self, country: str) -> Seller:
        its_own = (each for each in self.others if country in each.sells_to)
        return next(its_own, self.first)


def settings_of(key: str) -> str:
    """How the names of a seller's own settings begin."""
    return "SELLER_" if key == FIRST else f"SELLER_{key.upper()}_"


def read_sellers(environment: Mapping[str, str], *, is_loopback: bool) -> Sellers:
    """Read ``SELLER_NAME`` and so on; of a ``pl`` in ``SELLERS``, ``SELLER_PL_NAME``.

    Without ``SELLER_COUNTRY``, at a loopback address, the first seller is the demo's.

    Raises:
        SettingError: one is missing, a country is no member state, a VAT ID is none of
            that country, a currency or a time zone is none, or two sellers have the
            same key or prefix or sell to the same country.
    """
    if is_loopback and not environment.get("SELLER_COUNTRY", "").strip():
        first = DEMO_SELLER
    else:
        first = _read(environment, FIRST)
    keys = environment.get("SELLERS", "").lower().split()
    _check_keys(keys)
    sellers = Sellers(first, tuple(_read(environment, key) for key in keys))
    _check_apart(sellers)
    return sellers


def _check_keys(keys: Iterable[str]) -> None:
    for key, count in Counter([FIRST, *keys]).items():
        if count > 1:
            raise SettingError(f"SELLERS has {key!r} more than once.")
        if not _KEY.fullmatch(key):
            raise SettingError(f"SELLERS has an invalid key: {key!r}")


def _check_apart(sellers: Sellers) -> None:
    """Refuse two sellers with the same numbers or the same countries."""
    prefixes: set[str] = set()
    taken: set[str] = set()
    for each in sellers:
        start = settings_of(each.key)
        if each.number_prefix in prefixes:
            prefix = each.number_prefix
            raise SettingError(
                f"{start}NUMBER_PREFIX is used by another seller: {prefix!r}"
            )
        if each.sells_to & taken:
            both = " ".join(sorted(each.sells_to & taken))
            raise SettingError(
                f"{start}SELLS_TO has countries of another seller: {both}"
            )
        prefixes.add(each.number_prefix)
        taken |= each.sells_to


def _read(environment: Mapping[str, str], key: str) -> Seller:
    start = settings_of(key)
    country = environment.get(f"{start}COUNTRY", "").strip().upper()
    if country not in MEMBER_STATES:
        raise SettingError(f"{start}COUNTRY is not an EU member state: {country!r}")
    is_first = key == FIRST
    return Seller(
        name=_required(environment, f"{start}NAME"),
        street=_required(environment, f"{start}STREET"),
        postal_code=_required(environment, f"{start}POSTAL_CODE"),
        city=_required(environment, f"{start}CITY"),
        country=country,
        vat_id=_vat_id(environment, f"{start}VAT_ID", country),
        uses_one_stop_shop=_yes_or_no(environment, f"{start}OSS"),
        currencies=_currencies(environment, f"{start}CURRENCIES"),
        time_zone=_time_zone(environment, f"{start}TIME_ZONE"),
        accounting_currency=_currency(
            environment,
            f"{start}ACCOUNTING_CURRENCY",
            default=_OWN_CURRENCIES.get(country, "EUR"),
        ),
        key=key,
        number_prefix=_number_prefix(
            environment, f"{start}NUMBER_PREFIX", default="" if is_first else key
        ),
        sells_to=frozenset()
        if is_first
        else _countries(environment, f"{start}SELLS_TO"),
    )


def _required(environment: Mapping[str, str], name: str) -> str:
    text = environment.get(name, "").strip()
    if not text:
        raise SettingError(f"{name} is not set.")
    return text


def _vat_id(environment: Mapping[str, str], name: str, country: str) -> str:
    text = _required(environment, name)
    number = official_form(text)
    if number is None:
        raise SettingError(f"{name} is not a VAT ID: {text!r}")
    if not number.startswith(prefix_of(country)):
        raise SettingError(f"{name} is not a VAT ID of {country}: {text!r}")
    return number


def _number_prefix(environment: Mapping[str, str], name: str, default: str) -> str:
    prefix = (environment.get(name, "").strip() or default).upper()
    if prefix and not _NUMBER_PREFIX.fullmatch(prefix):
        raise SettingError(f"{name} is not 1 to 12 letters and digits: {prefix!r}")
    return prefix


def _countries(environment: Mapping[str, str], name: str) -> frozenset[str]:
    codes = frozenset(_required(environment, name).upper().split())
    if unknown := codes - countries():
        raise SettingError(f"{name} has an unknown country: {min(unknown)!r}")
    return codes


def _time_zone(environment: Mapping[str, str], name: str) -> str:
    key = environment.get(name, "").strip() or "UTC"
    if key not in available_timezones():
        raise SettingError(f"{name} is not a time zone: {key!r}")
    return key


def _yes_or_no(environment: Mapping[str, str], name: str) -> bool:
    text = environment.get(name, "").strip().lower()
    if text not in {"yes", "no"}:
        raise SettingError(f"{name} is {text!r}. Set it to yes or no.")
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
    if not is_current(currency):
        raise SettingError(f"{name}: {currency} is no longer in use (ISO 4217)")
    if not fits_invoices(currency):
        raise SettingError(
            f"{name}: {currency} has more than two decimal places, "
            "which invoices can't show (EN 16931)"
        )
    return currency
