"""Who sells, and which register is asked, as the settings say."""

import pytest

from services.billing.parties.sellers import DEMO_SELLER, Seller, Sellers
from services.billing.settings import VIES_URL, BillingSettings, read_billing_settings
from shared.settings import SettingError, read_settings

PUBLIC = {"PUBLIC_URL": "https://my.example.com"}
SELLER = {
    "SELLER_NAME": "Cloud SIA",
    "SELLER_STREET": "Brivibas iela 1",
    "SELLER_POSTAL_CODE": "LV-1010",
    "SELLER_CITY": "Riga",
    "SELLER_COUNTRY": "lv",
    "SELLER_VAT_ID": "LV 4000 3521 600",
    "SELLER_OSS": "no",
    "SELLER_CURRENCIES": "eur USD eur",
}

POLISH = {
    "SELLERS": "pl",
    "SELLER_PL_NAME": "Cloud sp. z o.o.",
    "SELLER_PL_STREET": "Prosta 1",
    "SELLER_PL_POSTAL_CODE": "00-850",
    "SELLER_PL_CITY": "Warszawa",
    "SELLER_PL_COUNTRY": "PL",
    "SELLER_PL_VAT_ID": "PL5260001246",
    "SELLER_PL_OSS": "yes",
    "SELLER_PL_CURRENCIES": "PLN",
    "SELLER_PL_TIME_ZONE": "Europe/Warsaw",
    "SELLER_PL_SELLS_TO": "pl CZ",
}
CZECH = {name.replace("_PL_", "_CZ_"): value for name, value in POLISH.items()} | {
    "SELLERS": "pl CZ",
    "SELLER_CZ_SELLS_TO": "SK",
}


def _read(**environment: str) -> BillingSettings:
    return read_billing_settings(read_settings(environment))


def test_the_seller_is_as_set() -> None:
    assert _read(**PUBLIC, **SELLER).sellers.first == Seller(
        name="Cloud SIA",
        street="Brivibas iela 1",
        postal_code="LV-1010",
        city="Riga",
        country="LV",
        vat_id="LV40003521600",
        uses_one_stop_shop=False,
        currencies=("EUR", "USD"),
    )


@pytest.mark.parametrize("number", ["EL094259216", "GR 094 259 216"])
def test_a_greek_sellers_vat_id_has_its_official_prefix(number: str) -> None:
    greek = {**SELLER, "SELLER_COUNTRY": "GR", "SELLER_VAT_ID": number}
    assert _read(**PUBLIC, **greek).sellers.first.vat_id == "EL094259216"


@pytest.mark.parametrize(
    ("country", "vat_id", "setting", "currency"),
    [
        ("LV", "LV40003521600", "", "EUR"),
        ("PL", "PL5260001246", "", "PLN"),
        ("PL", "PL5260001246", " eur ", "EUR"),
    ],
)
def test_vat_is_reported_in_the_countrys_currency_unless_set(
    country: str, vat_id: str, setting: str, currency: str
) -> None:
    seller = SELLER | {
        "SELLER_COUNTRY": country,
        "SELLER_VAT_ID": vat_id,
        "SELLER_ACCOUNTING_CURRENCY": setting,
    }
    assert _read(**PUBLIC, **seller).sellers.first.accounting_currency == currency


def test_only_a_demo_has_a_seller_by_default() -> None:
    assert _read().sellers == Sellers(DEMO_SELLER)
    with pytest.raises(SettingError, match="SELLER_COUNTRY"):
        _read(**PUBLIC)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SELLER_COUNTRY", "GB"),
        ("SELLER_COUNTRY", "Latvia"),
        ("SELLER_NAME", " "),
        ("SELLER_CITY", ""),
        ("SELLER_VAT_ID", "LV40003521601"),
        ("SELLER_VAT_ID", "DE136695976"),
        ("SELLER_OSS", "maybe"),
        ("SELLER_OSS", ""),
        ("SELLER_CURRENCIES", "EUR,USD"),
        ("SELLER_CURRENCIES", "EURO"),
        ("SELLER_CURRENCIES", "EUR KWD"),
        ("SELLER_CURRENCIES", "EUR HRK"),
        ("SELLER_ACCOUNTING_CURRENCY", "EURO"),
        ("SELLER_ACCOUNTING_CURRENCY", "BHD"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        _read(**PUBLIC, **{**SELLER, name: value})


def test_without_currencies_customers_open_no_wallets_themselves() -> None:
    assert (
        _read(**PUBLIC, **{**SELLER, "SELLER_CURRENCIES": ""}).sellers.first.currencies
        == ()
    )


def test_further_sellers_have_settings_of_their_own() -> None:
    sellers = _read(**PUBLIC, **SELLER, **POLISH).sellers

    assert sellers.first == _read(**PUBLIC, **SELLER).sellers.first
    assert sellers.others == (
        Seller(
            name="Cloud sp. z o.o.",
            street="Prosta 1",
            postal_code="00-850",
            city="Warszawa",
            country="PL",
            vat_id="PL5260001246",
            uses_one_stop_shop=True,
            currencies=("PLN",),
            time_zone="Europe/Warsaw",
            accounting_currency="PLN",
            key="pl",
            number_prefix="PL",
            sells_to=frozenset({"PL", "CZ"}),
        ),
    )
    assert sellers.named("pl") == sellers.others[0]
    assert sellers.named("default") == sellers.first


@pytest.mark.parametrize(
    ("country", "key"),
    [("PL", "pl"), ("CZ", "pl"), ("SK", "cz"), ("LV", "default"), ("", "default")],
)
def test_the_first_seller_sells_to_all_that_no_other_one_sells_to(
    country: str, key: str
) -> None:
    sellers = _read(**PUBLIC, **SELLER, **POLISH | CZECH).sellers
    assert sellers.selling_to(country).key == key


@pytest.mark.parametrize(
    ("settings", "prefixes"),
    [
        ({}, ["", "PL"]),
        ({"SELLER_NUMBER_PREFIX": "nlh"}, ["NLH", "PL"]),
        ({"SELLER_NUMBER_PREFIX": "PL", "SELLER_PL_NUMBER_PREFIX": "48"}, ["PL", "48"]),
    ],
)
def test_each_sellers_numbers_begin_with_a_prefix_of_their_own(
    settings: dict[str, str], prefixes: list[str]
) -> None:
    sellers = _read(**PUBLIC, **SELLER, **POLISH, **settings).sellers
    assert [each.number_prefix for each in sellers] == prefixes


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"SELLERS": "pl pl"}, "SELLERS"),
        ({"SELLERS": "pl default"}, "SELLERS"),
        ({"SELLERS": "pl-2"}, "SELLERS"),
        ({"SELLERS": "pl,cz"}, "SELLERS"),
        ({"SELLERS": "pl x"}, "SELLER_X_COUNTRY"),
        ({"SELLER_PL_COUNTRY": "UA"}, "SELLER_PL_COUNTRY"),
        ({"SELLER_PL_NAME": ""}, "SELLER_PL_NAME"),
        ({"SELLER_PL_VAT_ID": "DE136695976"}, "SELLER_PL_VAT_ID"),
        ({"SELLER_PL_OSS": ""}, "SELLER_PL_OSS"),
        ({"SELLER_PL_SELLS_TO": ""}, "SELLER_PL_SELLS_TO"),
        ({"SELLER_PL_SELLS_TO": "PL UK"}, "SELLER_PL_SELLS_TO"),
        ({"SELLER_PL_NUMBER_PREFIX": "PL-"}, "SELLER_PL_NUMBER_PREFIX"),
        ({"SELLER_NUMBER_PREFIX": "pl"}, "SELLER_PL_NUMBER_PREFIX"),
        (CZECH | {"SELLER_CZ_SELLS_TO": "CZ SK"}, "SELLER_CZ_SELLS_TO .*: CZ"),
        (CZECH | {"SELLER_CZ_NUMBER_PREFIX": "PL"}, "SELLER_CZ_NUMBER_PREFIX"),
    ],
)
def test_sellers_that_cannot_be_distinguished_are_refused_by_name(
    settings: dict[str, str], name: str
) -> None:
    with pytest.raises(SettingError, match=f"^{name}"):
        _read(**PUBLIC, **SELLER | POLISH | settings)


def test_a_demo_asks_no_register_unless_set_to() -> None:
    assert not _read().vies_url
    assert _read(VIES_URL="http://localhost:1/x").vies_url == "http://localhost:1/x"
    assert _read(**PUBLIC, **SELLER).vies_url == VIES_URL


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://vies.example.com/rest-api", True),
        ("http://127.0.0.1:9/vies", True),
        ("http://vies.example.com/rest-api", False),
        ("http://localhost.example.com/", False),
        ("https://", False),
        ("vies.example.com", False),
        ("file:///etc/hosts", False),
    ],
)
def test_a_register_is_asked_where_nobody_can_listen(
    url: str, *, is_taken: bool
) -> None:
    if is_taken:
        assert _read(**PUBLIC, **SELLER, VIES_URL=url).vies_url == url
        return
    with pytest.raises(SettingError, match="VIES_URL must"):
        _read(**PUBLIC, **SELLER, VIES_URL=url)
