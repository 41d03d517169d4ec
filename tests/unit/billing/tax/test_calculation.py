"""Which tax applies: worked examples, each with the article or authority it is from.

"Directive" is 2006/112/EC, "Regulation" is Implementing Regulation (EU) 282/2011.
"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.billing.parties.sellers import DEMO_SELLER
from services.billing.tax.calculation import (
    CONFIRMED_FOR,
    Customer,
    Rate,
    VatId,
    apply,
    decide,
    find_rate,
)
from shared.contracts.billing.tax import (
    TaxCategory,
    TaxDecision,
    TaxIdMatch,
    TaxIdState,
    TaxReason,
    TaxRule,
)
from shared.errors import Conflict
from shared.language.tax_words import words
from shared.money import Money, minor_unit
from tests.fixtures.properties import examples

TODAY = date(2026, 11, 25)
SELLER = DEMO_SELLER
SMALL_SELLER = replace(DEMO_SELLER, uses_one_stop_shop=False)


def _rate(country: str, percent: str, territory: str = "") -> Rate:
    return Rate(country, territory, Decimal(percent), date(2020, 1, 1))


RATES = [
    _rate("DE", "19"),
    _rate("FR", "20"),
    _rate("PL", "23.00"),
    _rate("FI", "25.5"),
    _rate("ES", "21"),
    _rate("IT", "22"),
    _rate("GR", "24"),
    _rate("PT", "23"),
    _rate("PT", "22", "PT-30"),
    _rate("PT", "16", "PT-20"),
]
PL_VAT_ID = VatId(
    number="PL5260001246",
    country="PL",
    state=TaxIdState.VALID,
    checked_on=TODAY - timedelta(days=3),
    match=TaxIdMatch.MATCHES,
    proof="WAPIAAAAYeTtg4AS",
)
POLISH_BUSINESS = Customer("PL", is_business=True, vat_id=PL_VAT_ID)


def _decide(customer: Customer, *, small: bool = False) -> TaxDecision:
    return decide(SMALL_SELLER if small else SELLER, customer, RATES, TODAY)


def _outcome(decision: TaxDecision) -> tuple[str, str, str]:
    reason = decision.reason
    return reason.code, decision.category.value, f"{decision.rate_percent:f}"


def test_domestic_private_is_taxed_at_home() -> None:
    """Directive art. 58: services to a private customer, where they live."""
    decision = _decide(Customer("DE", is_business=False))
    assert _outcome(decision) == ("domestic_private", "S", "19")
    assert words(decision.reason) == "VAT 19 % — Germany, private customer"


def test_domestic_business_is_taxed_as_well() -> None:
    """Directive art. 44 and 193: at home the seller owes the tax.

    A VAT ID of the seller's own country changes nothing.
    """
    vat_id = replace(PL_VAT_ID, number="DE136695976", country="DE")
    decision = _decide(Customer("DE", is_business=True, vat_id=vat_id))
    assert _outcome(decision) == ("domestic_business", "S", "19")


def test_private_in_another_member_state_pays_its_rate_by_the_one_stop_shop() -> None:
    """Directive art. 58 and 369a: electronically supplied services."""
    decision = _decide(Customer("FI", is_business=False))
    assert _outcome(decision) == ("one_stop_shop", "S", "25.5")
    assert words(decision.reason) == "VAT 25.5 % — Finland, private customer"
    # Finland has Åland, so its customers' address counts, too.
    fields = ["country", "region", "city", "is_business"]
    assert decision.reason.fields == fields


def test_private_in_another_member_state_pays_the_sellers_below_the_threshold() -> None:
    """Directive art. 59c: up to EUR 10 000 a year the seller's own rate."""
    decision = _decide(Customer("PL", is_business=False), small=True)
    assert _outcome(decision) == ("below_threshold", "S", "19")
    assert words(decision.reason) == "VAT 19 % — Germany, private customer in Poland"


def test_business_with_a_confirmed_vat_id_owes_the_tax_itself() -> None:
    """Directive art. 44 and 196; Regulation art. 18(1)(a): number, name, address."""
    decision = _decide(POLISH_BUSINESS)
    assert _outcome(decision) == ("reverse_charge", "AE", "0")
    assert words(decision.reason) == (
        "Reverse charge — VAT ID PL5260001246 validated on 22 Nov 2026"
    )
    assert decision.reason.parameters["proof"] == "WAPIAAAAYeTtg4AS"
    assert decision.reason.fields == [
        "country",
        "is_business",
        "tax_id",
        "tax_id_check",
    ]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"state": TaxIdState.INVALID}, TaxRule.VAT_ID_INVALID),
        ({"state": TaxIdState.UNREACHABLE}, TaxRule.VAT_ID_UNREACHABLE),
        (
            {"state": TaxIdState.UNREACHABLE, "checked_on": None, "match": None},
            TaxRule.VAT_ID_UNREACHABLE,
        ),
        (
            {"state": TaxIdState.UNCHECKED, "checked_on": None},
            TaxRule.VAT_ID_UNCONFIRMED,
        ),
        (
            {"checked_on": TODAY - CONFIRMED_FOR - timedelta(days=1)},
            TaxRule.VAT_ID_UNCONFIRMED,
        ),
        ({"match": TaxIdMatch.DIFFERS}, TaxRule.VAT_ID_DIFFERS),
        ({"number": "CZ25123891", "country": "CZ"}, TaxRule.VAT_ID_OTHER_COUNTRY),
    ],
)
def test_business_without_a_confirmed_vat_id_is_taxed_as_if_private(
    changes: dict[str, object], rule: TaxRule
) -> None:
    """Regulation art. 18(2): no VAT ID confirmed, no business."""
    vat_id = replace(PL_VAT_ID, **changes)  # type: ignore[arg-type]
    customer = replace(POLISH_BUSINESS, vat_id=vat_id)
    assert _outcome(_decide(customer)) == (rule, "S", "23")
    assert _outcome(_decide(customer, small=True)) == (rule, "S", "19")
    assert vat_id.number in words(_decide(customer).reason)


def test_business_without_a_vat_id_is_taxed_as_if_private() -> None:
    """Regulation art. 18(2)."""
    decision = _decide(replace(POLISH_BUSINESS, vat_id=None))
    assert _outcome(decision) == ("vat_id_missing", "S", "23")
    assert decision.reason.fields == ["country", "is_business", "tax_id"]


@pytest.mark.parametrize(
    "changes",
    [
        {"match": TaxIdMatch.NOT_DISCLOSED},
        {"match": TaxIdMatch.DIFFERS, "is_confirmed_by_hand": True},
        {"checked_on": TODAY - CONFIRMED_FOR},
    ],
)
def test_a_vat_id_is_confirmed_as_far_as_its_state_discloses(
    changes: dict[str, object],
) -> None:
    """Regulation art. 18(1)(a), by the register or by the seller's own knowledge."""
    vat_id = replace(PL_VAT_ID, **changes)  # type: ignore[arg-type]
    decision = _decide(replace(POLISH_BUSINESS, vat_id=vat_id))
    assert _outcome(decision) == ("reverse_charge", "AE", "0")


@pytest.mark.parametrize("is_business", [True, False])
@pytest.mark.parametrize("country", ["US", "CH", "GB", "NO", "IM"])
def test_outside_the_union_there_is_no_vat(country: str, *, is_business: bool) -> None:
    """Directive art. 44 (business), 58 and 59 (private): supplied over there."""
    decision = _decide(Customer(country, is_business=is_business))
    assert _outcome(decision) == ("outside_eu", "O", "0")


@pytest.mark.parametrize("is_business", [True, False])
def test_services_to_northern_ireland_go_by_the_united_kingdom(
    *, is_business: bool
) -> None:
    """HMRC, VAT Notice 741A, and the Protocol's art. 8: only goods are as in the EU."""
    customer = Customer("GB", is_business=is_business, postal_code="BT1 5GS")
    decision = _decide(customer)
    assert _outcome(decision) == ("northern_ireland", "O", "0")
    assert decision.reason.fields == ["country", "postal_code"]


@pytest.mark.parametrize(
    ("country", "postal_code", "region", "city", "territory"),
    [
        ("ES", "35001", "", "Las Palmas", "canary_islands"),
        ("ES", "E-38001", "", "", "canary_islands"),
        ("ES", "", "Islas Canarias", "", "canary_islands"),
        ("ES", "", "ES-CN", "", "canary_islands"),
        ("ES", "51001", "", "", "ceuta"),
        ("ES", "52006", "", "", "melilla"),
        ("FI", "22100", "", "Mariehamn", "aland"),
        ("FI", "", "Åland", "", "aland"),
        ("AX", "", "", "", "aland"),
        ("DE", "78266", "", "Büsingen", "busingen"),
        ("DE", "D-27498", "", "", "heligoland"),
        ("DE", "", "", "Helgoland", "heligoland"),
        ("IT", "23041", "", "", "livigno"),
        ("IT", "", "", "Campione d'Italia", "campione"),
        ("GR", "630 86", "", "", "mount_athos"),
        ("GR", "", "Άγιον Όρος", "", "mount_athos"),
        ("FR", "97400", "", "Saint-Denis", "french_overseas"),
        ("FR", "98713", "", "", "french_overseas"),
        ("RE", "97400", "", "", "french_overseas"),
        ("ES", "-", "Canarias", "", "canary_islands"),
        ("ES", "ES", "", "Las Palmas de Gran Canaria", "canary_islands"),
        ("ES", "\uff13\uff15\uff10\uff10\uff11", "", "", "canary_islands"),
        ("DE", "-", "", "Helgoland", "heligoland"),
    ],
)
def test_territories_outside_the_vat_territory_have_no_vat(
    country: str, postal_code: str, region: str, city: str, territory: str
) -> None:
    """Directive art. 6(1) and 6(2), as amended by Directive (EU) 2019/475."""
    customer = Customer(country, False, postal_code, region, city)
    decision = _decide(customer)
    assert _outcome(decision) == ("territory_outside_vat", "O", "0")
    assert decision.reason.parameters["territory"] == territory
    assert territory not in words(decision.reason)


@pytest.mark.parametrize(
    ("country", "postal_code", "region", "percent"),
    [
        ("ES", "28013", "", "21"),
        ("ES", "28013", "Canarias", "21"),  # the postal code decides
        ("ES", "3501", "", "21"),  # Benidorm: 03501 in a spreadsheet
        ("FI", "2200", "", "25.5"),  # Espoo: 02200 in a spreadsheet
        ("FR", "9700", "", "20"),
        ("FR", "75001", "", "20"),
        ("FI", "00100", "", "25.5"),
        ("IT", "23030", "", "22"),
        ("PT", "1100-148", "", "23"),
        ("PT", "9000-039", "", "22"),  # Directive art. 105: Madeira
        ("PT", "9500-150", "", "16"),  # Directive art. 105: the Azores
        ("PT", "", "Açores", "16"),
        ("MC", "98000", "", "20"),  # Directive art. 7(1): Monaco counts as France
    ],
)
def test_parts_of_the_vat_territory_have_their_rate(
    country: str, postal_code: str, region: str, percent: str
) -> None:
    decision = _decide(Customer(country, False, postal_code, region))
    assert _outcome(decision) == ("one_stop_shop", "S", percent)


@pytest.mark.parametrize(
    ("country", "postal_code"),
    [
        ("ES", "350"),
        ("ES", "35001.0"),
        ("FR", "9750012"),
        ("DE", "782660"),
        ("DE", "8238"),
        ("GR", "6308"),
        ("PT", "950"),
        ("IT", "230411"),
    ],
)
def test_a_code_that_is_none_of_its_country_is_asked_for_again(
    country: str, postal_code: str
) -> None:
    with pytest.raises(Conflict) as refusal:
        _decide(Customer(country, False, postal_code))
    assert refusal.value.code == "postal_code_unclear"
    assert refusal.value.parameters == {
        "country": country,
        "postal_code": postal_code,
    }


def test_a_british_code_that_can_not_be_read_changes_nothing() -> None:
    decision = _decide(Customer("GB", False, "10115"))
    assert _outcome(decision) == ("outside_eu", "O", "0")


def test_the_reason_names_what_the_place_was_read_from() -> None:
    coded = _decide(Customer("ES", False, "28013", "Canarias"))
    assert coded.reason.fields[:2] == ["country", "postal_code"]
    named = _decide(Customer("ES", False, " - ", "Canarias"))
    assert named.reason.fields[:3] == ["country", "region", "city"]


def test_a_territory_without_a_rate_of_its_own_has_its_countrys() -> None:
    customer = Customer("PT", is_business=False, postal_code="9000-039")
    decision = decide(SELLER, customer, [_rate("PT", "23")], TODAY)
    assert decision.rate_percent == 23


def test_a_rate_of_nothing_is_the_zero_category() -> None:
    """EN 16931, BR-S-05 and BR-Z-05: S is above zero, Z is zero."""
    customer = Customer("DE", is_business=False)
    decision = decide(SELLER, customer, [_rate("DE", "0")], TODAY)
    assert decision.category is TaxCategory.ZERO
    assert decision.rate_percent == 0


def test_without_a_rate_nothing_is_guessed() -> None:
    with pytest.raises(Conflict) as refusal:
        _decide(Customer("SK", is_business=False))
    assert refusal.value.code == "no_tax_rate"
    assert refusal.value.parameters == {"country": "SK"}


@pytest.mark.parametrize(
    ("on", "percent"),
    [
        (date(2020, 6, 30), 19),
        (date(2020, 7, 1), 16),
        (date(2020, 12, 31), 16),
        (date(2021, 1, 1), 19),
    ],
)
def test_a_rate_holds_until_the_next_begins(on: date, percent: int) -> None:
    """German Zweites Corona-Steuerhilfegesetz, art. 3: 16 % from July to December."""
    rates = [
        Rate("DE", "", Decimal(19), date(2021, 1, 1)),
        Rate("DE", "", Decimal(16), date(2020, 7, 1)),
        Rate("DE", "", Decimal(19), date(2007, 1, 1)),
    ]
    rate = find_rate(rates, "DE", "", on)
    assert rate is not None
    assert rate.rate_percent == percent


def test_there_is_no_rate_before_the_first() -> None:
    rates = [Rate("DE", "", Decimal(19), date(2007, 1, 1))]
    assert find_rate(rates, "DE", "", date(2006, 12, 31)) is None


def test_of_two_rates_for_one_day_the_later_correction_holds() -> None:
    rates = [_rate("DE", "19"), _rate("DE", "20")]
    rate = find_rate(rates, "DE", "", TODAY)
    assert rate is not None
    assert rate.rate_percent == 20


@pytest.mark.parametrize(
    ("net", "currency", "tax"),
    [
        ("100.00", "EUR", "19.00"),
        ("0.50", "EUR", "0.10"),  # 0.095
        ("10.50", "EUR", "2.00"),  # 1.995
        ("0.02", "EUR", "0.00"),
        ("-0.50", "EUR", "-0.10"),
        ("150", "JPY", "29"),  # 28.5
        ("1.250", "KWD", "0.238"),  # 0.2375
    ],
)
def test_tax_is_rounded_half_up_to_the_minor_unit(
    net: str, currency: str, tax: str
) -> None:
    """EN 16931, BR-CO-17: tax is base times rate; BR-CO-15: their sum is gross."""
    decision = _decide(Customer("DE", is_business=False))
    taxed = apply(decision, Money(net, currency))
    assert taxed.tax == Money(tax, currency)
    assert taxed.gross == Money(Decimal(net) + Decimal(tax), currency)


def test_an_unpayable_amount_has_no_tax() -> None:
    with pytest.raises(ValueError, match="minor unit"):
        apply(_decide(Customer("DE", is_business=False)), Money("1.001", "EUR"))


_CATEGORIES = st.sampled_from(
    [TaxCategory.STANDARD, TaxCategory.REVERSE_CHARGE, TaxCategory.OUT_OF_SCOPE]
)
_CURRENCIES = st.sampled_from(["EUR", "PLN", "GBP", "JPY", "KWD", "HUF"])


@pytest.mark.property
@settings(max_examples=examples(250))
@given(
    category=_CATEGORIES,
    currency=_CURRENCIES,
    units=st.integers(-(10**14) + 1, 10**14 - 1),
    hundredths=st.integers(1, 9999),
)
def test_lines_tax_and_gross_agree_to_the_last_unit(
    category: TaxCategory, currency: str, units: int, hundredths: int
) -> None:
    unit = minor_unit(currency)
    taxed_at_all = category is TaxCategory.STANDARD
    percent = Decimal(hundredths) / 100 if taxed_at_all else Decimal(0)
    decision = TaxDecision(
        category=category,
        rate_percent=percent,
        reason=TaxReason(code="", parameters={}, fields=[]),
    )
    net = Money(units * unit, currency)
    taxed = apply(decision, net)
    with localcontext(prec=60):
        exact = net.amount * percent / 100
        assert taxed.tax.amount == exact.quantize(unit, ROUND_HALF_UP)
        assert taxed.gross.amount == net.amount + taxed.tax.amount
        assert sum(line.tax.amount for line in taxed.lines) == taxed.tax.amount
        assert sum(line.base.amount for line in taxed.lines) == net.amount
    assert [line.category for line in taxed.lines] == [category]
