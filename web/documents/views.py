"""A company's documents: their list, the page of each, its files, and many in a ZIP.

Acts for the company in the address, as its profile does.
"""

from base64 import b64decode
from dataclasses import replace
from io import BytesIO

from flask import Blueprint, make_response, send_file
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from shared.contracts import billing
from shared.contracts.billing.documents import DocumentFormat
from shared.errors import Conflict, ContractError, NotFound
from shared.permissions import Permission
from web.documents import archive
from web.documents.document_view import DocumentView
from web.documents.forms import DocumentFilters
from web.documents.list_view import DocumentListView
from web.documents.queries import DocumentQuery, fetch_pdf, list_all
from web.language.refusals import LazySentence, sentence
from web.page import downloads
from web.page.context import context
from web.page.errors import error_page
from web.page.page import begin_page
from web.page.session.signed_in import signed_in
from web.page.values import read_uuid
from web.page.visit import visit_company

bp = Blueprint("documents", __name__, url_prefix="/companies/<company_id>")

_FORMATS = {
    "pdf": DocumentFormat.PDF,
    "xml": DocumentFormat.XML,
    "ubl.xml": DocumentFormat.UBL,
}
FILE_ADDRESS = (
    '/invoices/<string(length=36):document_id>.<any("pdf", "xml", "ubl.xml"):ending>'
)
"""As long as an id is, so that it ends where the file's ending begins."""

_RETRY_AFTER_S = 30


@bp.get("/invoices")
@signed_in
def list_documents(company_id: str) -> ResponseReturnValue:
    company = read_uuid(company_id)
    filters = DocumentFilters()
    query = DocumentQuery.read(filters)
    page = begin_page(acts_for=company, at="invoices")
    page.ask(
        "listing",
        billing.documents.LIST_DOCUMENTS,
        query.request(),
        optional=True,
        filters=filters,
    )
    listing = page.answer("listing")
    view = DocumentListView.of(
        company,
        query,
        listing.documents if listing else (),
        may_pay=page.may(Permission.ADD_FUNDS),
    )
    return page.show(
        "documents/page.html",
        company_id=company,
        filters=filters,
        query=query,
        view=view,
    )


@bp.get("/invoices/<document_id>")
@signed_in
def show_document(company_id: str, document_id: str) -> ResponseReturnValue:
    """All that the document says; on paper, the document alone."""
    company = read_uuid(company_id)
    wanted = billing.documents.GetDocument(document_id=read_uuid(document_id))
    page = begin_page(acts_for=company, at="invoices")
    page.ask("whole", billing.documents.GET_DOCUMENT, wanted)
    whole = page.answer("whole")
    may_pay = page.may(Permission.ADD_FUNDS)
    view = DocumentView.of(company, whole, may_pay=may_pay) if whole else None
    return page.show("documents/document.html", company_id=company, view=view)


@bp.get(FILE_ADDRESS)
@signed_in
def download(company_id: str, document_id: str, ending: str) -> ResponseReturnValue:
    wanted = billing.documents.GetDocumentFile(
        document_id=read_uuid(document_id), format=_FORMATS[ending]
    )
    visit = visit_company(read_uuid(company_id))
    try:
        file = downloads.first_answer(
            visit, billing.documents.GET_DOCUMENT_FILE, wanted
        )
    except Conflict as refusal:
        return _not_ready(refusal)
    return send_file(
        BytesIO(b64decode(file.content)),
        mimetype=file.media_type,
        as_attachment=wanted.format is not DocumentFormat.PDF,
        download_name=file.file_name,
        etag=file.sha256,
    )


@bp.get("/invoices.zip")
@signed_in
def download_all(company_id: str) -> ResponseReturnValue:
    """The PDF files of all documents that the list's filters leave, as a ZIP."""
    filters = DocumentFilters()
    filters.check()
    query = DocumentQuery.read(filters)
    company = read_uuid(company_id)
    visit = visit_company(company)
    asked = replace(query, cursor="").request(downloads.PAGE_SIZE)
    first = downloads.first_answer(visit, billing.documents.LIST_DOCUMENTS, asked)
    if not first.documents:
        raise NotFound("no_documents")
    name = downloads.name_with_days("invoices", query.first_day, query.last_day, ".zip")
    pieces = archive.write_zip(
        list_all(visit, asked, first),
        lambda document: fetch_pdf(visit, document),
        sentence,
        context().clock.now(),
    )
    return downloads.stream(company, pieces, archive.MEDIA_TYPE, name)


def _not_ready(refusal: ContractError) -> ResponseReturnValue:
    """Answer that the page will be there soon, with a link to try again."""
    page = error_page(503, LazySentence(refusal), lazy_gettext("Being created"))
    response = make_response(page)
    response.headers["Retry-After"] = str(_RETRY_AFTER_S)
    return response
