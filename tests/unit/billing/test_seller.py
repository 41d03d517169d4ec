"""Who sells, and which register is asked, as the settings say."""

import pytest

from services.billing.seller import DEMO_SELLER, Seller
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


def _read(**environment: str) -> BillingSettings:
    return read_billing_settings(read_settings(environment))


def test_the_seller_is_as_set() -> None:
    assert _read(**PUBLIC, **SELLER).seller == Seller(
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
    assert _read(**PUBLIC, **greek).seller.vat_id == "EL094259216"


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
    assert _read(**PUBLIC, **seller).seller.accounting_currency == currency


def test_only_a_demo_has_a_seller_by_itself() -> None:
    assert _read().seller == DEMO_SELLER
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
        ("SELLER_ACCOUNTING_CURRENCY", "EURO"),
        ("SELLER_ACCOUNTING_CURRENCY", "BHD"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        _read(**PUBLIC, **{**SELLER, name: value})


def test_without_currencies_customers_open_no_wallets_themselves() -> None:
    assert (
        _read(**PUBLIC, **{**SELLER, "SELLER_CURRENCIES": ""}).seller.currencies == ()
    )


def test_a_demo_asks_no_register_unless_told_to() -> None:
    assert not _read().vies_url
    assert _read(VIES_URL="http://localhost:1/x").vies_url == "http://localhost:1/x"
    assert _read(**PUBLIC, **SELLER).vies_url == VIES_URL
