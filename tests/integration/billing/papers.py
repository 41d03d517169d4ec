"""What a customer is shown of documents, once all that is ordered is issued."""

from shared.contracts.billing import documents as contract
from shared.contracts.billing.documents import (
    DocumentFormat,
    DocumentKind,
    DocumentState,
)
from tests.integration.billing.till import Till


def documents(till: Till, **filters: object) -> contract.DocumentPage:
    till.office.service.issue_documents()
    request = contract.ListDocuments(**filters)  # type: ignore[arg-type]
    return till.office.call(contract.LIST_DOCUMENTS, request, till.owner())


def whole(till: Till, document: contract.Document) -> contract.WholeDocument:
    request = contract.GetDocument(document_id=document.id)
    return till.office.call(contract.GET_DOCUMENT, request, till.owner())


def file_of(
    till: Till, document: contract.Document, wanted: DocumentFormat
) -> contract.DocumentFile:
    request = contract.GetDocumentFile(document_id=document.id, format=wanted)
    return till.office.call(contract.GET_DOCUMENT_FILE, request, till.owner())


def kinds(page: contract.DocumentPage) -> list[tuple[DocumentKind, DocumentState]]:
    return [(each.kind, each.state) for each in page.documents]
