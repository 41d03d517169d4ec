"""What the step of a document shows, and how long its page asks again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from shared.contracts.identity.people import VerificationStep
from shared.contracts.identity.verification.documents import (
    TYPES_OF,
    Document,
    DocumentState,
)


class Status(StrEnum):
    """What is said of a document; a step without one has none of these."""

    CHECKING = "checking"
    IN_REVIEW = "in_review"
    REFUSED = "refused"
    """The file can't be used."""
    REJECTED = "rejected"
    APPROVED = "approved"
    EXPIRED = "expired"


_STATUS = {
    DocumentState.UPLOADING: Status.CHECKING,
    DocumentState.CHECKING: Status.CHECKING,
    DocumentState.IN_REVIEW: Status.IN_REVIEW,
    DocumentState.REFUSED: Status.REFUSED,
    DocumentState.REJECTED: Status.REJECTED,
    DocumentState.APPROVED: Status.APPROVED,
    DocumentState.EXPIRED: Status.EXPIRED,
}
_POLLS = {Status.CHECKING: "2s", Status.IN_REVIEW: "20s"}


@dataclass(frozen=True)
class DocumentView:
    """A step's last document, if there is one.

    ``polls`` is how often its page asks whether ``status`` has changed, or empty.
    """

    step: str
    status: str
    document: Document | None
    polls: str = ""

    @property
    def takes_one(self) -> bool:
        """Whether a document can be sent now, as far as the last one says.

        After one that was accepted, a step may be open again: what it shows may have
        changed since.
        """
        return self.status not in _POLLS

    @classmethod
    def of(cls, step: VerificationStep, documents: Iterable[Document]) -> Self:
        last = next((it for it in documents if it.step is step), None)
        status = _STATUS.get(last.state) if last else None
        if last is None or status is None:
            return cls(step.value, "", None)
        return cls(step.value, status.value, last, _POLLS.get(status, ""))


def documents_by_step(documents: Iterable[Document]) -> Mapping[str, DocumentView]:
    """Return what each step that takes documents shows, by its name."""
    known = list(documents)
    return {step.value: DocumentView.of(step, known) for step in TYPES_OF}
