"""Check files that people have sent: from an upload to images that can be reviewed.

A file is claimed, worked on between transactions, and noted. What is interrupted is
claimed again, a few times. If the document has ended meanwhile, as its person was
erased, nothing is noted.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.identity.documents.decisions import refuse
from services.identity.documents.month_keys import KeyDestroyedError
from services.identity.documents.remaking import FileRefusedError, remake
from services.identity.documents.settings import DocumentSettings
from services.identity.documents.virus_scan import ScannerUnavailableError
from services.identity.models.documents import IdentityDocument
from shared.contracts.identity.verification.documents import (
    DocumentState,
    FileRefusal,
    associated_data,
    raw_name,
    remade_name,
)
from shared.db.database import Database
from shared.principal import system
from shared.rpc.call import Call
from shared.rpc.change import Change
from shared.runtime import Runtime
from shared.sealed_stream import KEY_BYTES, DamagedStream, seal, unseal
from shared.storage.storage import NotStored, StorageUnavailable

log = structlog.get_logger()

CLAIM = timedelta(minutes=10)
"""Longer than a check can take."""
_AGAIN_AFTER = timedelta(minutes=1)
_MOST_ATTEMPTS = 3


@dataclass(frozen=True)
class _Upload:
    """``claimed_until`` tells one claim of it from the next."""

    id: UUID
    subject_id: UUID
    claimed_until: datetime | None
    key: bytes
    sha256: str
    size: int


class Checking:
    """The job; its instances in several processes share the work."""

    def __init__(
        self, database: Database, runtime: Runtime, settings: DocumentSettings
    ) -> None:
        self._database = database
        self._runtime = runtime
        self._settings = settings

    def check_all(self, request_id: str) -> None:
        """Check all files that wait."""
        while (upload := self._claim(request_id)) is not None:
            self._check(upload, request_id)

    def _claim(self, request_id: str) -> _Upload | None:
        """Return a file that waits; refuse those that can't be checked."""
        with self._database.system() as db:
            change = self._change(db, request_id)
            while (document := _next(db, change)) is not None:
                document.attempts += 1
                document.has_remade = True
                document.claimed_until = change.call.now + CLAIM
                if document.attempts > _MOST_ATTEMPTS:
                    refuse(change, document, FileRefusal.TOO_COMPLEX)
                elif (key := self._open(document)) is None:
                    refuse(change, document, FileRefusal.UPLOAD_DIFFERS)
                else:
                    return _upload(document, key)
                db.flush()
        return None

    def _open(self, document: IdentityDocument) -> bytes | None:
        try:
            wrapped = document.wrapped_key or b""
            return self._settings.envelope.unwrap(wrapped, document.month)
        except KeyDestroyedError:
            log.error("document_key_missing", document=str(document.id))  # noqa: TRY400
            return None

    def _check(self, upload: _Upload, request_id: str) -> None:
        try:
            key = self._make_images(upload)
        except FileRefusedError as refused:
            self._refuse(upload, refused.refusal, request_id)
        except (NotStored, DamagedStream):
            self._refuse(upload, FileRefusal.UPLOAD_DIFFERS, request_id)
        except (StorageUnavailable, ScannerUnavailableError) as error:
            log.warning("document_check_waits", error=str(error))
            self._wait(upload)
        else:
            self._accept(upload, key)

    def _make_images(self, upload: _Upload) -> bytes:
        """Store the images of a file under a new key, which is returned."""
        scanner, storage = self._settings.scanner, self._settings.storage
        if scanner is not None and scanner.finds_virus(self._content(upload)):
            raise FileRefusedError(FileRefusal.VIRUS)
        key, name = self._runtime.random.randbytes(KEY_BYTES), remade_name(upload.id)
        context = associated_data(name, upload.subject_id)

        def keep(chunks: Iterator[bytes]) -> None:
            storage.write(name, seal(key, context, chunks))

        remake(self._content(upload), keep)
        return key

    def _content(self, upload: _Upload) -> Iterator[bytes]:
        """Yield what was sent; at its end it has proved to be what web saw."""
        name, seen, size = raw_name(upload.id), hashlib.sha256(), 0
        context = associated_data(name, upload.subject_id)
        sealed = self._settings.storage.read(name)
        for chunk in unseal(upload.key, context, sealed):
            seen.update(chunk)
            size += len(chunk)
            if size > upload.size:
                break
            yield chunk
        if (seen.hexdigest(), size) != (upload.sha256, upload.size):
            raise DamagedStream("not what web saw")

    def _accept(self, upload: _Upload, key: bytes) -> None:
        with self._database.system() as db:
            document = _claimed(db, upload)
            if document is None:
                return
            sealed = self._settings.envelope.wrap(key, document.month)
            document.wrapped_key, document.key_id = sealed.data, sealed.key_id
            document.state = DocumentState.IN_REVIEW

    def _refuse(self, upload: _Upload, refusal: FileRefusal, request_id: str) -> None:
        with self._database.system() as db:
            if (document := _claimed(db, upload)) is not None:
                refuse(self._change(db, request_id), document, refusal)

    def _wait(self, upload: _Upload) -> None:
        """Try again later, as often as it takes: it is not because of the file."""
        with self._database.system() as db:
            if (document := _claimed(db, upload)) is not None:
                document.claimed_until = self._runtime.clock.now() + _AGAIN_AFTER
                document.attempts -= 1

    def _change(self, db: Session, request_id: str) -> Change:
        call = Call(system("documents"), request_id, self._runtime.clock.now())
        return Change(db, self._runtime, call)


def _next(db: Session, change: Change) -> IdentityDocument | None:
    is_free = IdentityDocument.claimed_until.is_(None)
    return db.scalar(
        select(IdentityDocument)
        .where(
            IdentityDocument.state == DocumentState.CHECKING,
            is_free | (IdentityDocument.claimed_until <= change.call.now),
        )
        .order_by(IdentityDocument.sent_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def _upload(document: IdentityDocument, key: bytes) -> _Upload:
    return _Upload(
        id=document.id,
        subject_id=document.subject_id,
        claimed_until=document.claimed_until,
        key=key,
        sha256=document.sha256,
        size=document.size,
    )


def _claimed(db: Session, upload: _Upload) -> IdentityDocument | None:
    """Lock a document; return None if it has ended, or another process has it now."""
    document = db.get_one(IdentityDocument, upload.id, with_for_update=True)
    is_checked = document.state is DocumentState.CHECKING
    if is_checked and document.claimed_until == upload.claimed_until:
        return document
    # Images may have been stored after those of the document were deleted.
    document.has_remade = True
    log.warning("document_claim_lost", document=str(upload.id))
    return None
