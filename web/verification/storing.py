"""Take in a person's document: encrypted on its way into the storage.

The bytes are identity's once the upload is finished; it makes images of them and
deletes them. What was begun and not finished, identity deletes as well.
"""

import hashlib
import re
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from shared.contracts.identity.verification import documents
from shared.errors import (
    Conflict,
    ContractError,
    InvalidInput,
    RemoteFault,
    Unavailable,
)
from shared.logs import describe
from shared.sealed_stream import seal
from shared.storage.storage import Storage, StorageUnavailable
from web.page.context import context
from web.page.visit import Visit
from web.verification.upload_stream import Upload, UploadEnded

log = structlog.get_logger()

AT_ONCE = 2
"""Uploads that each process takes at the same time: one holds a thread."""

_sending: set[UUID] = set()
_choosing = threading.Lock()


@contextmanager
def slot(user_id: UUID) -> Iterator[None]:
    """Take one of this process's places for the length of the block.

    A person has one at most: identity refuses the second upload as well, but only once
    its fields have come, and who sends them slowly would keep everybody out.

    Raises:
        Conflict: ``document_upload_running``.
        Unavailable: ``many_uploads``.
    """
    with _choosing:
        if user_id in _sending:
            raise Conflict("document_upload_running")
        if len(_sending) >= AT_ONCE:
            raise Unavailable("many_uploads")
        _sending.add(user_id)
    try:
        yield
    finally:
        with _choosing:
            _sending.remove(user_id)


@dataclass
class _Measured:
    """The file as it passes: never more than the most that it may have."""

    size: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def pass_on(self, upload: Upload) -> Iterator[bytes]:
        for chunk in upload.chunks():
            self.size += len(chunk)
            if self.size > documents.MAX_BYTES:
                raise InvalidInput(
                    "document_too_large", parameters={"max_bytes": documents.MAX_BYTES}
                )
            self.digest.update(chunk)
            yield chunk


def take_in(
    visit: Visit, upload: Upload, what: documents.BeginDocument, form_key: str
) -> documents.Document:
    """Store the file of an upload for a live visit's person.

    Raises:
        UploadEnded: its sender went away, or took too long.
        ContractError: what identity refuses, or Unavailable ``storage_unavailable``.
        Whatever it was, nothing is kept.
    """
    place = visit.start(documents.BEGIN_DOCUMENT, what).result()
    left = place.expires_at - context().clock.now()
    upload.allow(left.total_seconds())
    try:
        file = _store(upload, place)
        # A slow upload takes longer than a principal lasts, or its session.
        visit.require_live_session()
        return _finish(visit, upload, place, file, form_key)
    except (UploadEnded, ContractError, RemoteFault):
        _cancel(visit, place)
        raise


def _store(upload: Upload, place: documents.DocumentUpload) -> _Measured:
    file, storage = _Measured(), _storage()
    name = documents.raw_name(place.document_id)
    bound_to = documents.associated_data(name, place.subject_id)
    key = b64decode(place.data_key)
    try:
        storage.write(name, seal(key, bound_to, file.pass_on(upload)))
    except StorageUnavailable as failure:
        log.warning("storage_unavailable", error=describe(failure))
        raise Unavailable("storage_unavailable") from failure
    return file


def _finish(
    visit: Visit,
    upload: Upload,
    place: documents.DocumentUpload,
    file: _Measured,
    form_key: str,
) -> documents.Document:
    arguments = documents.FinishDocument(
        document_id=place.document_id,
        sha256=file.digest.hexdigest(),
        size=file.size,
        file_name=_name(upload.file_name),
    )
    return visit.start(
        documents.FINISH_DOCUMENT, arguments, idempotency_key=form_key or None
    ).result()


def _name(sent: str) -> str:
    """Return a file's name without its folders, which some programs send as well."""
    return re.split(r"[/\\]", sent)[-1][: documents.MAX_NAME_LENGTH]


def _cancel(visit: Visit, place: documents.DocumentUpload) -> None:
    """Give up the upload, so that its person can begin again at once.

    Where identity does not answer, the upload ends by its time.
    """
    arguments = documents.CancelDocument(document_id=place.document_id)
    try:
        visit.start(documents.CANCEL_DOCUMENT, arguments).result()
    except (ContractError, RemoteFault) as failure:
        log.warning("upload_not_cancelled", error=describe(failure))


def _storage() -> Storage:
    return context().document_storage
