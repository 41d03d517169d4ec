"""Delete documents whose time is over, and renew the keys of the others."""

from collections.abc import Sequence
from uuid import UUID

import structlog
from sqlalchemy import LargeBinary, Uuid, column, or_, select, update, values
from sqlalchemy.orm import Session

from services.identity.documents.decisions import expire
from services.identity.documents.month_keys import month_of
from services.identity.documents.settings import DocumentSettings
from services.identity.documents.uploads import LIFETIME, give_up
from services.identity.models.documents import IdentityDocument
from shared.contracts.identity.verification.documents import (
    DocumentState,
    raw_name,
    remade_name,
)
from shared.db.database import Database
from shared.principal import system
from shared.rpc.call import Call
from shared.rpc.change import Change
from shared.runtime import Runtime

log = structlog.get_logger()

_AT_ONCE = 500
_NEEDS_RAW = (DocumentState.UPLOADING, DocumentState.CHECKING)


class Retention:
    """The jobs; safe in several processes at once."""

    def __init__(
        self, database: Database, runtime: Runtime, settings: DocumentSettings
    ) -> None:
        self._database = database
        self._runtime = runtime
        self._settings = settings

    def delete_old(self, request_id: str) -> None:
        """Destroy the keys of what is over, then delete what they were for."""
        self._end_uploads()
        while self._expire_some(request_id):
            pass
        today = self._runtime.clock.now().date()
        if destroyed := self._settings.envelope.months.destroy_before(month_of(today)):
            log.info("month_keys_destroyed", months=destroyed)
        self.clear_storage()

    def clear_storage(self) -> None:
        """Delete uploads that are images now, and whatever has no key any more."""
        for document_id, has_raw, has_remade in self._read_unneeded():
            if has_raw:
                self._settings.storage.delete(raw_name(document_id))
            if has_remade:
                self._settings.storage.delete(remade_name(document_id))
            self._note_cleared(document_id, has_raw=has_raw, has_remade=has_remade)

    def renew_keys(self, _request_id: str) -> None:
        """Wrap the keys of documents that are under an older key by the newest."""
        while self._renew_some():
            pass

    def _end_uploads(self) -> None:
        now = self._runtime.clock.now()
        with self._database.system() as db:
            over = (
                select(IdentityDocument)
                .where(
                    IdentityDocument.state == DocumentState.UPLOADING,
                    IdentityDocument.expires_at <= now,
                )
                .limit(_AT_ONCE)
                .with_for_update(skip_locked=True)
            )
            for document in db.scalars(over):
                give_up(document)

    def _expire_some(self, request_id: str) -> int:
        now = self._runtime.clock.now()
        with self._database.system() as db:
            change = Change(
                db, self._runtime, Call(system("documents"), request_id, now)
            )
            over = db.scalars(
                select(IdentityDocument)
                .where(
                    IdentityDocument.wrapped_key.is_not(None),
                    IdentityDocument.deleted_on <= now.date(),
                )
                .limit(_AT_ONCE)
                .with_for_update(skip_locked=True)
            ).all()
            for document in over:
                expire(change, document)
            return len(over)

    def _read_unneeded(self) -> Sequence[tuple[UUID, bool, bool]]:
        """Return which documents the storage has too much of: uploads, or images."""
        raw = IdentityDocument.has_raw & IdentityDocument.state.not_in(_NEEDS_RAW)
        remade = IdentityDocument.has_remade & IdentityDocument.wrapped_key.is_(None)
        with self._database.system() as db:
            rows = db.execute(
                select(IdentityDocument.id, raw, remade)
                .where(or_(raw, remade))
                .limit(_AT_ONCE)
            )
            return [(row[0], row[1], row[2]) for row in rows]

    def _note_cleared(
        self, document_id: UUID, *, has_raw: bool, has_remade: bool
    ) -> None:
        with self._database.system() as db:
            document = db.get_one(IdentityDocument, document_id, with_for_update=True)
            if has_raw and not self._may_be_written(document):
                document.has_raw = False
            if has_remade:
                document.has_remade = False

    def _may_be_written(self, document: IdentityDocument) -> bool:
        """Return whether web may yet finish writing an upload that was given up."""
        is_cancelled = document.state is DocumentState.CANCELLED
        return (
            is_cancelled and self._runtime.clock.now() < document.expires_at + LIFETIME
        )

    def _renew_some(self) -> int:
        envelope = self._settings.envelope
        newest = envelope.keys.newest_id
        with self._database.system() as db:
            older = db.execute(
                select(IdentityDocument.id, IdentityDocument.wrapped_key)
                .where(
                    IdentityDocument.wrapped_key.is_not(None),
                    IdentityDocument.key_id != newest,
                )
                .limit(_AT_ONCE)
                .with_for_update(skip_locked=True)
            ).all()
            if older:
                _write_keys(
                    db,
                    [(row[0], envelope.renew(row[1] or b"").data) for row in older],
                    newest,
                )
            return len(older)


def _write_keys(db: Session, wrapped: list[tuple[UUID, bytes]], key_id: str) -> None:
    given = values(
        column("id", Uuid), column("wrapped_key", LargeBinary), name="given"
    ).data(wrapped)
    db.execute(
        update(IdentityDocument)
        .where(IdentityDocument.id == given.c.id)
        .values(wrapped_key=given.c.wrapped_key, key_id=key_id)
        .execution_options(synchronize_session=False)
    )
