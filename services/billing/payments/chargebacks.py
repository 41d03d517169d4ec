"""Chargebacks: a customer's bank takes money back, and so does the wallet.

Each dispute is booked once, by its own name: of one payment there may be several, each
about a part.
"""

from dataclasses import dataclass
from decimal import Decimal

import structlog
from sqlalchemy import ColumnElement, select

from services.billing.gateways.gateway import Report
from services.billing.ledger.money_in import MoneyIn
from services.billing.models.ledger import EntryKind
from services.billing.models.payments import Chargeback, ChargebackState, Payment
from services.billing.models.top_ups import TopUp
from services.billing.parties.sellers import Sellers
from services.billing.payments import reversals
from services.billing.payments.posting import post_payment, split_tax
from services.billing.payments.settling import settle
from services.billing.refunds.decisions import end_request
from services.billing.tax.receipts import tax_of
from services.billing.top_ups.document_orders import order, taken_back
from services.billing.top_ups.lifecycle import lock_top_up, move
from services.billing.top_ups.rules import fits_payment
from services.billing.top_ups.views import given_back, left_of, stayed
from shared.contracts.billing.payments import MAX_TEXT_LENGTH, BookDispute, PaymentState
from shared.contracts.billing.refund_requests import RefundRequestState
from shared.contracts.billing.tax import TaxDecision
from shared.contracts.billing.top_ups import TopUpState
from shared.errors import Conflict, InvalidInput, NotFound
from shared.money import Money, currency_of
from shared.rpc.change import Change
from shared.text import clean_line

log = structlog.get_logger()

FAILURE = "disputed_by_cardholder"


@dataclass(frozen=True)
class _Taken:
    """``beyond`` is what was taken although it had been given back before."""

    net: Decimal
    tax: Decimal
    beyond: Decimal


def charge_back(
    change: Change, sellers: Sellers, top_up: TopUp, payment: Payment, report: Report
) -> bool:
    """Take what a dispute took out of the wallet, below zero too; once.

    One whose payment was never reported as paid was still paid, or could not
    have been taken back. What is in another currency than the payment waits for a
    person. Returns whether it is new.
    """
    name = report.dispute or report.transaction
    if _find(change, Chargeback.gateway == payment.gateway, Chargeback.name == name):
        return False
    row = _draft(change, payment, name, report.amount)
    if payment.state is PaymentState.CHARGED_BACK and not _is_known(change, payment):
        # The release before this one booked it, under no name.
        log.warning("chargeback_booked_before", dispute=name, payment=str(payment.id))
        row.state, row.booked_at = ChargebackState.BOOKED, change.call.now
        change.db.add(row)
        return False
    change.db.add(row)
    if row.currency != top_up.currency:
        log.error("dispute_in_another_currency", dispute=name, currency=row.currency)
        return True
    settle(change, sellers, top_up, payment, report)
    _book(change, top_up, row, report.amount.amount)
    return True


def book_waiting(change: Change, request: BookDispute) -> None:
    """Book a dispute that waits, with the amount in its payment's currency.

    One that is booked and was won gives the wallet that amount again.

    Raises:
        NotFound: ``no_such_dispute``.
        Conflict: ``dispute_booked``, ``dispute_won``.
        InvalidInput: ``bad_amount``.
    """
    name = clean_line(request.dispute, MAX_TEXT_LENGTH)
    row = _find(change, Chargeback.name == name)
    if row is None:
        raise NotFound("no_such_dispute")
    top_up = lock_top_up(change.db, row.top_up_id)
    change.db.refresh(row)
    if row.state is ChargebackState.REVERSED:
        raise Conflict("dispute_won")
    amount = request.amount
    if amount.currency.code != top_up.currency or not fits_payment(amount):
        raise InvalidInput("bad_amount")
    if row.state is ChargebackState.BOOKED:
        if row.won_at is None:
            raise Conflict("dispute_booked")
        reversals.reverse_waiting(change, top_up, row, amount.amount)
        return
    _book(change, top_up, row, amount.amount)


def _book(change: Change, top_up: TopUp, row: Chargeback, gross: Decimal) -> None:
    session = change.db
    payment = session.get_one(Payment, row.payment_id)
    left = left_of(payment, given_back(session, top_up))
    taken = _taken(tax_of(top_up, payment), left, gross)
    row.net, row.tax, row.beyond = taken.net, taken.tax, taken.beyond
    row.state, row.booked_at = ChargebackState.BOOKED, change.call.now
    money = MoneyIn(taken.net + taken.beyond, taken.tax, payment.currency)
    post_payment(change, payment, money, EntryKind.CHARGEBACK, reversals.cause_of(row))
    if taken.net:
        part = MoneyIn(taken.net, taken.tax, payment.currency)
        order(change, top_up, taken_back(payment.id, row.id, part))
    payment.failure = FAILURE
    if taken.net == left.net:
        payment.state = PaymentState.CHARGED_BACK
        end_request(change, payment.id, RefundRequestState.CHARGED_BACK)
    session.flush()
    remaining = stayed(session, top_up)
    move(change, top_up, top_up.state if remaining else TopUpState.CHARGED_BACK)


def _taken(decision: TaxDecision, left: MoneyIn, gross: Decimal) -> _Taken:
    """Split what was taken by what is left of the payment, and so of its invoice."""
    within = min(gross, left.net + left.tax)
    if within == left.net + left.tax:
        return _Taken(left.net, left.tax, gross - within)
    part = split_tax(decision, Money(within, currency_of(left.currency)))
    # Rounded for themselves, the parts may be a cent more than the whole.
    tax = min(max(part.tax, within - left.net), left.tax)
    return _Taken(within - tax, tax, Decimal(0))


def _find(change: Change, *conditions: ColumnElement[bool]) -> Chargeback | None:
    return change.db.scalars(select(Chargeback).where(*conditions)).one_or_none()


def _is_known(change: Change, payment: Payment) -> bool:
    """Whether any chargeback of a payment has a name."""
    of_payment = select(Chargeback.id).where(Chargeback.payment_id == payment.id)
    return change.db.scalar(of_payment.limit(1)) is not None


def _draft(change: Change, payment: Payment, name: str, amount: Money) -> Chargeback:
    zero = Decimal(0)
    return Chargeback(
        id=change.runtime.new_id(),
        company_id=payment.company_id,
        top_up_id=payment.top_up_id,
        payment_id=payment.id,
        gateway=payment.gateway,
        name=name,
        state=ChargebackState.WAITING,
        currency=amount.currency.code,
        amount=amount.amount,
        net=zero,
        tax=zero,
        beyond=zero,
        reported_at=change.call.now,
    )
