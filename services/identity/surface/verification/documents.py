"""Documents that people send to show who they are, and what operators decide."""

from sqlalchemy.orm import Session

from services.identity.documents import decisions, reviewing, uploads, views
from services.identity.surface.room_methods import RoomMethods
from shared.contract import Nothing
from shared.contracts.identity.verification import documents
from shared.rpc.activity import record_activity
from shared.rpc.call import Call
from shared.rpc.service import handles, in_transaction


class DocumentMethods(RoomMethods, is_part=True):
    """A person's step concerns all of their companies, so it is taken for the system.

    It is always the principal's own, or that of the company they act for.
    """

    @handles(documents.BEGIN_DOCUMENT)
    def begin_document(
        self, call: Call, request: documents.BeginDocument
    ) -> documents.DocumentUpload:
        with self.database.system() as db:
            change, settings = self.change(db, call), self._settings.documents
            return uploads.begin(change, settings, self._limits, request)

    @handles(documents.FINISH_DOCUMENT)
    def finish_document(
        self, call: Call, request: documents.FinishDocument
    ) -> documents.Document:
        with self.database.system() as db:
            change = self.change(db, call)
            document = uploads.finish(change, request)
            record_activity(change, document)
        self._documents_waiting.set()
        return document

    @handles(documents.CANCEL_DOCUMENT)
    def cancel_document(self, call: Call, request: documents.CancelDocument) -> Nothing:
        with self.database.system() as db:
            uploads.cancel(self.change(db, call), request.document_id)
        return Nothing()

    @handles(documents.GET_DOCUMENTS)
    def get_documents(
        self, call: Call, _request: documents.GetDocuments
    ) -> documents.Documents:
        with self.database.system() as db:
            return views.own_documents(db, call.principal)

    @in_transaction(documents.LIST_DOCUMENTS_IN_REVIEW)
    def list_documents_in_review(
        self, db: Session, _call: Call, request: documents.ListDocumentsInReview
    ) -> documents.DocumentsInReview:
        return reviewing.list_in_review(db, request)

    @handles(documents.VIEW_DOCUMENT)
    def view_document(
        self, call: Call, request: documents.ViewDocument
    ) -> documents.DocumentView:
        with self.database.system() as db:
            opened = reviewing.open_document(
                db, self._settings.documents, request.document_id
            )
            record_activity(self.change(db, call), opened)
            return opened

    @in_transaction(documents.APPROVE_DOCUMENT)
    def approve_document(
        self, db: Session, call: Call, request: documents.ApproveDocument
    ) -> documents.Document:
        change, settings = self.change(db, call), self._settings.documents
        return decisions.approve(change, settings, request)

    @in_transaction(documents.REJECT_DOCUMENT)
    def reject_document(
        self, db: Session, call: Call, request: documents.RejectDocument
    ) -> documents.Document:
        change, settings = self.change(db, call), self._settings.documents
        return decisions.reject(change, settings, request)
