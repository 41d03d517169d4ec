"""What a top-up's page shows: its status, what can be done, and its payments.

The templates have a sentence for each case.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from shared.contracts.billing.payments import GatewayName, Payment, PaymentState
from shared.contracts.billing.refund_requests import RefundRequestState
from shared.contracts.billing.settlement import ServiceDebt
from shared.contracts.billing.top_ups import TopUp, TopUpState
from shared.language.formatting import rounding_gap
from shared.money import Money, zero
from web.funds.queries import OPEN, Outcome
from web.funds.quote_view import MOST_SHOWN

_POLL_BANK, _POLL = "30s", "2s"
_BOOKED = frozenset({PaymentState.SUCCEEDED, PaymentState.CHARGED_BACK})


class Status(StrEnum):
    """What is said first."""

    ADDED = "added"
    DECLINED = "declined"
    WAITING = "waiting"
    WAITING_FOR_TRANSFER = "waiting_for_transfer"
    NOT_STARTED = "not_started"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REVERSED = "reversed"
    REFUNDED = "refunded"


_STATUS = {
    TopUpState.DRAFT: Status.NOT_STARTED,
    TopUpState.SUCCEEDED: Status.ADDED,
    TopUpState.FAILED: Status.FAILED,
    TopUpState.CANCELLED: Status.CANCELLED,
    TopUpState.EXPIRED: Status.EXPIRED,
    TopUpState.CHARGED_BACK: Status.REVERSED,
    TopUpState.PARTLY_REFUNDED: Status.REFUNDED,
    TopUpState.REFUNDED: Status.REFUNDED,
}


class Remark(StrEnum):
    """Why another amount was added than was asked for."""

    PAID_TWICE = "paid_twice"
    TAXED_OTHERWISE = "taxed_otherwise"
    PART_ARRIVED = "part_arrived"
    OTHER_AMOUNT = "other_amount"


class PaymentRemark(StrEnum):
    """What is particular about one payment."""

    POSSIBLE_DUPLICATE = "possible_duplicate"
    DUPLICATE = "duplicate"
    LATE = "late"


class Documents(StrEnum):
    INVOICES = "invoices"
    PROFORMA = "proforma"


class Duplicate(StrEnum):
    """What a payment is a possible duplicate of."""

    OF_THIS = "of_this"
    TRANSFER = "transfer"
    SAME_AMOUNT = "same_amount"


class RefundStatus(StrEnum):
    """What happened to a possible duplicate, or can be done about it."""

    OFFERED = "offered"
    REST_OFFERED = "rest_offered"
    UNDER_REVIEW = "under_review"
    DECLINED = "declined"
    NOT_PAID_OUT = "not_paid_out"
    REFUNDED_AS_ASKED = "refunded_as_asked"
    REFUNDED = "refunded"
    REVERSED_WHEN_ASKED = "reversed_when_asked"
    REVERSED = "reversed"


_ANSWERS = {
    RefundRequestState.DECLINED: RefundStatus.DECLINED,
    RefundRequestState.GRANTED: RefundStatus.NOT_PAID_OUT,
}


@dataclass(frozen=True)
class PaymentView:
    """A payment in the list, and in the notice about a possible duplicate."""

    payment: Payment
    top_up_id: UUID

    @property
    def is_refunded(self) -> bool:
        """Whether a duplicate was refunded in full."""
        payment = self.payment
        is_paid = payment.state is PaymentState.SUCCEEDED
        has_left = payment.left is None or bool(payment.left.amount)
        return is_paid and payment.duplicate_of is not None and not has_left

    @property
    def state(self) -> str:
        """A key of the words for payments."""
        payment = self.payment
        if self.is_refunded:
            return "refunded"
        is_transfer = payment.gateway is GatewayName.BANK_TRANSFER
        is_pending = payment.state is PaymentState.PENDING
        return "waiting" if is_transfer and is_pending else payment.state.value

    @property
    def remark(self) -> PaymentRemark | None:
        if self.payment.duplicate_of is not None:
            is_over = self.is_refunded
            return (
                PaymentRemark.DUPLICATE if is_over else PaymentRemark.POSSIBLE_DUPLICATE
            )
        return PaymentRemark.LATE if self.payment.is_late else None

    @property
    def kind(self) -> Duplicate:
        if self.payment.duplicate_top_up_id == self.top_up_id:
            return Duplicate.OF_THIS
        is_transfer = self.payment.gateway is GatewayName.BANK_TRANSFER
        return Duplicate.TRANSFER if is_transfer else Duplicate.SAME_AMOUNT

    @property
    def refund(self) -> RefundStatus:
        payment = self.payment
        asked = payment.refund_request.state if payment.refund_request else None
        if payment.state is PaymentState.CHARGED_BACK:
            was_asked = asked is RefundRequestState.CHARGED_BACK
            return (
                RefundStatus.REVERSED_WHEN_ASKED if was_asked else RefundStatus.REVERSED
            )
        if not (payment.left and payment.left.amount):
            was_granted = asked is RefundRequestState.GRANTED
            return (
                RefundStatus.REFUNDED_AS_ASKED if was_granted else RefundStatus.REFUNDED
            )
        if asked is not None:
            return _ANSWERS.get(asked, RefundStatus.UNDER_REVIEW)
        is_whole = payment.left == payment.amount
        return RefundStatus.OFFERED if is_whole else RefundStatus.REST_OFFERED

    @property
    def can_request_refund(self) -> bool:
        return self.refund in {RefundStatus.OFFERED, RefundStatus.REST_OFFERED}

    @property
    def is_settled(self) -> bool:
        """Whether nothing of it is left to keep or to refund."""
        is_reversed = self.payment.state is PaymentState.CHARGED_BACK
        return is_reversed or self.is_refunded


@dataclass(frozen=True)
class TopUpView:
    """A top-up as it is shown; ``outcome`` is None while it can't be read."""

    top_up: TopUp
    outcome: Outcome | None
    may_add_funds: bool

    @property
    def status(self) -> Status:
        if self.top_up.state is not TopUpState.PENDING:
            return _STATUS[self.top_up.state]
        if self.failure:
            return Status.DECLINED
        is_transfer = self.top_up.bank is not None
        return Status.WAITING_FOR_TRANSFER if is_transfer else Status.WAITING

    @property
    def failure(self) -> str | None:
        """The code of why the last payment failed."""
        payments = self.top_up.payments
        return payments[-1].failure if payments else None

    @property
    def is_open(self) -> bool:
        return self.top_up.state in OPEN

    @property
    def polls(self) -> str:
        """How often the page asks again; empty where nothing more will happen."""
        if not self.is_open and not (self.outcome and self.outcome.is_moving):
            return ""
        return _POLL_BANK if self.top_up.bank else _POLL

    @property
    def can_be_paid(self) -> bool:
        """Whether a payment can be started or continued on a page."""
        return self.is_open and self.may_add_funds and self.top_up.bank is None

    @property
    def can_be_cancelled(self) -> bool:
        return self.is_open and self.may_add_funds

    @property
    def documents(self) -> Documents | None:
        """The documents that the summary leads to: none for money that never came.

        A top-up that was paid leads to its invoice above the summary.
        """
        if self.has_transactions:
            return None if self.status is Status.ADDED else Documents.INVOICES
        is_transfer = self.top_up.gateway is GatewayName.BANK_TRANSFER
        return Documents.PROFORMA if is_transfer else None

    @property
    def has_transactions(self) -> bool:
        return any(each.state in _BOOKED for each in self.top_up.payments)

    @property
    def payments(self) -> list[PaymentView]:
        return [PaymentView(each, self.top_up.id) for each in self.top_up.payments]

    @property
    def remarkable(self) -> list[PaymentView]:
        return [each for each in self.payments if each.remark or each.payment.tax]

    @property
    def is_taxed_at_one_rate(self) -> bool:
        return len(self.top_up.tax_lines) == 1

    @property
    def has_tax(self) -> bool:
        """Whether VAT was paid: a payment can be taxed differently than quoted."""
        booked = [each for each in self.top_up.payments if each.state in _BOOKED]
        taxes = [each.tax.tax if each.tax else self.top_up.tax for each in booked]
        return any(tax.amount for tax in taxes)

    @property
    def duplicates(self) -> list[PaymentView]:
        return [each for each in self.payments if each.payment.duplicate_of]

    @property
    def only_payment(self) -> Payment | None:
        """The payment of a top-up that was paid once."""
        booked = [each for each in self.top_up.payments if each.state in _BOOKED]
        return booked[0] if len(booked) == 1 else None

    @property
    def remark(self) -> Remark | None:
        top_up = self.top_up
        if any(each.duplicate_top_up_id == top_up.id for each in top_up.payments):
            return Remark.PAID_TWICE
        if any(each.tax for each in top_up.payments):
            return Remark.TAXED_OTHERWISE
        if top_up.credited < top_up.net:
            return Remark.PART_ARRIVED
        return Remark.OTHER_AMOUNT if top_up.credited != top_up.net else None

    @property
    def is_settling(self) -> bool:
        """Whether charges follow that are not known yet."""
        outcome = self.outcome
        if outcome is None or outcome.resuming:
            return False
        return outcome.effects.is_settling

    @property
    def is_first_payment(self) -> bool:
        """Whether the effects are of one payment among several."""
        outcome = self.outcome
        return outcome is not None and outcome.effects.credited != self.top_up.credited

    @property
    def charged_further(self) -> Money | None:
        """What was charged beyond the services that the effects list."""
        if self.outcome is None:
            return None
        effects = self.outcome.effects
        others = effects.charged - self._sum(each.amount for each in effects.charges)
        return others if others.amount else None

    @property
    def rounding(self) -> Money | None:
        """What makes the sums add up as they are written."""
        if self.outcome is None:
            return None
        effects = self.outcome.effects
        taken = [each.amount for each in effects.charges]
        taken += [self.charged_further] if self.charged_further else []
        parts = [effects.before, effects.credited, *(-each for each in taken)]
        return rounding_gap(effects.after, parts)

    @property
    def lacking(self) -> list[ServiceDebt]:
        """What still can't be paid, as far as it is shown."""
        debts = self.outcome.effects.waiting.debts if self.outcome else []
        return [each for each in debts if each.lacking.amount][:MOST_SHOWN]

    def _sum(self, amounts: Iterable[Money]) -> Money:
        return sum(amounts, zero(self.top_up.net.currency.code))
