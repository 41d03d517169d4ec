"""Refund requests: customers ask for refunds of possible duplicates.

    asked → granted | declined | charged back
    granted, charged back → asked, when the money is in the wallet again

Only for payments marked as possible duplicates, and once. Refunding the whole payment
in another way also grants it; it is charged back if the customer's bank reverses the
payment while it is open. A granted request whose refund is not paid out is open again,
and so is one whose payment was reversed and returned.
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

    ``amount`` is the amount to refund, including tax: everything paid except what
    was refunded before the request was decided.

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
    """``reason`` may be empty: being paid twice is reason enough."""

    payment_id: UUID
    reason: str = ""


class ListRefundRequests(Request, frozen=True, kw_only=True):
    cursor: str | None = None
    limit: int = 25


class OpenRefundRequest(Response, frozen=True, kw_only=True):
    """An open request with the data an operator needs to decide.

    ``company`` is its name, ``invoice`` the payment's number, empty while it is still
    to be issued. ``net`` is the part that the wallet pays; ``balance`` is its balance.
    ``seller`` is the seller's key in the settings; empty if there is only one.
    ``failure`` is why an earlier refund of the payment was not paid out; empty if none
    was.
    """

    request: RefundRequest
    company: str
    invoice: str
    net: Money
    balance: Money
    seller: str
    failure: str = ""


class RefundRequestPage(Response, frozen=True, kw_only=True):
    """All companies' open requests, oldest first."""

    requests: list[OpenRefundRequest]
    previous: str | None
    next: str | None


class GrantRefundRequest(Request, frozen=True, kw_only=True):
    payment_id: UUID


class DeclineRefundRequest(Request, frozen=True, kw_only=True):
    """The customer sees ``reason``."""

    payment_id: UUID
    reason: str


ASK_FOR_REFUND = Method(
    NAME,
    "ask_for_refund",
    AskForRefund,
    RefundRequest,
    Permission.ADD_FUNDS,
    Effect.CHANGE,
    recorded=("top_up_id", "amount"),
    needs_proof=True,
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
    recorded=("top_up_id", "amount"),
)
"""Refunds the rest of the payment. NotFound ``no_such_refund_request``;
Conflict ``refund_request_decided`` with ``state``, and those of
`top_ups.REFUND_TOP_UP`: then the request stays open."""

DECLINE_REFUND_REQUEST = Method(
    NAME,
    "decline_refund_request",
    DeclineRefundRequest,
    RefundRequest,
    Permission.OPERATE,
    Effect.CHANGE,
    recorded=("top_up_id", "amount"),
)
"""NotFound ``no_such_refund_request``; Conflict ``refund_request_decided`` with
``state``; InvalidInput ``reason_missing``, ``bad_reason``."""

METHODS = (
    ASK_FOR_REFUND,
    LIST_REFUND_REQUESTS,
    GRANT_REFUND_REQUEST,
    DECLINE_REFUND_REQUEST,
)
