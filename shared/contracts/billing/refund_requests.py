"""Refund requests: a customer wants back what may have been paid twice.

    asked → granted | declined | charged back

Only of a payment that is marked as a possible duplicate, and once. Giving all of the
payment back in another way grants it, too; charged back is one whose payment the
customer's bank took back while it waited.
"""

from datetime import datetime
from enum import Enum
from uuid import UUID

from shared.contract import Effect, Method, Request, Response
from shared.contracts.billing.name import NAME
from shared.money import Money
from shared.permissions import Permission


class RefundRequestState(Enum):
    ASKED = "asked"
    GRANTED = "granted"
    DECLINED = "declined"
    CHARGED_BACK = "charged_back"


class RefundRequest(Response, frozen=True, kw_only=True):
    """``reference`` is the top-up's.

    ``amount`` is what is to be given back, tax included: all that was paid, but for
    what had been given back before the request was decided.

    ``reason`` is the customer's, and may be empty; ``answer`` says why it was declined.
    """

    payment_id: UUID
    company_id: UUID
    top_up_id: UUID
    reference: str
    amount: Money
    state: RefundRequestState
    reason: str
    answer: str
    asked_at: datetime
    asked_by: str
    decided_at: datetime | None


class AskForRefund(Request, frozen=True, kw_only=True):
    """``reason`` may be empty: that it came twice is reason enough."""

    payment_id: UUID
    reason: str = ""


class ListRefundRequests(Request, frozen=True, kw_only=True):
    cursor: str | None = None
    limit: int = 25


class OpenRefundRequest(Response, frozen=True, kw_only=True):
    """A request that waits, and what an operator decides it by.

    ``company`` is its name, ``invoice`` the payment's number, empty while it is still
    to be issued. ``net`` is what of the request's amount the wallet has to give;
    ``balance`` is what it holds. ``seller`` is what the operator's settings call who
    sold it, and gives it back; empty where there is only one.
    """

    request: RefundRequest
    company: str
    invoice: str
    net: Money
    balance: Money
    seller: str


class RefundRequestPage(Response, frozen=True, kw_only=True):
    """Those that wait for an answer, oldest first, of all companies."""

    requests: list[OpenRefundRequest]
    previous: str | None
    next: str | None


class GrantRefundRequest(Request, frozen=True, kw_only=True):
    payment_id: UUID


class DeclineRefundRequest(Request, frozen=True, kw_only=True):
    """``reason`` is told to the customer."""

    payment_id: UUID
    reason: str


ASK_FOR_REFUND = Method(
    NAME,
    "ask_for_refund",
    AskForRefund,
    RefundRequest,
    Permission.ADD_FUNDS,
    Effect.CHANGE,
)
"""NotFound ``no_such_payment``; Conflict ``not_a_duplicate``, ``given_back_already``,
``refund_asked_already``; InvalidInput ``bad_reason``."""

LIST_REFUND_REQUESTS = Method(
    NAME,
    "list_refund_requests",
    ListRefundRequests,
    RefundRequestPage,
    Permission.OPERATE,
)
"""InvalidInput ``bad_limit`` with ``max_limit``, ``bad_cursor``."""

GRANT_REFUND_REQUEST = Method(
    NAME,
    "grant_refund_request",
    GrantRefundRequest,
    RefundRequest,
    Permission.OPERATE,
    Effect.CHANGE,
)
"""Refunds all that is left of the payment. NotFound ``no_such_refund_request``;
Conflict ``refund_request_decided`` with ``state``, and those of
`top_ups.REFUND_TOP_UP`: then the request waits on."""

DECLINE_REFUND_REQUEST = Method(
    NAME,
    "decline_refund_request",
    DeclineRefundRequest,
    RefundRequest,
    Permission.OPERATE,
    Effect.CHANGE,
)
"""NotFound ``no_such_refund_request``; Conflict ``refund_request_decided`` with
``state``; InvalidInput ``reason_missing``, ``bad_reason``."""

METHODS = (
    ASK_FOR_REFUND,
    LIST_REFUND_REQUESTS,
    GRANT_REFUND_REQUEST,
    DECLINE_REFUND_REQUEST,
)
