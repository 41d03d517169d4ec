"""What tax knows of a company: its profile, its VAT ID, and the rule that applies."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from services.billing.models.parties import Company
from services.billing.models.tax import TaxId
from services.billing.parties.sellers import Seller
from services.billing.parties.territories import MEMBER_STATES, Place, locate
from services.billing.tax.calculation import counts, day_in, decide
from services.billing.tax.customers import customer_of, find_tax_id, vat_id_of
from services.billing.tax.rates import known_rates
from shared.contracts import billing
from shared.contracts.billing.tax import TaxReason, TaxRule
from shared.errors import Conflict


def decide_for(
    session: Session, seller: Seller, company_id: UUID, now: datetime
) -> billing.tax.TaxDecision:
    """The rule for a company now; the day is the one in the country that taxes.

    Raises:
        Conflict: ``no_billing_address``, ``postal_code_unclear`` with ``country`` and
            ``postal_code``, or ``no_tax_rate`` with ``country``.
    """
    customer = customer_of(session, company_id)
    return decide(seller, customer, known_rates(session), now)


def view(
    session: Session, seller: Seller, company_id: UUID, now: datetime
) -> billing.tax.TaxProfile:
    # Held on to, so that the rule is of the same version, whatever comes meanwhile.
    company = session.get(Company, company_id)
    decision, problem = None, None
    try:
        decision = decide_for(session, seller, company_id, now)
    except Conflict as refusal:
        problem = refusal.code
    tax_id = find_tax_id(session, company_id)
    return billing.tax.TaxProfile(
        company_id=company_id,
        tax_id=_view_tax_id(tax_id) if tax_id else None,
        takes_tax_id=company is not None and takes_tax_id(company),
        decision=decision,
        problem=problem,
        company_version=company.version if company else 0,
    )


def vat_id_to_show(
    session: Session, company_id: UUID, reason: TaxReason, now: datetime
) -> str:
    """Return the VAT ID shown with a tax reason; empty if there was none.

    It is the one by which the tax was decided; it may have changed since. Where
    none decides, at a business in the seller's own country, it is the one of today.
    """
    if reason.code != TaxRule.DOMESTIC_BUSINESS:
        return reason.parameters.get("vat_id", "")
    vat_id = vat_id_of(session, company_id)
    if vat_id is None or vat_id.country != reason.parameters["country"]:
        return ""
    return vat_id.number if counts(vat_id, day_in(vat_id.country, now)) else ""


def takes_tax_id(company: Company) -> bool:
    """Whether a VAT ID can matter: to a business in the VAT territory."""
    place = place_of(company)
    in_the_union = place.is_in_vat_territory and place.country in MEMBER_STATES
    return company.is_business and in_the_union


def place_of(company: Company) -> Place:
    return locate(company.country, company.postal_code, company.region, company.city)


def _view_tax_id(row: TaxId) -> billing.tax.TaxId:
    return billing.tax.TaxId(
        number=row.number,
        state=row.state,
        checked_at=row.checked_at,
        match=row.match,
        name=row.name,
        address=row.address,
        proof=row.proof,
        failure=row.failure,
        confirmed_by=row.confirmed_by,
    )
