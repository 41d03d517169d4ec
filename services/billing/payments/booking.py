"""Payments are booked by what gateways report.

A report is booked once, however often, late or out of order it comes, and a payment
that came is never swallowed: not for a top-up that has ended, nor a second time, nor
with another amount than was asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import aliased

from services.billing.gateways.gateway import Outcome, Report
from services.billing.ledger.entries import Reason
from services.billing.ledger.money_in import MoneyIn
from services.billing.ledger.wallets import lock_wallet, tell_of_change
from services.billing.models.ledger import EntryKind
from services.billing.models.payments import Payment
from services.billing.models.top_ups import TopUp
from services.billing.payments.attempts import UNPAID, amount_of, draft
from services.billing.refunds.decisions import end_request
from services.billing.top_ups.document_orders import TAKEN_BACK, Wanted, order
from services.billing.top_ups.duplicates import WINDOW, Paid, may_repeat
from services.billing.top_ups.lifecycle import OPEN, lock_top_up, move
from services.billing.top_ups.views import payments_of
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.billing.payments import PaymentState
from shared.contracts.billing.refund_requests import RefundRequestState
from shared.contracts.billing.tax import TaxLine
from shared.contracts.billing.top_ups import TopUpState
from shared.money import Money, round_to_minor_unit
from shared.rpc.change import Change
from shared.wire import from_wire

log = structlog.get_logger()


_STATES = {
    Outcome.PENDING: PaymentState.PENDING,
    Outcome.FAILED: PaymentState.FAILED,
    Outcome.CANCELLED: PaymentState.CANCELLED,
}


_MOVED_MONEY = (Outcome.SUCCEEDED, Outcome.CHARGED_BACK)
"""What may be heard first of a transaction that did."""


def take_in(change: Change, reports: Sequence[Report]) -> bool:
    """Book what a gateway reports; returns whether anything was new.

    What is no payment of ours is passed over: an account at a gateway may serve others.
    """
    booking = _Booking(change)
    news = [booking.take_in(report) for report in reports]
    return any(news)


@dataclass(frozen=True)
class _Booking:
    change: Change

    def take_in(self, report: Report) -> bool:
        top_up_id = self.change.db.scalar(
            select(Payment.top_up_id).where(Payment.id == report.payment_id)
        )
        if top_up_id is None:
            log.warning("payment_unknown", payment=str(report.payment_id))
            return False
        # All that concerns one top-up goes through here one after the other.
        top_up = lock_top_up(self.change.db, top_up_id)
        if report.amount.currency.code != top_up.currency:
            log.error("payment_in_another_currency", payment=str(report.payment_id))
            return False
        payment = self._payment_of(top_up, report)
        before = payment.state
        match report.outcome:
            case Outcome.SUCCEEDED:
                self._succeed(top_up, payment, report)
            case Outcome.CHARGED_BACK:
                self._charge_back(top_up, payment, report)
            case _ if before in UNPAID:
                self._note(top_up, payment, report)
        return payment.state is not before

    def _payment_of(self, top_up: TopUp, report: Report) -> Payment:
        """The payment that a report is about; a new one for a further transaction."""
        payments = payments_of(self.change.db, top_up)
        for payment in payments:
            if payment.transaction == report.transaction:
                return payment
        ordered = next(each for each in payments if each.id == report.payment_id)
        if ordered.transaction is None or ordered.state in UNPAID:
            return ordered
        if report.outcome not in _MOVED_MONEY:
            return ordered
        further = draft(self.change, top_up, ordered.gateway)
        further.checkout = ordered.checkout
        self.change.db.add(further)
        return further

    def _note(self, top_up: TopUp, payment: Payment, report: Report) -> None:
        """Keep how an attempt goes that has brought no money."""
        payment.state = _STATES[report.outcome]
        payment.transaction = report.transaction
        payment.method = report.method
        payment.failure = report.failure
        if report.outcome is Outcome.PENDING or top_up.state not in OPEN:
            return
        payment.settled_at = self.change.call.now
        failed = report.outcome is Outcome.FAILED
        state = TopUpState.FAILED if failed else TopUpState.CANCELLED
        move(self.change, top_up, state)

    def _succeed(self, top_up: TopUp, payment: Payment, report: Report) -> None:
        if payment.state in {PaymentState.SUCCEEDED, PaymentState.CHARGED_BACK}:
            return
        repeated = self._first_succeeded(top_up)
        repeated = repeated or self._equal_elsewhere(top_up, payment, report)
        payment.duplicate_of = repeated.id if repeated else None
        payment.transaction = report.transaction
        payment.method = report.method
        payment.failure = None
        payment.ask_at = None
        payment.settled_at = self.change.call.now
        payment.state = PaymentState.SUCCEEDED
        money_in = _parted(top_up, report.amount)
        payment.amount = report.amount.amount
        payment.net, payment.tax = money_in.net, money_in.tax
        self._post(top_up, payment, money_in, EntryKind.TOP_UP)
        self._order(top_up, payment, money_in, DocumentKind.INVOICE)
        if top_up.settled_at is not None:
            about = {"top_up": top_up.reference, "payment": str(payment.id)}
            log.warning("payment_after_the_end", **about)
        # A top-up that was refunded or charged back before keeps saying so.
        paid = top_up.state in {*OPEN, TopUpState.FAILED, TopUpState.CANCELLED}
        paid = paid or top_up.state is TopUpState.EXPIRED
        state = TopUpState.SUCCEEDED if paid else top_up.state
        move(self.change, top_up, state)

    def _charge_back(self, top_up: TopUp, payment: Payment, report: Report) -> None:
        """The customer's bank took a payment back; so does the wallet, below zero too.

        It is booked as it is reported: where a part was refunded, only the rest goes.
        One that was never reported as paid was paid all the same, or could not have
        been taken back.
        """
        if payment.state is PaymentState.CHARGED_BACK:
            return
        self._succeed(top_up, payment, report)
        payment.state = PaymentState.CHARGED_BACK
        payment.failure = report.failure
        if report.amount == amount_of(payment):
            taken = MoneyIn(payment.net, payment.tax, payment.currency)
        else:
            taken = _parted(top_up, report.amount)
        self._post(top_up, payment, taken, EntryKind.CHARGEBACK)
        self._order(top_up, payment, taken, DocumentKind.CREDIT_NOTE, TAKEN_BACK)
        end_request(self.change, payment.id, RefundRequestState.CHARGED_BACK)
        remaining = self._first_succeeded(top_up)
        state = top_up.state if remaining else TopUpState.CHARGED_BACK
        move(self.change, top_up, state)

    def _first_succeeded(self, top_up: TopUp) -> Payment | None:
        paid = (
            payment
            for payment in payments_of(self.change.db, top_up)
            if payment.state is PaymentState.SUCCEEDED
        )
        return next(paid, None)

    def _equal_elsewhere(
        self, top_up: TopUp, payment: Payment, report: Report
    ) -> Payment | None:
        """The payment of another top-up that this one may repeat.

        Of those alone that a quote tells of: not of one that was asked for in another
        amount, nor of a further payment, which repeats its own top-up's.
        """
        session, now = self.change.db, self.change.call.now
        # Of two that come at once, the second one sees the first.
        lock_wallet(session, top_up.company_id, top_up.currency)
        repeated = aliased(Payment)
        others = session.execute(
            select(Payment, TopUp)
            .join(TopUp, TopUp.id == Payment.top_up_id)
            .outerjoin(repeated, repeated.id == Payment.duplicate_of)
            .where(
                Payment.company_id == top_up.company_id,
                Payment.top_up_id != top_up.id,
                Payment.state == PaymentState.SUCCEEDED,
                Payment.settled_at >= now - WINDOW,
                repeated.top_up_id.is_distinct_from(Payment.top_up_id),
                TopUp.gross == top_up.gross,
                TopUp.state != TopUpState.REFUNDED,
            )
            .order_by(Payment.settled_at, Payment.id)
        )
        paid = _paid(top_up, payment, report.amount, now)
        equal = (
            other
            for other, its in others
            if may_repeat(paid, _paid(its, other, amount_of(other), other.settled_at))
        )
        return next(equal, None)

    def _post(
        self, top_up: TopUp, payment: Payment, money_in: MoneyIn, kind: EntryKind
    ) -> None:
        self.change.db.flush()
        wallet = lock_wallet(self.change.db, top_up.company_id, top_up.currency)
        reason = Reason(
            company_id=wallet.company_id,
            kind=kind,
            memo=payment.method,
            cause=f"payment:{payment.id}",
        )
        money_in.post(self.change, wallet.id, reason)
        tell_of_change(self.change, wallet)

    def _order(
        self,
        top_up: TopUp,
        payment: Payment,
        money_in: MoneyIn,
        kind: DocumentKind,
        reason: str = "",
    ) -> None:
        net, tax = money_in.net, money_in.tax
        wanted = Wanted(kind, net, tax, payment.id, reason=reason)
        order(self.change, top_up, wanted)


def _paid(top_up: TopUp, payment: Payment, amount: Money, at: datetime | None) -> Paid:
    paid_at = at or payment.created_at
    begun_at, is_intended = top_up.created_at, top_up.is_intended
    return Paid(amount, payment.gateway, paid_at, begun_at, is_intended)


def _parted(top_up: TopUp, paid: Money) -> MoneyIn:
    """What was paid, parted into net and tax by the top-up's rate.

    What was asked for has the tax that was asked for: it is within half a minor unit.
    """
    (line,) = from_wire(top_up.tax_lines, list[TaxLine])
    exact = paid.amount * line.rate_percent / (100 + line.rate_percent)
    tax = round_to_minor_unit(Money(exact, paid.currency)).amount
    return MoneyIn(paid.amount - tax, tax, top_up.currency)
