"""What the step of a document shows, and how often its page asks again."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.contracts.identity.people import (
    Account,
    VerificationState,
    VerificationStep,
)
from shared.contracts.identity.verification.documents import (
    GET_DOCUMENTS,
    TYPES_OF,
    Document,
    Documents,
    DocumentState,
    GetDocuments,
)
from shared.permissions import Permission
from web.page.page import Page

_NAME = "documents"
_COMPANYS = VerificationStep.COMPANY_DOCUMENT


class Status(StrEnum):
    """What is said of a step's last document."""

    NONE = ""
    UPLOADING = "uploading"
    """It is being sent, or that was interrupted."""
    CHECKING = "checking"
    IN_REVIEW = "in_review"
    REFUSED = "refused"
    """The file can't be used."""
    REJECTED = "rejected"
    APPROVED = "approved"
    EXPIRED = "expired"


_STATUS = {
    DocumentState.UPLOADING: Status.UPLOADING,
    DocumentState.CHECKING: Status.CHECKING,
    DocumentState.IN_REVIEW: Status.IN_REVIEW,
    DocumentState.REFUSED: Status.REFUSED,
    DocumentState.REJECTED: Status.REJECTED,
    DocumentState.APPROVED: Status.APPROVED,
    DocumentState.EXPIRED: Status.EXPIRED,
}
_POLLS = {
    Status.UPLOADING: "20s",
    Status.CHECKING: "2s",
    Status.IN_REVIEW: "20s",
}


@dataclass(frozen=True)
class DocumentView:
    """A step with its last document, if there is one.

    ``takes_one`` is whether a document can be sent now; by others than the reader if
    it ``is_for_others``. ``polls`` is how often the page asks whether ``status`` has
    changed, or empty.
    """

    step: str
    status: str
    document: Document | None
    takes_one: bool
    is_for_others: bool
    polls: str


def ask_for_documents(page: Page, *, optional: bool = True) -> None:
    """Ask for the reader's documents; ``optional`` where the page is about more."""
    page.ask(_NAME, GET_DOCUMENTS, GetDocuments(), optional=optional)


def documents_of(page: Page, account: Account) -> Mapping[str, DocumentView]:
    """Wait for the documents: what each step that takes one shows, by its name.

    Empty if they can't be loaded.
    """
    known: Documents | None = page.answer(_NAME)
    if known is None:
        return {}
    verified = {
        it.step
        for it in account.verifications
        if it.state is VerificationState.VERIFIED
    }
    may_manage = page.may(Permission.MANAGE_COMPANY)
    return {
        step.value: DocumentView(
            step=step.value,
            status=(status := status_of(step, known)).value,
            document=_last(step, known) if status else None,
            takes_one=step not in verified and status not in _POLLS,
            is_for_others=step is _COMPANYS and not may_manage,
            polls=_POLLS.get(status, ""),
        )
        for step in TYPES_OF
    }


def status_of(step: VerificationStep, known: Documents) -> Status:
    """Return what is said of a step's last document."""
    last = _last(step, known)
    return _STATUS.get(last.state, Status.NONE) if last else Status.NONE


def _last(step: VerificationStep, known: Documents) -> Document | None:
    return next((it for it in known.documents if it.step is step), None)
