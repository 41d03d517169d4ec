"""Documents: proformas, invoices and credit notes, as they were issued.

A document never changes. Its number, taken from its series without a gap, its parties
and its texts stay as they were when it was issued.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

from shared.contract import Effect, Event, Method, Nothing, Request, Response
from shared.contracts.billing.name import NAME
from shared.contracts.billing.payments import BankInstructions, GatewayName
from shared.contracts.billing.sheets import Sheet
from shared.contracts.billing.tax import TaxCategory, TaxLine, TaxReason
from shared.contracts.billing.top_ups import GivenBack
from shared.money import Money
from shared.permissions import Permission


class DocumentKind(Enum):
    PROFORMA = "proforma"
    """A request for payment; not an invoice, and not valid for deducting VAT."""
    INVOICE = "invoice"
    CREDIT_NOTE = "credit-note"


class DocumentState(Enum):
    """The state of a document; a credit note is settled once it is issued."""

    OPEN = "open"
    """A proforma that can be paid."""
    PAID = "paid"
    ENDED = "ended"
    """A proforma that was not paid in time or was cancelled."""
    CREDITED = "credited"
    """An invoice that was credited in full."""
    SETTLED = "settled"


class DocumentFormat(Enum):
    PDF = "pdf"
    """PDF/A-3; an invoice's and a credit note's hold the XML."""
    XML = "xml"
    """Factur-X, EN 16931 profile (UN/CEFACT CII)."""
    UBL = "ubl"
    """UBL 2.1, EN 16931."""


class Party(Response, frozen=True, kw_only=True):
    """Who sells or buys. ``country`` is ISO 3166-1; ``vat_id`` empty without one."""

    name: str
    street: str
    postal_code: str
    city: str
    region: str
    country: str
    vat_id: str


class DocumentLine(Response, frozen=True, kw_only=True):
    """One sold item; ``text`` is in the document's language."""

    text: str
    net: Money


class DocumentReference(Response, frozen=True, kw_only=True):
    id: UUID
    kind: DocumentKind
    number: str
    issued_on: date


class AccountingTax(Response, frozen=True, kw_only=True):
    """The tax in the seller's own currency (Directive 2006/112, art. 230).

    ``rate`` is how much of the document's currency one unit of the seller's is worth,
    by ``source`` on ``rate_day``.
    """

    tax: Money
    rate: Decimal
    rate_day: date
    source: str


class QuotedTax(Response, frozen=True, kw_only=True):
    """What was quoted, where another tax is due: ``words`` are in the language."""

    quoted_on: date
    words: str


class DocumentContent(Response, frozen=True, kw_only=True):
    """A document's stored content. Amounts are in the minor unit.

    A credit note's are positive too. Days are the seller's.
    ``paid_on`` is when the money arrived, which makes the tax due (art. 65); None on a
    proforma. ``language`` is a language's code. ``tax_words`` say why that tax is due,
    in the language. ``reference`` is the top-up's, as customers quote it.
    ``corrects`` is the document that this one credits or replaces, ``reason`` why, as
    shown to the customer. ``due_on`` and ``bank`` are on a proforma, ``quoted`` on an
    invoice whose tax was different when the top-up was started.
    """

    kind: DocumentKind
    number: str
    issued_on: date
    paid_on: date | None
    language: str
    seller: Party
    buyer: Party
    lines: list[DocumentLine]
    tax_lines: list[TaxLine]
    tax_reason: TaxReason
    tax_words: str
    net: Money
    tax: Money
    gross: Money
    accounting_tax: AccountingTax | None
    payment_method: str
    reference: str
    corrects: DocumentReference | None
    reason: str
    due_on: date | None
    bank: BankInstructions | None
    quoted: QuotedTax | None = None


class Document(Response, frozen=True, kw_only=True):
    """A document in a list.

    ``is_ready``: its files exist, a moment after it was issued.
    ``credited`` is the gross amount of an invoice's credit notes. ``due_on`` is a
    proforma's.
    """

    id: UUID
    kind: DocumentKind
    number: str
    issued_on: date
    issued_at: datetime
    state: DocumentState
    net: Money
    tax: Money
    gross: Money
    credited: Money
    top_up_id: UUID
    corrects: DocumentReference | None
    is_ready: bool
    due_on: date | None = None


class ListDocuments(Request, frozen=True, kw_only=True):
    """Newest first; both days are included."""

    kind: DocumentKind | None = None
    state: DocumentState | None = None
    first_day: date | None = None
    last_day: date | None = None
    top_up_id: UUID | None = None
    cursor: str | None = None
    limit: int = 25


class DocumentTotal(Response, frozen=True, kw_only=True):
    """The sum of all documents of one kind and currency that the filters leave."""

    kind: DocumentKind
    count: int
    net: Money
    tax: Money
    gross: Money


class DocumentPage(Response, frozen=True, kw_only=True):
    """``totals`` are only on the first page: they are the same for all."""

    documents: list[Document]
    totals: list[DocumentTotal]
    previous: str | None
    next: str | None


class GetDocument(Request, frozen=True, kw_only=True):
    document_id: UUID


class WholeDocument(Response, frozen=True, kw_only=True):
    """``sheet`` is the document as on paper.

    ``corrected_by`` are the documents that credit or replace it.
    ``belongs_to`` are a proforma's invoices, of what was paid of it, or an invoice's
    proforma, which had asked for it.
    """

    document: Document
    content: DocumentContent
    sheet: Sheet
    corrected_by: list[DocumentReference]
    belongs_to: list[DocumentReference]


class GetDocumentFile(Request, frozen=True, kw_only=True):
    document_id: UUID
    format: DocumentFormat


class DocumentFile(Response, frozen=True, kw_only=True):
    """``content`` is base64; ``sha256`` is the hash of the decoded content."""

    file_name: str
    media_type: str
    content: str
    sha256: str


class CreditInvoice(Request, frozen=True, kw_only=True):
    """Refund the invoice's payment: ``net`` of it, or as much as possible.

    At most the wallet's current balance, whichever payment that came from.
    ``reason`` is shown on the credit note. ``again`` as for `RefundTopUp`.
    """

    number: str
    net: Money | None = None
    reason: str
    again: UUID | None = None


class CompleteInvoice(Request, frozen=True, kw_only=True):
    """Correct an invoice that lacks its VAT in the seller's currency.

    A credit note cancels the rest of it, and a complete invoice replaces it. No money
    moves.
    """

    number: str


class RebuildDocument(Request, frozen=True, kw_only=True):
    """``replaces`` also intact files that would differ now."""

    number: str
    replaces: bool = False


class ListWaitingDocuments(Request, frozen=True, kw_only=True):
    """All companies' documents that could not be issued yet."""


class WaitingDocument(Response, frozen=True, kw_only=True):
    """``waits_for`` is the missing exchange rate, such as ``USD/EUR 2026-03-01``.

    It is empty if something else is wrong or an earlier document waits.
    """

    kind: DocumentKind
    company_id: UUID
    company: str
    reference: str
    gross: Money
    ordered_at: datetime
    failures: int
    waits_for: str


class WaitingDocuments(Response, frozen=True, kw_only=True):
    """The oldest first, at most 1000."""

    documents: list[WaitingDocument]


class ExportDocuments(Request, frozen=True, kw_only=True):
    """All companies', in the order of issue; both days are included."""

    first_day: date
    last_day: date
    cursor: str | None = None
    limit: int = 1000


class BookkeepingRow(Response, frozen=True, kw_only=True):
    """What bookkeeping needs of a document; name, country and VAT ID are the buyer's.

    All of it is as on the document, whose amounts are positive on a credit note, too.
    ``paid_on`` is an invoice's alone: a credit note is of another payment's day.
    ``tax_rule`` is a `TaxRule`'s value; ``gateway`` how it was paid, None of a
    proforma; ``corrects`` a number, empty where nothing is corrected; ``seller`` the
    name of who issued it; ``reference`` the top-up's.
    """

    number: str
    kind: DocumentKind
    issued_on: date
    paid_on: date | None
    company_id: UUID
    name: str
    country: str
    vat_id: str
    net: Money
    tax: Money
    gross: Money
    tax_category: TaxCategory
    rate_percent: Decimal
    tax_rule: str
    gateway: GatewayName | None
    corrects: str
    accounting_tax: AccountingTax | None
    seller: str
    reference: str


class BookkeepingPage(Response, frozen=True, kw_only=True):
    """``next`` is None when there are no more."""

    rows: list[BookkeepingRow]
    next: str | None


LIST_DOCUMENTS = Method(
    NAME, "list_documents", ListDocuments, DocumentPage, Permission.READ_BILLING
)
"""InvalidInput ``bad_limit`` with ``max_limit``, ``bad_cursor``, ``bad_day``."""

GET_DOCUMENT = Method(
    NAME, "get_document", GetDocument, WholeDocument, Permission.READ_BILLING
)
"""NotFound ``no_such_document``."""

GET_DOCUMENT_FILE = Method(
    NAME, "get_document_file", GetDocumentFile, DocumentFile, Permission.READ_BILLING
)
"""NotFound ``no_such_document``, ``no_such_file`` (a proforma has no XML); Conflict
``file_not_ready``: it is being made; Unavailable ``file_damaged``: it is not what was
stored."""

CREDIT_INVOICE = Method(
    NAME,
    "credit_invoice",
    CreditInvoice,
    GivenBack,
    Permission.OPERATE,
    Effect.CHANGE,
    recorded=("number", "net"),
)
"""NotFound ``no_such_document``; Conflict ``not_an_invoice`` with ``kind``,
``credited_already`` with ``number``, the last credit note's, which is empty while it is
still to be issued; and what `refund_top_up` refuses but ``not_refundable``."""

COMPLETE_INVOICE = Method(
    NAME,
    "complete_invoice",
    CompleteInvoice,
    Nothing,
    Permission.OPERATE,
    Effect.CHANGE,
    recorded=("number",),
)
"""NotFound ``no_such_document``; Conflict ``not_an_invoice`` with ``kind``,
``nothing_to_complete``, ``no_exchange_rate``, ``credited_already``."""

REBUILD_DOCUMENT = Method(
    NAME,
    "rebuild_document",
    RebuildDocument,
    Nothing,
    Permission.OPERATE,
    Effect.ONCE,
    recorded=("number",),
)
"""NotFound ``no_such_document``; Conflict ``file_differs`` with ``format``."""

EXPORT_DOCUMENTS = Method(
    NAME, "export_documents", ExportDocuments, BookkeepingPage, Permission.OPERATE
)
"""InvalidInput ``bad_limit`` with ``max_limit``, ``bad_cursor``, ``bad_day``."""

LIST_WAITING_DOCUMENTS = Method(
    NAME,
    "list_waiting_documents",
    ListWaitingDocuments,
    WaitingDocuments,
    Permission.OPERATE,
)

DOCUMENT_ISSUED = Event(NAME, "document_issued", Document)

METHODS = (
    LIST_DOCUMENTS,
    GET_DOCUMENT,
    GET_DOCUMENT_FILE,
    CREDIT_INVOICE,
    COMPLETE_INVOICE,
    REBUILD_DOCUMENT,
    EXPORT_DOCUMENTS,
    LIST_WAITING_DOCUMENTS,
)
EVENTS = (DOCUMENT_ISSUED,)
