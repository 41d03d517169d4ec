"""What billing announces for people: each thing once, with its figures."""

import base64
from typing import Any

import pytest
from sqlalchemy import select

from shared.contract import BodyT, Event
from shared.contracts import billing
from shared.contracts.billing.announcements import (
    DOCUMENT_STORED,
    PAYMENT_FAILED,
    REFUND_DECIDED,
)
from shared.contracts.billing.documents import DocumentFormat, DocumentKind
from shared.contracts.billing.refund_requests import RefundRequestState
from shared.db.tables import outbox
from shared.wire import from_wire
from tests.fixtures.billing.duplicates import duplicate
from tests.fixtures.billing.harness import money
from tests.fixtures.billing.issued_documents import documents, file_of
from tests.fixtures.billing.payer import Payer


def announced(payer: Payer, event: Event[BodyT]) -> list[BodyT]:
    """The bodies of a company's events of one name, in their order."""
    query = (
        select(outbox.c.envelope)
        .where(outbox.c.event_name == event.name)
        .order_by(outbox.c.position)
    )
    with payer.harness.database.system() as session:
        envelopes: list[dict[str, Any]] = list(session.scalars(query))
    ours = str(payer.harness.company_id)
    return [
        from_wire(each["body"], event.body)
        for each in envelopes
        if each["company_id"] == ours
    ]


def test_a_document_is_announced_with_its_pdf_once_that_exists(payer: Payer) -> None:
    payer.pay("100.00")
    assert announced(payer, DOCUMENT_STORED) == []

    (invoice,) = documents(payer).documents
    rebuild = billing.documents.RebuildDocument(number=invoice.number)
    payer.harness.call(
        billing.documents.REBUILD_DOCUMENT, rebuild, payer.harness.operator()
    )

    (stored,) = announced(payer, DOCUMENT_STORED)
    pdf = file_of(payer, invoice, DocumentFormat.PDF)
    assert (stored.id, stored.number) == (invoice.id, invoice.number)
    assert stored.kind is DocumentKind.INVOICE
    assert stored.gross == money("119.00")
    assert (stored.file_name, stored.pdf) == (pdf.file_name, pdf.content)
    assert base64.b64decode(stored.pdf).startswith(b"%PDF")


def test_a_long_pdf_is_left_out(payer: Payer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(billing.announcements, "MOST_ENCODED", 100)
    payer.pay("100.00")
    documents(payer)

    (stored,) = announced(payer, DOCUMENT_STORED)
    assert stored.pdf == ""


def test_a_payment_that_fails_is_announced_once(payer: Payer) -> None:
    top_up = payer.begin("100.00")
    payer.start(top_up)
    (payment,) = payer.get(top_up.id).payments
    for _ in range(2):
        payer.notify(payment, "failed")

    (failed,) = announced(payer, PAYMENT_FAILED)
    assert (failed.id, failed.top_up_id) == (payment.id, top_up.id)
    assert (failed.reference, failed.amount) == (top_up.reference, money("119.00"))


@pytest.mark.parametrize("is_granted", [True, False])
def test_a_refund_request_is_announced_once_it_is_decided(
    payer: Payer, *, is_granted: bool
) -> None:
    payment = duplicate(payer)
    operator = payer.harness.operator()
    ask = billing.refund_requests.AskForRefund(payment_id=payment)
    payer.harness.call(billing.refund_requests.ASK_FOR_REFUND, ask, payer.owner())
    assert announced(payer, REFUND_DECIDED) == []
    if is_granted:
        grant = billing.refund_requests.GrantRefundRequest(payment_id=payment)
        payer.harness.call(
            billing.refund_requests.GRANT_REFUND_REQUEST, grant, operator
        )
    else:
        decline = billing.refund_requests.DeclineRefundRequest(
            payment_id=payment, reason="It was used"
        )
        method = billing.refund_requests.DECLINE_REFUND_REQUEST
        payer.harness.call(method, decline, operator)

    (decided,) = announced(payer, REFUND_DECIDED)
    wanted = RefundRequestState.GRANTED if is_granted else RefundRequestState.DECLINED
    assert decided.state is wanted
    assert decided.amount == money("119.00")
    assert decided.answer == ("" if is_granted else "It was used")
