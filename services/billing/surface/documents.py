"""Documents, their files, and their export."""

from sqlalchemy.orm import Session

from services.billing.documents import completing, export, files, listing, waiting
from services.billing.refunds import invoice_credits
from services.billing.surface.billing_methods import BillingMethods
from shared.contract import Nothing
from shared.contracts import billing
from shared.rpc.call import Call
from shared.rpc.service import handles, in_transaction


class DocumentMethods(BillingMethods, is_part=True):
    @in_transaction(billing.documents.LIST_DOCUMENTS)
    def list_documents(
        self, db: Session, _call: Call, request: billing.documents.ListDocuments
    ) -> billing.documents.DocumentPage:
        return listing.list_documents(db, request)

    @in_transaction(billing.documents.GET_DOCUMENT)
    def get_document(
        self, db: Session, _call: Call, request: billing.documents.GetDocument
    ) -> billing.documents.WholeDocument:
        return listing.get(db, request.document_id)

    @in_transaction(billing.documents.GET_DOCUMENT_FILE)
    def get_document_file(
        self, db: Session, _call: Call, request: billing.documents.GetDocumentFile
    ) -> billing.documents.DocumentFile:
        return files.get_file(db, request.document_id, request.format)

    @in_transaction(billing.documents.CREDIT_INVOICE)
    def credit_invoice(
        self, db: Session, call: Call, request: billing.documents.CreditInvoice
    ) -> billing.top_ups.GivenBack:
        return invoice_credits.credit(self.change(db, call), request)

    @in_transaction(billing.documents.COMPLETE_INVOICE)
    def complete_invoice(
        self, db: Session, call: Call, request: billing.documents.CompleteInvoice
    ) -> Nothing:
        completing.complete(self.change(db, call), self._sellers, request)
        return Nothing()

    @handles(billing.documents.REBUILD_DOCUMENT)
    def rebuild_document(
        self, call: Call, request: billing.documents.RebuildDocument
    ) -> Nothing:
        files.rebuild(self.database, self.runtime, request, call.request_id)
        self.record(call)
        return Nothing()

    @in_transaction(billing.documents.EXPORT_DOCUMENTS)
    def export_documents(
        self, db: Session, _call: Call, request: billing.documents.ExportDocuments
    ) -> billing.documents.BookkeepingPage:
        return export.export(db, request)

    @in_transaction(billing.documents.LIST_WAITING_DOCUMENTS)
    def list_waiting_documents(
        self, db: Session, _call: Call, _request: billing.documents.ListWaitingDocuments
    ) -> billing.documents.WaitingDocuments:
        return waiting.list_waiting(db)
