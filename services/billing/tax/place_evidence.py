"""What says where a private customer is. Pure.

Implementing Regulation 282/2011, art. 24b and 24f: two pieces of evidence that agree.
The country of a verified phone is a piece, too, and is not known yet: identity doesn't
publish it.
"""

from services.billing.gateways.gateway import Report
from services.billing.parties.territories import state_of
from services.billing.tax.calculation import Customer
from shared.contracts.billing.payments import GatewayName
from shared.contracts.billing.tax import PlaceEvidence, TaxDecision, TaxRule
from shared.places import countries

ENOUGH = 2

_TAXED_AS_PRIVATE = frozenset(
    {
        TaxRule.VAT_ID_MISSING,
        TaxRule.VAT_ID_OTHER_COUNTRY,
        TaxRule.VAT_ID_UNCONFIRMED,
        TaxRule.VAT_ID_UNREACHABLE,
        TaxRule.VAT_ID_INVALID,
        TaxRule.VAT_ID_DIFFERS,
    }
)


def evidence_of(
    customer: Customer, gateway: GatewayName, report: Report
) -> PlaceEvidence:
    """All that is known when a payment is received."""
    country = report.payer_country.upper()
    if country not in countries():
        country = ""
    is_bank = gateway is GatewayName.BANK_TRANSFER
    return PlaceEvidence(
        profile=customer.country,
        card="" if is_bank else country,
        bank_account=country if is_bank else "",
    )


def is_doubtful(
    customer: Customer, decision: TaxDecision, evidence: PlaceEvidence
) -> bool:
    """Whether fewer than two pieces name the place that a private customer is in."""
    if customer.is_business and decision.reason.code not in _TAXED_AS_PRIVATE:
        return False
    pieces = (evidence.profile, evidence.card, evidence.bank_account, evidence.phone)
    place = state_of(customer.country)
    return sum(state_of(piece) == place for piece in pieces if piece) < ENOUGH
