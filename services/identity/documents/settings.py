"""What the room of documents is given."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.identity.documents.envelope import Envelope
from services.identity.documents.virus_scan import Scanner
from shared.storage.storage import Storage

RETENTION = timedelta(days=90)


@dataclass(frozen=True)
class DocumentSettings:
    """Documents are deleted ``retention`` after the decision, or without one.

    Without a ``scanner`` files are not searched for viruses; they are made into images
    either way.
    """

    storage: Storage
    envelope: Envelope
    retention: timedelta = RETENTION
    scanner: Scanner | None = None

    def deleted_on(self, now: datetime) -> date:
        """Return the day on which a document is deleted if ``now`` is its last act."""
        return (now + self.retention).date()
