"""Files of documents: what they say, when they are made, and that they stay."""

import base64
import dataclasses
import hashlib
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from io import BytesIO
from typing import TypeVar

import pytest
from pypdf import PdfReader
from sqlalchemy import select, update

from services.billing.documents.files import make_due
from services.billing.documents.issuing import issue_ordered
from services.billing.models.documents import DocumentFile, DocumentRendering
from shared.contracts import billing
from shared.contracts.billing.documents import DocumentFormat
from shared.contracts.billing.payments import GatewayName
from shared.db.database import Database
from shared.errors import Conflict, NotFound, Unavailable
from tests.fixtures.billing.issued_documents import documents, file_of
from tests.fixtures.billing.payer import Payer, a_payer
from tests.fixtures.sandbox import Sandbox

ResultT = TypeVar("ResultT")


def rebuild(
    payer: Payer, document: billing.documents.Document, *, replaces: bool = False
) -> None:
    request = billing.documents.RebuildDocument(
        number=document.number, replaces=replaces
    )
    payer.harness.call(
        billing.documents.REBUILD_DOCUMENT, request, payer.harness.operator()
    )


def test_the_pdf_says_the_figures_and_holds_the_xml(payer: Payer) -> None:
    payer.pay("100.00")
    (invoice,) = documents(payer).documents
    assert invoice.is_ready

    pdf = file_of(payer, invoice, DocumentFormat.PDF)
    xml = file_of(payer, invoice, DocumentFormat.XML)

    bytes_ = base64.b64decode(pdf.content)
    assert hashlib.sha256(bytes_).hexdigest() == pdf.sha256
    assert pdf.file_name == f"{invoice.number}.pdf"
    reader = PdfReader(BytesIO(bytes_))
    said = "".join(page.extract_text() for page in reader.pages)
    for figure in ("100,00", "19,00", "119,00", invoice.number):
        assert figure in said
    (attached,) = reader.attachments["factur-x.xml"]
    assert attached == base64.b64decode(xml.content)


def test_a_proforma_has_no_xml(payer: Payer) -> None:
    quote = payer.quote("50.00")
    request = billing.top_ups.BeginTopUp(
        net=quote.net, digest=quote.digest, gateway=GatewayName.BANK_TRANSFER
    )
    payer.harness.call(billing.top_ups.BEGIN_TOP_UP, request, payer.owner())
    (proforma,) = documents(payer).documents

    assert file_of(payer, proforma, DocumentFormat.PDF).content
    with pytest.raises(NotFound, match="no_such_file"):
        file_of(payer, proforma, DocumentFormat.XML)


def test_a_file_that_is_not_made_yet_is_refused_as_not_ready(payer: Payer) -> None:
    payer.pay("100.00")
    harness = payer.harness
    issue_ordered(
        harness.database, harness.service.runtime, harness.service._issuer, ""
    )
    request = billing.documents.ListDocuments()
    page = harness.call(billing.documents.LIST_DOCUMENTS, request, payer.owner())

    assert not page.documents[0].is_ready
    with pytest.raises(Conflict, match="file_not_ready"):
        file_of(payer, page.documents[0], DocumentFormat.PDF)


def test_a_file_that_is_not_what_was_stored_is_not_given_out(payer: Payer) -> None:
    payer.pay("100.00")
    (invoice,) = documents(payer).documents
    with payer.harness.database.system() as session:
        damage = update(DocumentFile).where(DocumentFile.document_id == invoice.id)
        session.execute(damage.values(content=b"%PDF-1.7 something else"))

    with pytest.raises(Unavailable, match="file_damaged"):
        file_of(payer, invoice, DocumentFormat.PDF)

    rebuild(payer, invoice)
    assert file_of(payer, invoice, DocumentFormat.PDF).content


def test_a_file_that_is_whole_is_replaced_only_when_that_is_asked_for(
    payer: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    payer.pay("100.00")
    (invoice,) = documents(payer).documents
    before = file_of(payer, invoice, DocumentFormat.PDF)
    rebuild(payer, invoice)
    assert file_of(payer, invoice, DocumentFormat.PDF).content == before.content

    def another_version(*_: object) -> bytes:
        return b"%PDF-1.7 of another version"

    monkeypatch.setattr("services.billing.documents.files.render_pdf", another_version)
    with pytest.raises(Conflict, match="file_differs"):
        rebuild(payer, invoice)
    assert file_of(payer, invoice, DocumentFormat.PDF) == before

    rebuild(payer, invoice, replaces=True)
    assert file_of(payer, invoice, DocumentFormat.PDF) != before


def test_files_are_made_apart_from_calls_and_one_after_the_other(
    billing_database_url: str, bank: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_way, most = 0, 0

    def apart(make: Callable[[], ResultT]) -> ResultT:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        try:
            return make()
        finally:
            under_way -= 1

    def made(*_: object) -> bytes:
        assert under_way
        return b"%PDF-1.7"

    # What is counted is all companies': other tests leave files to be made, too.
    with closing(Database(billing_database_url)) as database:
        payer = a_payer(database, bank)
        for _ in range(2):
            payer.pay("10.00")
        service = payer.harness.service
        runtime = dataclasses.replace(service.runtime, offload=apart)
        assert issue_ordered(database, runtime, service._issuer, "")
        monkeypatch.setattr("services.billing.documents.files.render_pdf", made)

        assert make_due(database, runtime, "request") == 2

        assert most == 1
        assert all(each.is_ready for each in documents(payer).documents)


def test_a_file_that_cannot_be_made_is_tried_again(
    payer: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    payer.pay("100.00")
    with monkeypatch.context() as broken:
        broken.setattr("services.billing.documents.files.render_pdf", _fail)
        assert not documents(payer).documents[0].is_ready
    with payer.harness.database.system() as session:
        mine = DocumentRendering.company_id == payer.harness.company_id
        waiting = session.scalars(select(DocumentRendering).where(mine)).one()
        assert waiting.failures == 1

    payer.harness.pass_time(timedelta(hours=1))

    assert documents(payer).documents[0].is_ready


def _fail(*_: object) -> bytes:
    raise RuntimeError("no font has this glyph")
