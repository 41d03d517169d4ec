"""A top-up's tax: which, and how much. Pure: no session, no clock, no network.

What is sold is supplied electronically (hosting). The place of supply, by Directive
2006/112/EC ("VAT Directive") and Implementing Regulation 282/2011:

- a business: where it is established (art. 44), and it owes the tax itself if that is
  another member state (art. 196), once its VAT ID, name and address are confirmed
  (Reg. art. 18(1)); without that it is taken for a private customer (art. 18(2));
- anybody else: where they live (art. 58), by the one-stop shop; or at the seller's,
  while the seller is below EUR 10 000 a year and has not chosen otherwise (art. 59c);
- outside the VAT territory: not subject to VAT here (art. 44, 58, 59).

docs/decisions/tax.md has the choices that these leave.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from services.billing.parties.sellers import Seller
from services.billing.parties.territories import MEMBER_STATES, Place, locate
from shared.contracts.billing.tax import (
    TaxCategory,
    TaxDecision,
    TaxIdMatch,
    TaxIdState,
    TaxLine,
    TaxReason,
    TaxRule,
)
from shared.errors import Conflict
from shared.money import Money, round_to_minor_unit
from shared.places import time_zone_of

CONFIRMED_FOR = timedelta(days=90)
"""How long the register's answer counts."""


@dataclass(frozen=True)
class Rate:
    """A standard rate, from ``valid_from`` until another of the place begins.

    ``territory`` is empty for a country's ordinary part.
    """

    country: str
    territory: str
    rate_percent: Decimal
    valid_from: date


@dataclass(frozen=True)
class VatId:
    """A VAT ID and what is known of it; ``country`` is ISO 3166-1."""

    number: str
    country: str
    state: TaxIdState
    checked_on: date | None = None
    match: TaxIdMatch | None = None
    proof: str = ""
    is_confirmed_by_hand: bool = False


@dataclass(frozen=True)
class Customer:
    country: str
    is_business: bool
    postal_code: str = ""
    region: str = ""
    city: str = ""
    vat_id: VatId | None = None


@dataclass(frozen=True)
class Taxed:
    """``tax`` is the lines' sum; ``gross`` = net + tax."""

    lines: list[TaxLine]
    net: Money
    tax: Money
    gross: Money


def decide(
    seller: Seller, customer: Customer, rates: Iterable[Rate], when: date | datetime
) -> TaxDecision:
    """Find the rule for a customer on a day, or at a moment.

    A moment's day is the one in the country that taxes.

    Raises:
        Conflict: ``no_tax_rate`` with ``country``; none is known for that day.
            ``postal_code_unclear`` with ``country`` and ``postal_code``.
    """
    place = locate(
        customer.country, customer.postal_code, customer.region, customer.city
    )
    if not place.is_certain:
        about = {"country": customer.country, "postal_code": customer.postal_code}
        raise Conflict("postal_code_unclear", parameters=about)
    if not place.is_in_vat_territory:
        return _free(TaxCategory.OUT_OF_SCOPE, _outside(place, customer.country))
    if place.country == seller.country:
        taxed_in, finding = place, _domestic(place, customer)
    else:
        finding = _elsewhere_in_eu(seller, place, customer, day_in(place.country, when))
        if finding.rule is TaxRule.REVERSE_CHARGE:
            return _free(TaxCategory.REVERSE_CHARGE, finding)
        taxed_in = place if seller.uses_one_stop_shop else _home_of(seller)
    on = day_in(taxed_in.country, when)
    rate = find_rate(rates, taxed_in.country, taxed_in.territory, on)
    if rate is None:
        raise Conflict("no_tax_rate", parameters={"country": taxed_in.country})
    return _taxed(finding, taxed_in, _without_zeros(rate.rate_percent))


def day_in(country: str, when: date | datetime) -> date:
    """The day in a country (ISO 3166-1); a date is the same everywhere."""
    if isinstance(when, datetime):
        return when.astimezone(ZoneInfo(time_zone_of(country))).date()
    return when


def apply(decision: TaxDecision, net: Money) -> Taxed:
    """Work out the tax on a net amount that is in its currency's minor unit.

    Rounded half up, once per category (EN 16931, BR-CO-17). A negative amount, as of a
    credit note, has the same tax below zero.

    Raises:
        ValueError: the amount is finer than the minor unit.
    """
    if net != round_to_minor_unit(net):
        raise ValueError(f"not in the minor unit: {net}")
    exact = Money(net.amount * decision.rate_percent.scaleb(-2), net.currency)
    tax = round_to_minor_unit(exact)
    line = TaxLine(
        category=decision.category,
        rate_percent=decision.rate_percent,
        base=net,
        tax=tax,
    )
    return Taxed(lines=[line], net=net, tax=tax, gross=net + tax)


def counts(vat_id: VatId, on: date) -> bool:
    """Whether the register confirms it for this name and address, lately enough."""
    return _judge(vat_id, on) is TaxRule.REVERSE_CHARGE


def find_rate(
    rates: Iterable[Rate], country: str, territory: str, on: date
) -> Rate | None:
    """The rate of a place on a day: the territory's own, else the country's."""
    in_force: dict[str, Rate] = {}
    for rate in rates:
        if rate.country != country or rate.valid_from > on:
            continue
        known = in_force.get(rate.territory)
        if known is None or rate.valid_from >= known.valid_from:
            in_force[rate.territory] = rate
    return in_force.get(territory) or in_force.get("")


@dataclass(frozen=True)
class _Finding:
    """A rule, what it was applied to, and the profile's fields that led to it."""

    rule: TaxRule
    about: dict[str, str]
    fields: tuple[str, ...]


def _outside(place: Place, country: str) -> _Finding:
    about = {"country": country}
    if place.territory == "northern_ireland":
        return _Finding(TaxRule.NORTHERN_IRELAND, about, place.fields)
    if place.country in MEMBER_STATES:
        about["territory"] = place.territory
        return _Finding(TaxRule.TERRITORY_OUTSIDE_VAT, about, place.fields)
    return _Finding(TaxRule.OUTSIDE_EU, about, place.fields)


def _domestic(place: Place, customer: Customer) -> _Finding:
    rule = (
        TaxRule.DOMESTIC_BUSINESS if customer.is_business else TaxRule.DOMESTIC_PRIVATE
    )
    return _Finding(rule, {"country": place.country}, (*place.fields, "is_business"))


def _elsewhere_in_eu(
    seller: Seller, place: Place, customer: Customer, on: date
) -> _Finding:
    about = {"country": place.country}
    fields = (*place.fields, "is_business")
    if not customer.is_business:
        rule = (
            TaxRule.ONE_STOP_SHOP
            if seller.uses_one_stop_shop
            else TaxRule.BELOW_THRESHOLD
        )
        return _Finding(rule, about, fields)
    vat_id = customer.vat_id
    if vat_id is None:
        return _Finding(TaxRule.VAT_ID_MISSING, about, (*fields, "tax_id"))
    about["vat_id"] = vat_id.number
    if vat_id.country != place.country:
        return _Finding(TaxRule.VAT_ID_OTHER_COUNTRY, about, (*fields, "tax_id"))
    if vat_id.checked_on is not None:
        about["checked_on"] = vat_id.checked_on.isoformat()
    about["proof"] = vat_id.proof
    return _Finding(_judge(vat_id, on), about, (*fields, "tax_id", "tax_id_check"))


def _judge(vat_id: VatId, on: date) -> TaxRule:
    """Whether a business owes the tax itself; if not, why it is taxed as private."""
    if vat_id.state is TaxIdState.UNREACHABLE:
        return TaxRule.VAT_ID_UNREACHABLE
    if vat_id.state is TaxIdState.UNCHECKED or vat_id.checked_on is None:
        return TaxRule.VAT_ID_UNCONFIRMED
    if vat_id.state is TaxIdState.INVALID:
        return TaxRule.VAT_ID_INVALID
    if on - vat_id.checked_on > CONFIRMED_FOR:
        return TaxRule.VAT_ID_UNCONFIRMED
    if vat_id.match is TaxIdMatch.DIFFERS and not vat_id.is_confirmed_by_hand:
        return TaxRule.VAT_ID_DIFFERS
    return TaxRule.REVERSE_CHARGE


def _home_of(seller: Seller) -> Place:
    return Place(seller.country, "", is_in_vat_territory=True, fields=())


def _taxed(finding: _Finding, taxed_in: Place, rate_percent: Decimal) -> TaxDecision:
    parameters = {
        "taxed_in": taxed_in.country,
        "rate_percent": f"{rate_percent:f}",
        **finding.about,
    }
    if taxed_in.territory:
        parameters["territory"] = taxed_in.territory
    return TaxDecision(
        category=TaxCategory.STANDARD if rate_percent else TaxCategory.ZERO,
        rate_percent=rate_percent,
        reason=TaxReason(
            code=finding.rule, parameters=parameters, fields=list(finding.fields)
        ),
    )


def _free(category: TaxCategory, finding: _Finding) -> TaxDecision:
    return TaxDecision(
        category=category,
        rate_percent=Decimal(0),
        reason=TaxReason(
            code=finding.rule, parameters=finding.about, fields=list(finding.fields)
        ),
    )


def _without_zeros(percent: Decimal) -> Decimal:
    """19 rather than 19.00, and 25.5."""
    return percent.quantize(Decimal(1)) if percent % 1 == 0 else percent.normalize()
