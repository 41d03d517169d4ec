"""The tax of a payment: that of the day on which its money is received.

For a transfer that is the booking date of the bank's statement, for a card the moment
of the gateway's success. docs/decisions/tax.md has the reasons.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.orm import Session

from services.billing.gateways.gateway import Report
from services.billing.models.payments import Payment
from services.billing.models.top_ups import TopUp
from services.billing.parties.sellers import Seller
from services.billing.tax.calculation import Customer, decide
from services.billing.tax.customers import customer_at, customer_of
from services.billing.tax.place_evidence import evidence_of, is_doubtful
from services.billing.tax.rates import known_rates
from shared.contracts.billing.tax import TaxDecision, TaxLine, TaxReason
from shared.errors import Conflict
from shared.rpc.change import Change
from shared.wire import from_wire, to_wire

log = structlog.get_logger()


@dataclass(frozen=True)
class _Receipt:
    """When money was received: a day by the bank, or a moment by a gateway.

    What was known of the customer at ``known_at`` counts; None is now.
    """

    when: date | datetime
    day: date
    known_at: datetime | None


def note_receipt(
    change: Change, seller: Seller, top_up: TopUp, payment: Payment, report: Report
) -> None:
    """Keep on a payment when it came, by which rule it is taxed, and from where.

    Where no rule can be found for the day, the quoted one stays: money that came is
    never kept waiting.
    """
    receipt = _receipt(report, ZoneInfo(seller.time_zone), change.call.now)
    payment.received_on = receipt.day
    customer, decision = None, quoted_tax(top_up)
    try:
        customer = _customer(change.db, top_up, receipt)
        decision = decide(seller, customer, known_rates(change.db), receipt.when)
    except Conflict as refusal:
        log.warning("tax_as_quoted", top_up=top_up.reference, code=refusal.code)
    if decision != quoted_tax(top_up):
        payment.tax_decision = to_wire(decision)
    if customer is None:
        return
    evidence = evidence_of(customer, payment.gateway, report)
    payment.place_evidence = to_wire(evidence)
    payment.has_doubtful_place = is_doubtful(customer, decision, evidence)


def tax_of(top_up: TopUp, payment: Payment | None) -> TaxDecision:
    """The rule that a payment was taxed by; without one, as it was quoted."""
    if payment is None or payment.tax_decision is None:
        return quoted_tax(top_up)
    return from_wire(payment.tax_decision, TaxDecision)


def quoted_tax(top_up: TopUp) -> TaxDecision:
    (line,) = from_wire(top_up.tax_lines, list[TaxLine])
    return TaxDecision(
        category=line.category,
        rate_percent=line.rate_percent,
        reason=from_wire(top_up.tax_reason, TaxReason),
    )


def differs_from_quote(top_up: TopUp, payment: Payment | None) -> bool:
    """Whether a payment's tax or its reason differs from the quote."""
    if payment is None or payment.tax_decision is None:
        return False
    return _terms(quoted_tax(top_up)) != _terms(tax_of(top_up, payment))


def _terms(decision: TaxDecision) -> tuple[object, ...]:
    return decision.category, decision.rate_percent, decision.reason.code


def _receipt(report: Report, zone: ZoneInfo, now: datetime) -> _Receipt:
    """Nothing is received later than now."""
    today = now.astimezone(zone).date()
    if report.booked_on is not None and report.booked_on >= today:
        return _Receipt(today, today, None)
    if report.booked_on is not None:
        day = report.booked_on
        # What was known last on that day counts.
        return _Receipt(
            day, day, datetime.combine(day + timedelta(days=1), time(), zone)
        )
    moment = min(report.succeeded_at or now, now)
    day = moment.astimezone(zone).date()
    return _Receipt(moment, day, moment if moment < now else None)


def _customer(session: Session, top_up: TopUp, receipt: _Receipt) -> Customer:
    if receipt.known_at is None:
        return customer_of(session, top_up.company_id)
    return customer_at(session, top_up.company_id, receipt.known_at)
