"""What customers are told of by notices: documents, failed payments, refunds."""

from datetime import date
from uuid import UUID

from shared.contract import Event, Response
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.billing.name import NAME
from shared.contracts.billing.refund_requests import RefundRequest
from shared.money import Money

MOST_ENCODED = 256 * 1024
"""Characters of a PDF in Base64: a longer one is left out of its event."""


class StoredDocument(Response, frozen=True, kw_only=True):
    """A document whose files exist.

    ``pdf`` is in Base64; it is empty where it would be too long. ``due_on`` is a
    proforma's.
    """

    id: UUID
    kind: DocumentKind
    number: str
    issued_on: date
    gross: Money
    due_on: date | None
    file_name: str
    pdf: str


class FailedPayment(Response, frozen=True, kw_only=True):
    """An attempt to pay a top-up that brought no money; ``reference`` is the top-up's.

    ``failure`` is a code, if the gateway gave one.
    """

    id: UUID
    top_up_id: UUID
    reference: str
    amount: Money
    failure: str | None


DOCUMENT_STORED = Event(NAME, "document_stored", StoredDocument, is_large=True)
"""Sent once, when the files are first made."""

PAYMENT_FAILED = Event(NAME, "payment_failed", FailedPayment)

REFUND_DECIDED = Event(NAME, "refund_decided", RefundRequest)
"""A refund request was granted or declined."""

EVENTS = (DOCUMENT_STORED, PAYMENT_FAILED, REFUND_DECIDED)
