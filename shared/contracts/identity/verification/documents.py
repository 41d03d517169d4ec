"""Documents that show who somebody is, and that a company exists.

Its bytes never cross the broker. `BEGIN_DOCUMENT` gives a fresh key, under which web
encrypts the upload into the storage; `FINISH_DOCUMENT` hands it over. A job of
identity's checks the file, makes images of it under a key that web never had, and
deletes what came. Then an operator decides.
"""

from datetime import date, datetime
from enum import Enum
from uuid import UUID

from shared.contract import Effect, Method, Nothing, Request, Response
from shared.contracts.identity.name import NAME
from shared.contracts.identity.people import VerificationStep
from shared.permissions import Permission

MAX_BYTES = 10 * 1024 * 1024
"""The size of a file that somebody sends."""

MAX_PAGES = 10
MAX_PIXELS = 50_000_000
"""Of an image."""
MAX_NAME_LENGTH = 120


class DocumentType(Enum):
    PASSPORT = "passport"
    IDENTITY_CARD = "identity_card"
    DRIVING_LICENCE = "driving_licence"
    REGISTER_EXTRACT = "register_extract"
    """From a company register."""
    TRADE_LICENCE = "trade_licence"


TYPES_OF = {
    VerificationStep.IDENTITY_DOCUMENT: (
        DocumentType.PASSPORT,
        DocumentType.IDENTITY_CARD,
        DocumentType.DRIVING_LICENCE,
    ),
    VerificationStep.COMPANY_DOCUMENT: (
        DocumentType.REGISTER_EXTRACT,
        DocumentType.TRADE_LICENCE,
    ),
}
"""The types of documents that each step takes."""


class DocumentState(Enum):
    UPLOADING = "uploading"
    CHECKING = "checking"
    """The file is complete, and the job has yet to look at it."""
    REFUSED = "refused"
    """The file can't be used; ``reason`` is a `FileRefusal`."""
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    REJECTED = "rejected"
    """By an operator; ``reason`` is a `RejectionReason`."""
    CANCELLED = "cancelled"
    """The upload was not finished."""
    EXPIRED = "expired"
    """Nobody decided in time."""


class FileRefusal(Enum):
    """Why a file can't be used; `shared.language.document_reasons` says it."""

    WRONG_TYPE = "wrong_type"
    """Its first bytes are not those of a JPEG, PNG, WebP or PDF."""
    TOO_LARGE = "too_large"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY_PAGES = "too_many_pages"
    ENCRYPTED = "encrypted"
    """A PDF with a password."""
    DAMAGED = "damaged"
    TOO_COMPLEX = "too_complex"
    """Showing it takes more memory or time than we give it."""
    VIRUS = "virus"
    UPLOAD_DIFFERS = "upload_differs"
    """It is not in the storage as it was sent."""


NOT_REVIEWED = "not_reviewed"
"""The reason of a document that has expired."""


class RejectionReason(Enum):
    """Why an operator rejected a document, also there."""

    UNREADABLE = "unreadable"
    INCOMPLETE = "incomplete"
    """A page or a side is missing, or cut off."""
    OUT_OF_DATE = "out_of_date"
    """It has expired or, for an extract, is older than 3 months."""
    WRONG_DOCUMENT = "wrong_document"
    NAME_DIFFERS = "name_differs"
    ADDRESS_DIFFERS = "address_differs"
    NOT_GENUINE = "not_genuine"
    OTHER = "other"
    """The operator's note says it."""


def raw_name(document_id: UUID) -> str:
    """Return the name under which web stores what somebody sends."""
    return f"raw/{document_id}"


def remade_name(document_id: UUID) -> str:
    """Return the name under which identity stores the images."""
    return f"remade/{document_id}"


def associated_data(name: str, subject_id: UUID) -> bytes:
    """Return what the encryption of a stored object binds it to: its name and whose.

    ``subject_id`` is the user's or, for a company document, the company's.
    """
    return f"{name} of {subject_id}".encode()


class BeginDocument(Request, frozen=True, kw_only=True):
    """``document_type`` must be one of the step's `TYPES_OF`."""

    step: VerificationStep
    document_type: DocumentType


class DocumentUpload(Response, frozen=True, kw_only=True):
    """An upload that may begin, under `raw_name` and with its `associated_data`.

    ``data_key`` has 32 bytes, as base64. ``expires_at`` is when it has to be finished.
    """

    document_id: UUID
    subject_id: UUID
    data_key: str
    expires_at: datetime


class FinishDocument(Request, frozen=True, kw_only=True):
    """``sha256`` (hexadecimal) and ``size`` in bytes are of the file as it was sent.

    ``file_name`` is the name on the person's device. It is shown to them and to
    operators, and names no file of ours.
    """

    document_id: UUID
    sha256: str
    size: int
    file_name: str = ""


class CancelDocument(Request, frozen=True, kw_only=True):
    document_id: UUID


class Document(Response, frozen=True, kw_only=True):
    """``user_id`` is who sent it, ``company_id`` the company that it is of, if it is.

    ``reason`` is a `FileRefusal` or `RejectionReason`, or empty. ``note`` is what an
    operator wrote to the person, or empty. ``sent_at`` is when the upload was complete;
    ``deleted_on`` when the document is deleted at the latest.
    """

    id: UUID
    user_id: UUID
    company_id: UUID | None
    step: VerificationStep
    document_type: DocumentType
    state: DocumentState
    reason: str
    note: str
    file_name: str
    begun_at: datetime
    sent_at: datetime | None
    decided_at: datetime | None
    deleted_on: date | None


class GetDocuments(Request, frozen=True, kw_only=True):
    pass


class Documents(Response, frozen=True, kw_only=True):
    """The last document of each step; cancelled uploads don't count.

    The company's is shown to those who may change the company.
    """

    documents: list[Document]


class ListDocumentsInReview(Request, frozen=True, kw_only=True):
    """Those that wait for a decision, the longest first."""

    cursor: str | None = None
    limit: int = 100


class ReviewedDocument(Response, frozen=True, kw_only=True):
    """A document and what it has to agree with.

    ``name`` is the user's, ``company_name`` and ``address`` (its lines) the company's,
    for a company document; else they are empty.
    """

    document: Document
    email: str
    name: str
    company_name: str
    address: list[str]
    country: str


class DocumentsInReview(Response, frozen=True, kw_only=True):
    documents: list[ReviewedDocument]
    next: str | None


class ViewDocument(Request, frozen=True, kw_only=True):
    document_id: UUID


class DocumentView(Response, frozen=True, kw_only=True):
    """How to open a document's images, which are stored under `remade_name`.

    The content is a MessagePack list with one JPEG a page. ``data_key`` has 32 bytes,
    as base64.
    """

    document_id: UUID
    user_id: UUID
    company_id: UUID | None
    step: VerificationStep
    document_type: DocumentType
    data_key: str


class ApproveDocument(Request, frozen=True, kw_only=True):
    """``valid_until`` is the last day of the document itself, if it has one.

    The step expires with it.
    """

    document_id: UUID
    valid_until: date | None = None


class RejectDocument(Request, frozen=True, kw_only=True):
    """``note`` goes to the person; `RejectionReason.OTHER` needs one."""

    document_id: UUID
    reason: RejectionReason
    note: str = ""


BEGIN_DOCUMENT = Method(
    NAME,
    "begin_document",
    BeginDocument,
    DocumentUpload,
    Permission.READ_ACCOUNT,
    Effect.ONCE,
    carries_secret=True,
)
"""One upload at a time per user.

InvalidInput ``wrong_document_type``; Forbidden ``permission_missing`` (a company
document needs `Permission.MANAGE_COMPANY`); NotFound ``no_such_user``; Conflict
``document_upload_running`` with ``retry_after_s``, ``document_in_review``,
``already_verified``; Throttled ``too_many_documents`` with ``retry_after_s``."""

FINISH_DOCUMENT = Method(
    NAME,
    "finish_document",
    FinishDocument,
    Document,
    Permission.READ_ACCOUNT,
    Effect.ONCE,
    recorded=("step",),
)
"""Safe to repeat with the same hash.

NotFound ``no_such_upload``; Conflict ``document_upload_ended``,
``document_in_review``, ``already_verified``; InvalidInput ``bad_document_hash``,
``document_empty``, ``document_too_large`` with ``max_bytes``."""

CANCEL_DOCUMENT = Method(
    NAME,
    "cancel_document",
    CancelDocument,
    Nothing,
    Permission.READ_ACCOUNT,
    Effect.ONCE,
)
"""End an upload that failed, so that another one can begin.

NotFound ``no_such_upload``; Conflict ``document_upload_ended``."""

GET_DOCUMENTS = Method(
    NAME, "get_documents", GetDocuments, Documents, Permission.READ_ACCOUNT
)

LIST_DOCUMENTS_IN_REVIEW = Method(
    NAME,
    "list_documents_in_review",
    ListDocumentsInReview,
    DocumentsInReview,
    Permission.OPERATE,
)
"""InvalidInput ``bad_cursor``, ``bad_limit``."""

VIEW_DOCUMENT = Method(
    NAME,
    "view_document",
    ViewDocument,
    DocumentView,
    Permission.OPERATE,
    Effect.ONCE,
    carries_secret=True,
    recorded=("step",),
)
"""NotFound ``no_such_upload``; Conflict ``document_not_ready`` with ``state``,
``document_deleted``."""

APPROVE_DOCUMENT = Method(
    NAME,
    "approve_document",
    ApproveDocument,
    Document,
    Permission.OPERATE,
    Effect.CHANGE,
    recorded=("step",),
)
"""NotFound ``no_such_upload``; Conflict ``document_not_in_review`` with ``state``;
InvalidInput ``bad_day`` with ``value``."""

REJECT_DOCUMENT = Method(
    NAME,
    "reject_document",
    RejectDocument,
    Document,
    Permission.OPERATE,
    Effect.CHANGE,
    recorded=("step",),
)
"""As `APPROVE_DOCUMENT`; InvalidInput ``reason_missing``, ``bad_reason``."""

METHODS = (
    BEGIN_DOCUMENT,
    FINISH_DOCUMENT,
    CANCEL_DOCUMENT,
    GET_DOCUMENTS,
    LIST_DOCUMENTS_IN_REVIEW,
    VIEW_DOCUMENT,
    APPROVE_DOCUMENT,
    REJECT_DOCUMENT,
)
