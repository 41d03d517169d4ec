"""Documents: issued with what moved, numbered without a gap, and never changed."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from msgspec.structs import replace
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from services.billing.documents.issuing import issue_ordered
from services.billing.models.documents import Document, DocumentOrder
from services.billing.models.payments import Payment
from services.billing.models.refunds import Refund
from services.billing.refunds.lifecycle import give_up
from shared.contracts import billing, identity
from shared.contracts.billing.documents import (
    DocumentFormat,
    DocumentKind,
    DocumentState,
)
from shared.contracts.billing.payments import GatewayName
from shared.contracts.billing.transactions import LIST_TRANSACTIONS, ListTransactions
from shared.contracts.identity.memberships import Role
from shared.errors import Conflict, InvalidInput, NotFound
from shared.principal import system
from shared.rpc.call import Call
from shared.rpc.change import Change
from tests.fixtures.billing.harness import START, a_company, money
from tests.fixtures.billing.issued_documents import documents, file_of, kinds, whole
from tests.fixtures.billing.payer import Payer
from tests.fixtures.threads import all_at_once

PROFORMA, INVOICE, CREDIT_NOTE = DocumentKind


def transfer(payer: Payer, net: str) -> billing.top_ups.TopUp:
    """A top-up that is to be paid by bank."""
    quote = payer.quote(net)
    request = billing.top_ups.BeginTopUp(
        net=quote.net, digest=quote.digest, gateway=GatewayName.BANK_TRANSFER
    )
    return payer.harness.call(billing.top_ups.BEGIN_TOP_UP, request, payer.owner())


def test_a_payment_that_came_has_an_invoice_with_its_figures(payer: Payer) -> None:
    paid = payer.pay("100.00")

    (invoice,) = documents(payer).documents

    assert (invoice.kind, invoice.state) == (INVOICE, DocumentState.PAID)
    assert invoice.top_up_id == paid.id
    assert invoice.net == money("100.00")
    assert invoice.tax == money("19.00")
    assert invoice.gross == money("119.00")
    content = whole(payer, invoice).content
    assert content.number == invoice.number
    assert content.reference == paid.reference
    assert content.buyer.name == "Aurora Digital GmbH"
    assert content.tax_lines == paid.tax_lines
    assert content.language == "de"


@pytest.mark.parametrize("choice", ["decline", "cancel", "never-answer"])
def test_without_a_payment_there_is_no_invoice(payer: Payer, choice: str) -> None:
    payer.pay("100.00", choice)

    assert documents(payer).documents == []


def test_each_of_two_payments_on_one_top_up_has_an_invoice(payer: Payer) -> None:
    payer.pay("100.00", "pay-twice")

    assert kinds(documents(payer)) == [(INVOICE, DocumentState.PAID)] * 2


def test_a_transfer_is_asked_for_by_a_proforma_that_is_paid_with_it(
    payer: Payer,
) -> None:
    top_up = transfer(payer, "50.00")
    (proforma,) = documents(payer).documents
    assert (proforma.kind, proforma.state) == (PROFORMA, DocumentState.OPEN)
    content = whole(payer, proforma).content
    assert content.bank is not None
    assert content.bank.reference == top_up.reference
    assert content.due_on is not None

    credit = billing.payments.BankCredit(
        transaction=str(uuid4()), amount=top_up.gross, text=top_up.reference
    )
    book = billing.payments.BookBankPayments(credits=[credit])
    payer.harness.call(
        billing.payments.BOOK_BANK_PAYMENTS, book, payer.harness.operator()
    )

    invoice, paid = documents(payer).documents
    assert (invoice.kind, invoice.state) == (INVOICE, DocumentState.PAID)
    assert (paid.kind, paid.state) == (PROFORMA, DocumentState.PAID)
    assert [it.id for it in whole(payer, paid).belongs_to] == [invoice.id]
    assert [it.id for it in whole(payer, invoice).belongs_to] == [proforma.id]


def test_a_proforma_that_nobody_pays_ends_with_its_top_up(payer: Payer) -> None:
    payer.cancel(transfer(payer, "50.00"))

    assert kinds(documents(payer)) == [(PROFORMA, DocumentState.ENDED)]


def test_refunds_are_on_credit_notes_that_name_their_invoice(
    payer: Payer,
) -> None:
    paid = payer.pay("100.00")
    payer.refund(paid, "33.33")
    note, invoice = documents(payer).documents
    assert invoice.state is DocumentState.PAID
    assert invoice.credited == note.gross

    payer.refund(paid)

    rest, note, invoice = documents(payer).documents
    assert note.corrects is not None
    assert note.corrects.number == invoice.number
    assert rest.corrects == note.corrects
    assert note.net + rest.net == invoice.net
    assert note.tax + rest.tax == invoice.tax
    assert invoice.state is DocumentState.CREDITED
    assert whole(payer, rest).content.reason == "As asked"
    corrected_by = whole(payer, invoice).corrected_by
    assert [each.number for each in corrected_by] == [note.number, rest.number]


def test_either_of_two_payments_can_be_refunded(payer: Payer) -> None:
    paid = payer.pay("100.00", "pay-twice")
    first = next(each for each in paid.payments if each.duplicate_of is None)
    request = billing.top_ups.RefundTopUp(
        top_up_id=paid.id, payment_id=first.id, reason="Paid twice"
    )
    payer.harness.call(billing.top_ups.REFUND_TOP_UP, request, payer.harness.operator())

    note, *_ = documents(payer).documents
    assert note.gross == first.amount
    assert payer.get(paid.id).state is billing.top_ups.TopUpState.PARTLY_REFUNDED

    with pytest.raises(Conflict, match="not_refundable"):
        payer.harness.call(
            billing.top_ups.REFUND_TOP_UP, request, payer.harness.operator()
        )


def test_each_movement_of_money_leads_to_its_document(payer: Payer) -> None:
    payer.refund(payer.pay("100.00"))
    payer.pay("50.00", "charge-back")
    issued = {each.id: each.kind for each in documents(payer).documents}

    request = ListTransactions()
    page = payer.harness.call(LIST_TRANSACTIONS, request, payer.owner())

    assert [
        (each.kind, issued[each.document.id])
        for each in page.transactions
        if each.document
    ] == [
        ("chargeback", CREDIT_NOTE),
        ("top_up", INVOICE),
        ("refund", CREDIT_NOTE),
        ("top_up", INVOICE),
    ]


def test_a_payment_that_the_bank_takes_back_is_credited(payer: Payer) -> None:
    payer.pay("100.00", "charge-back")

    assert kinds(documents(payer)) == [
        (CREDIT_NOTE, DocumentState.SETTLED),
        (INVOICE, DocumentState.CREDITED),
    ]


def test_a_refund_that_fails_is_invoiced_again(payer: Payer) -> None:
    payer.refund(payer.pay("100.00"))
    give_up_refund(payer, "100.00")

    page = documents(payer)

    assert [kind for kind, _ in kinds(page)] == [INVOICE, CREDIT_NOTE, INVOICE]
    assert page.documents[0].corrects is not None
    assert page.documents[0].corrects.number == page.documents[1].number


def give_up_refund(payer: Payer, net: str) -> None:
    """The gateway refuses, for good, to pay the refund of that net amount out."""
    database, now = payer.harness.database, payer.harness.clock.now()
    with database.system() as session:
        call = Call(system("billing"), "", now)
        wanted = select(Refund).where(
            Refund.company_id == payer.harness.company_id, Refund.net == Decimal(net)
        )
        refund = session.scalars(wanted).one()
        give_up(Change(session, payer.harness.service.runtime, call), refund, "closed")


def corrections(payer: Payer) -> list[tuple[str, str | None]]:
    """Net amounts of all documents, oldest first, and of what each of them corrects."""
    issued = documents(payer).documents[::-1]
    nets = {each.number: f"{each.net.amount:.2f}" for each in issued}
    return [
        (nets[it.number], nets[it.corrects.number] if it.corrects else None)
        for it in issued
    ]


def test_an_invoice_replaces_the_credit_note_whose_refund_failed(payer: Payer) -> None:
    paid = payer.pay("100.00")
    payer.refund(paid, "10.00")
    payer.refund(paid, "20.00")
    give_up_refund(payer, "10.00")

    *_, replacement = corrections(payer)

    assert replacement == ("10.00", "10.00")


def test_every_refund_is_credited_invoice_by_invoice(payer: Payer) -> None:
    paid = payer.pay("100.00")
    payer.refund(paid, "33.33")
    give_up_refund(payer, "33.33")
    payer.refund(paid)

    assert corrections(payer) == [
        ("100.00", None),
        ("33.33", "100.00"),
        ("33.33", "33.33"),
        ("66.67", "100.00"),
        ("33.33", "33.33"),
    ]
    page = documents(payer)
    assert [state for kind, state in kinds(page) if kind is INVOICE] == [
        DocumentState.CREDITED,
        DocumentState.CREDITED,
    ]
    totals = {each.kind: each for each in page.totals}
    assert totals[INVOICE].tax == totals[CREDIT_NOTE].tax


def test_documents_of_one_payment_are_issued_in_their_order(
    payer: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = payer.pay("100.00")
    with monkeypatch.context() as broken:
        broken.setattr("services.billing.documents.content.tax_words", _fail)
        assert documents(payer).documents == []
    payer.refund(paid)
    assert documents(payer).documents == []

    payer.harness.pass_time(timedelta(hours=1))

    assert [kind for kind, _ in kinds(documents(payer))] == [CREDIT_NOTE, INVOICE]


def test_a_proforma_that_cannot_be_issued_keeps_no_other_waiting(
    payer: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    transfer(payer, "100.00")
    with monkeypatch.context() as broken:
        broken.setattr("services.billing.documents.content.tax_words", _fail)
        assert documents(payer).documents == []

    transfer(payer, "50.00")

    assert [each.net for each in documents(payer).documents] == [money("50.00")]


def test_what_changes_afterwards_changes_no_issued_document(payer: Payer) -> None:
    payer.pay("100.00")
    (invoice,) = documents(payer).documents
    before = whole(payer, invoice), [file_of(payer, invoice, f) for f in DocumentFormat]
    moved = a_company(payer.harness.company_id, "Europe/Rome", version=9)
    body = replace(
        moved.body,
        name="Another Name GmbH",
        address=identity.companies.Address(
            street="Elsewhere 1", city="Rome", country="IT"
        ),
    )
    payer.harness.deliver(replace(moved, body=body))

    assert payer.quote("100.00").tax_lines != before[0].content.tax_lines
    assert whole(payer, invoice) == before[0]
    assert [file_of(payer, invoice, f) for f in DocumentFormat] == before[1]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE documents SET net = 0",
        "DELETE FROM documents",
        "TRUNCATE documents CASCADE",
    ],
)
def test_the_database_refuses_to_change_a_document(
    payer: Payer, statement: str
) -> None:
    payer.pay("100.00")
    documents(payer)

    with (
        pytest.raises(IntegrityError, match="append-only"),
        payer.harness.database.engine.begin() as connection,
    ):
        connection.execute(text(statement))


def test_numbers_have_no_gap_and_follow_the_days_with_concurrent_issuers(
    payer: Payer,
) -> None:
    for _ in range(6):
        payer.pay("10.00")
    harness = payer.harness

    def issue(_: int) -> None:
        issuer = harness.service._issuer
        issue_ordered(harness.database, harness.service.runtime, issuer, "")

    all_at_once(issue, 4)

    with harness.database.system() as session:
        rows = session.execute(
            select(Document.series, Document.number_in_series, Document.issued_on)
            .where(Document.kind == INVOICE)
            .order_by(Document.series, Document.number_in_series)
        ).all()
    numbers = [number for _, number, _ in rows]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 6
    days = [day for _, _, day in rows]
    assert days == sorted(days)


def test_a_day_never_goes_back_in_a_series(payer: Payer) -> None:
    payer.pay("10.00")
    (newest,) = documents(payer).documents
    payer.pay("10.00")
    payer.harness.pass_time(timedelta(days=-2))

    assert documents(payer).documents[0].issued_on >= newest.issued_on


def test_the_year_begins_a_series_of_its_own(payer: Payer) -> None:
    payer.pay("10.00")
    # An hour before midnight (UTC) it is next year in the seller's zone.
    payer.harness.clock.move_to(START.replace(month=12, day=31, hour=23, minute=30))

    (invoice,) = documents(payer).documents

    assert invoice.number.startswith("INV-2027-")
    assert invoice.issued_on.isoformat() == "2027-01-01"


def _fail(*_: object) -> bytes:
    raise RuntimeError("no font has this glyph")


def test_the_list_is_narrowed_summed_up_and_paged(payer: Payer) -> None:
    for net in ("10.00", "20.00", "30.00"):
        paid = payer.pay(net)
    payer.refund(paid)

    first = documents(payer, limit=3)
    second = documents(payer, limit=3, cursor=first.next)
    back = documents(payer, limit=3, cursor=second.previous)
    assert second.totals == []
    assert back.totals == first.totals

    assert len(first.documents) == 3
    assert len(second.documents) == 1
    assert back.documents == first.documents
    sums = {total.kind: (total.count, total.net) for total in first.totals}
    assert sums == {
        INVOICE: (3, money("60.00")),
        CREDIT_NOTE: (1, money("30.00")),
    }
    credited = documents(payer, kind=INVOICE, state=DocumentState.CREDITED)
    assert [each.net for each in credited.documents] == [money("30.00")]
    assert credited.totals[0].gross == money("35.70")
    (of_one,) = documents(payer, kind=INVOICE, top_up_id=paid.id).documents
    assert of_one.top_up_id == paid.id
    tomorrow = payer.harness.clock.now().date() + timedelta(days=2)
    assert documents(payer, first_day=tomorrow).documents == []


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhZnRlciIsLTFd"])
def test_a_forged_place_in_the_list_is_refused(payer: Payer, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="bad_cursor"):
        documents(payer, cursor=cursor)


def test_another_companys_documents_are_not_there(payer: Payer) -> None:
    payer.pay("100.00")
    (invoice,) = documents(payer).documents
    stranger = payer.harness.principals.user(Role.OWNER, uuid4())
    harness = payer.harness

    page = harness.call(
        billing.documents.LIST_DOCUMENTS, billing.documents.ListDocuments(), stranger
    )
    assert page.documents == []
    assert page.totals == []
    request = billing.documents.GetDocument(document_id=invoice.id)
    with pytest.raises(NotFound, match="no_such_document"):
        harness.call(billing.documents.GET_DOCUMENT, request, stranger)
    file = billing.documents.GetDocumentFile(
        document_id=invoice.id, format=DocumentFormat.PDF
    )
    with pytest.raises(NotFound, match="no_such_document"):
        harness.call(billing.documents.GET_DOCUMENT_FILE, file, stranger)


def test_one_order_that_cannot_be_issued_keeps_no_other_waiting(payer: Payer) -> None:
    payer.pay("10.00")
    stuck = payer.pay("20.00")
    with payer.harness.database.system() as session:
        payment = session.scalars(select(Payment).where(Payment.top_up_id == stuck.id))
        # Nothing makes such an order: it takes back what was never invoiced.
        order = update(DocumentOrder).where(
            DocumentOrder.payment_id == payment.one().id
        )
        session.execute(order.values(kind=CREDIT_NOTE))
    payer.pay("30.00")

    page = documents(payer)

    assert [each.net.amount for each in page.documents] == [Decimal(30), Decimal(10)]
