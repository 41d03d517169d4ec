"""The operator's table of rates."""

from datetime import date
from decimal import Decimal

import eu_vat_rates_data
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.billing.parties.territories import MEMBER_STATES
from shared.contracts import billing
from shared.contracts.identity.memberships import Role
from shared.db.database import Database
from shared.errors import Forbidden, InvalidInput
from tests.fixtures.billing.harness import START, BillingHarness

NEW_YEAR = date(2027, 1, 1)


def _add(
    harness: BillingHarness,
    percent: str,
    valid_from: date,
    country: str,
    territory: str = "",
) -> list[billing.tax.TaxRate]:
    request = billing.tax.AddTaxRate(
        country=country,
        territory=territory,
        rate_percent=Decimal(percent),
        valid_from=valid_from,
    )
    return harness.call(billing.tax.ADD_TAX_RATE, request, harness.operator()).rates


def _list(
    harness: BillingHarness, country: str | None = None
) -> list[billing.tax.TaxRate]:
    request = billing.tax.ListTaxRates(country=country)
    return harness.call(billing.tax.LIST_TAX_RATES, request, harness.operator()).rates


def test_every_member_state_has_its_rate_from_the_start(
    harness: BillingHarness,
) -> None:
    rates = _list(harness)
    plain = {each.country: each for each in rates if not each.territory}
    assert set(plain) == MEMBER_STATES
    for country, rate in plain.items():
        expected = eu_vat_rates_data.get_standard_rate(country)
        assert rate.rate_percent == Decimal(str(expected))
        assert rate.valid_from < START.date()
    own = {each.territory: each.rate_percent for each in rates if each.territory}
    assert own == {"PT-20": 16, "PT-30": 22}


def test_a_new_rate_ends_the_one_before(harness: BillingHarness) -> None:
    before, after = _add(harness, "20.5", NEW_YEAR, "DE")
    assert (f"{before.rate_percent}", before.valid_until) == ("19.00", NEW_YEAR)
    assert (after.rate_percent, after.valid_until) == (Decimal("20.5"), None)
    assert (after.recorded_by, after.recorded_at) == ("Alice Example", START)


def test_a_rate_for_the_same_day_corrects_it(harness: BillingHarness) -> None:
    _add(harness, "26", NEW_YEAR, "DK")
    _, corrected = _add(harness, "27", NEW_YEAR, "DK")
    assert corrected.rate_percent == 27


def test_a_rate_may_begin_between_two(harness: BillingHarness) -> None:
    _add(harness, "22", date(2028, 1, 1), "AT")
    percents = [
        (int(r.rate_percent), r.valid_until)
        for r in _add(harness, "21", NEW_YEAR, "AT")
    ]
    assert percents == [(20, NEW_YEAR), (21, date(2028, 1, 1)), (22, None)]


def test_what_was_recorded_stays(
    harness: BillingHarness, billing_database: Database
) -> None:
    _list(harness)
    for change in ("UPDATE tax_rates SET rate_percent = 1", "DELETE FROM tax_rates"):
        with pytest.raises(IntegrityError), billing_database.system() as session:
            session.execute(text(change))


@pytest.mark.parametrize(
    ("percent", "valid_from", "place", "code"),
    [
        ("-1", NEW_YEAR, ("DE", ""), "bad_rate"),
        ("100", NEW_YEAR, ("DE", ""), "bad_rate"),
        ("19.005", NEW_YEAR, ("DE", ""), "bad_rate"),
        ("NaN", NEW_YEAR, ("DE", ""), "bad_rate"),
        ("Infinity", NEW_YEAR, ("DE", ""), "bad_rate"),
        ("1e9", NEW_YEAR, ("DE", ""), "bad_rate"),
        ("19", date(1, 1, 1), ("DE", ""), "bad_date"),
        ("19", NEW_YEAR, ("US", ""), "bad_country"),
        ("19", NEW_YEAR, ("de", ""), "bad_country"),
        ("19", NEW_YEAR, ("DE", "PT-20"), "bad_territory"),
    ],
)
def test_a_wrong_rate_is_refused(
    harness: BillingHarness,
    percent: str,
    valid_from: date,
    place: tuple[str, str],
    code: str,
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        _add(harness, percent, valid_from, *place)
    assert refusal.value.code == code


def test_customers_have_no_business_there(harness: BillingHarness) -> None:
    with pytest.raises(Forbidden):
        harness.call(
            billing.tax.LIST_TAX_RATES,
            billing.tax.ListTaxRates(),
            harness.member(Role.OWNER),
        )
