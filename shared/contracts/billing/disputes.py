"""What of payments waits for a person: disputes, and refunds that were not paid out."""

from datetime import datetime
from uuid import UUID

from shared.contract import Effect, Method, Nothing, Request, Response
from shared.contracts.billing.name import NAME
from shared.money import Money
from shared.permissions import Permission


class ListPaymentProblems(Request, frozen=True, kw_only=True):
    pass


class WaitingDispute(Response, frozen=True, kw_only=True):
    """A dispute in another currency than its payment, which was in ``currency``.

    ``dispute`` is the gateway's name for it, ``reference`` the top-up's.
    """

    dispute: str
    company_id: UUID
    reference: str
    amount: Money
    currency: str
    reported_at: datetime


class FailedRefund(Response, frozen=True, kw_only=True):
    """A refund that the gateway did not pay out: the wallet has its money again.

    ``amount`` includes the tax; ``why`` is the gateway's code.
    """

    id: UUID
    company_id: UUID
    reference: str
    amount: Money
    why: str
    failed_at: datetime


class PaymentProblems(Response, frozen=True, kw_only=True):
    """Of all companies, oldest first: 200 of each at most, refunds of 30 days."""

    disputes: list[WaitingDispute]
    refunds: list[FailedRefund]


class BookDispute(Request, frozen=True, kw_only=True):
    """``amount`` is what the bank took, tax included, in the payment's currency."""

    dispute: str
    amount: Money


LIST_PAYMENT_PROBLEMS = Method(
    NAME,
    "list_payment_problems",
    ListPaymentProblems,
    PaymentProblems,
    Permission.OPERATE,
)

BOOK_DISPUTE = Method(
    NAME, "book_dispute", BookDispute, Nothing, Permission.OPERATE, Effect.CHANGE
)
"""Takes the amount out of the wallet. NotFound ``no_such_dispute``; Conflict
``dispute_booked``; InvalidInput ``bad_amount``."""

METHODS = (LIST_PAYMENT_PROBLEMS, BOOK_DISPUTE)
