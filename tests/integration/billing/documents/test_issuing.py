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
from tests.fixtures.billing.office import START, a_company, money
from tests.fixtures.billing.papers import documents, file_of, kinds, whole
from tests.fixtures.billing.till import Till
from tests.fixtures.threads import all_at_once

PROFORMA, INVOICE, CREDIT_NOTE = DocumentKind


def transfer(till: Till, net: str) -> billing.top_ups.TopUp:
    """A top-up that is to be paid by bank."""
    quote = till.quote(net)
    request = billing.top_ups.BeginTopUp(
        net=quote.net, digest=quote.digest, gateway=GatewayName.BANK_TRANSFER
    )
    return till.office.call(billing.top_ups.BEGIN_TOP_UP, request, till.owner())


def test_a_payment_that_came_has_an_invoice_with_its_figures(till: Till) -> None:
    paid = till.pay("100.00")

    (invoice,) = documents(till).documents

    assert (invoice.kind, invoice.state) == (INVOICE, DocumentState.PAID)
    assert invoice.top_up_id == paid.id
    assert invoice.net == money("100.00")
    assert invoice.tax == money("19.00")
    assert invoice.gross == money("119.00")
    content = whole(till, invoice).content
    assert content.number == invoice.number
    assert content.reference == paid.reference
    assert content.buyer.name == "Aurora Digital GmbH"
    assert content.tax_lines == paid.tax_lines
    assert content.language == "de"


@pytest.mark.parametrize("choice", ["decline", "cancel", "never-answer"])
def test_without_a_payment_there_is_no_invoice(till: Till, choice: str) -> None:
    till.pay("100.00", choice)

    assert documents(till).documents == []


def test_each_of_two_payments_on_one_top_up_has_an_invoice(till: Till) -> None:
    till.pay("100.00", "pay-twice")

    assert kinds(documents(till)) == [(INVOICE, DocumentState.PAID)] * 2


def test_a_transfer_is_asked_for_by_a_proforma_that_is_paid_with_it(till: Till) -> None:
    top_up = transfer(till, "50.00")
    (proforma,) = documents(till).documents
    assert (proforma.kind, proforma.state) == (PROFORMA, DocumentState.OPEN)
    content = whole(till, proforma).content
    assert content.bank is not None
    assert content.bank.reference == top_up.reference
    assert content.due_on is not None

    credit = billing.payments.BankCredit(
        transaction=str(uuid4()), amount=top_up.gross, text=top_up.reference
    )
    book = billing.payments.BookBankPayments(credits=[credit])
    till.office.call(billing.payments.BOOK_BANK_PAYMENTS, book, till.office.operator())

    invoice, paid = documents(till).documents
    assert (invoice.kind, invoice.state) == (INVOICE, DocumentState.PAID)
    assert (paid.kind, paid.state) == (PROFORMA, DocumentState.PAID)
    assert [it.id for it in whole(till, paid).belongs_to] == [invoice.id]
    assert [it.id for it in whole(till, invoice).belongs_to] == [proforma.id]


def test_a_proforma_that_nobody_pays_ends_with_its_top_up(till: Till) -> None:
    till.cancel(transfer(till, "50.00"))

    assert kinds(documents(till)) == [(PROFORMA, DocumentState.ENDED)]


def test_refunds_are_on_credit_notes_that_name_their_invoice(
    till: Till,
) -> None:
    paid = till.pay("100.00")
    till.refund(paid, "33.33")
    note, invoice = documents(till).documents
    assert invoice.state is DocumentState.PAID
    assert invoice.credited == note.gross

    till.refund(paid)

    rest, note, invoice = documents(till).documents
    assert note.corrects is not None
    assert note.corrects.number == invoice.number
    assert rest.corrects == note.corrects
    assert note.net + rest.net == invoice.net
    assert note.tax + rest.tax == invoice.tax
    assert invoice.state is DocumentState.CREDITED
    assert whole(till, rest).content.reason == "As asked"
    corrected_by = whole(till, invoice).corrected_by
    assert [each.number for each in corrected_by] == [note.number, rest.number]


def test_either_of_two_payments_can_be_refunded(till: Till) -> None:
    paid = till.pay("100.00", "pay-twice")
    first = next(each for each in paid.payments if each.duplicate_of is None)
    request = billing.top_ups.RefundTopUp(
        top_up_id=paid.id, payment_id=first.id, reason="Paid twice"
    )
    till.office.call(billing.top_ups.REFUND_TOP_UP, request, till.office.operator())

    note, *_ = documents(till).documents
    assert note.gross == first.amount
    assert till.get(paid.id).state is billing.top_ups.TopUpState.PARTLY_REFUNDED

    with pytest.raises(Conflict, match="not_refundable"):
        till.office.call(billing.top_ups.REFUND_TOP_UP, request, till.office.operator())


def test_each_movement_of_money_leads_to_its_document(till: Till) -> None:
    till.refund(till.pay("100.00"))
    till.pay("50.00", "charge-back")
    issued = {each.id: each.kind for each in documents(till).documents}

    request = ListTransactions()
    page = till.office.call(LIST_TRANSACTIONS, request, till.owner())

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


def test_a_payment_that_the_bank_takes_back_is_credited(till: Till) -> None:
    till.pay("100.00", "charge-back")

    assert kinds(documents(till)) == [
        (CREDIT_NOTE, DocumentState.SETTLED),
        (INVOICE, DocumentState.CREDITED),
    ]


def test_a_refund_that_fails_is_invoiced_again(till: Till) -> None:
    till.refund(till.pay("100.00"))
    give_up_refund(till, "100.00")

    page = documents(till)

    assert [kind for kind, _ in kinds(page)] == [INVOICE, CREDIT_NOTE, INVOICE]
    assert page.documents[0].corrects is not None
    assert page.documents[0].corrects.number == page.documents[1].number


def give_up_refund(till: Till, net: str) -> None:
    """The gateway refuses, for good, to pay the refund of that net amount out."""
    database, now = till.office.database, till.office.clock.now()
    with database.system() as session:
        call = Call(system("billing"), "", now)
        wanted = select(Refund).where(
            Refund.company_id == till.office.company_id, Refund.net == Decimal(net)
        )
        refund = session.scalars(wanted).one()
        give_up(Change(session, till.office.service.runtime, call), refund, "closed")


def corrections(till: Till) -> list[tuple[str, str | None]]:
    """Net amounts of all documents, oldest first, and of what each of them corrects."""
    issued = documents(till).documents[::-1]
    nets = {each.number: f"{each.net.amount:.2f}" for each in issued}
    return [
        (nets[it.number], nets[it.corrects.number] if it.corrects else None)
        for it in issued
    ]


def test_an_invoice_replaces_the_credit_note_whose_refund_failed(till: Till) -> None:
    paid = till.pay("100.00")
    till.refund(paid, "10.00")
    till.refund(paid, "20.00")
    give_up_refund(till, "10.00")

    *_, replacement = corrections(till)

    assert replacement == ("10.00", "10.00")


def test_every_refund_is_credited_invoice_by_invoice(till: Till) -> None:
    paid = till.pay("100.00")
    till.refund(paid, "33.33")
    give_up_refund(till, "33.33")
    till.refund(paid)

    assert corrections(till) == [
        ("100.00", None),
        ("33.33", "100.00"),
        ("33.33", "33.33"),
        ("66.67", "100.00"),
        ("33.33", "33.33"),
    ]
    page = documents(till)
    assert [state for kind, state in kinds(page) if kind is INVOICE] == [
        DocumentState.CREDITED,
        DocumentState.CREDITED,
    ]
    totals = {each.kind: each for each in page.totals}
    assert totals[INVOICE].tax == totals[CREDIT_NOTE].tax


def test_documents_of_one_payment_are_issued_in_their_order(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = till.pay("100.00")
    with monkeypatch.context() as broken:
        broken.setattr("services.billing.documents.content.tax_words", _fail)
        assert documents(till).documents == []
    till.refund(paid)
    assert documents(till).documents == []

    till.office.pass_time(timedelta(hours=1))

    assert [kind for kind, _ in kinds(documents(till))] == [CREDIT_NOTE, INVOICE]


def test_a_proforma_that_cannot_be_issued_keeps_no_other_waiting(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    transfer(till, "100.00")
    with monkeypatch.context() as broken:
        broken.setattr("services.billing.documents.content.tax_words", _fail)
        assert documents(till).documents == []

    transfer(till, "50.00")

    assert [each.net for each in documents(till).documents] == [money("50.00")]


def test_what_changes_afterwards_changes_no_issued_document(till: Till) -> None:
    till.pay("100.00")
    (invoice,) = documents(till).documents
    before = whole(till, invoice), [file_of(till, invoice, f) for f in DocumentFormat]
    moved = a_company(till.office.company_id, "Europe/Rome", version=9)
    body = replace(
        moved.body,
        name="Another Name GmbH",
        address=identity.companies.Address(
            street="Elsewhere 1", city="Rome", country="IT"
        ),
    )
    till.office.deliver(replace(moved, body=body))

    assert till.quote("100.00").tax_lines != before[0].content.tax_lines
    assert whole(till, invoice) == before[0]
    assert [file_of(till, invoice, f) for f in DocumentFormat] == before[1]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE documents SET net = 0",
        "DELETE FROM documents",
        "TRUNCATE documents CASCADE",
    ],
)
def test_the_database_refuses_to_change_a_document(till: Till, statement: str) -> None:
    till.pay("100.00")
    documents(till)

    with (
        pytest.raises(IntegrityError, match="append-only"),
        till.office.database.engine.begin() as connection,
    ):
        connection.execute(text(statement))


def test_numbers_have_no_gap_and_follow_the_days_with_concurrent_issuers(
    till: Till,
) -> None:
    for _ in range(6):
        till.pay("10.00")
    office = till.office

    def issue(_: int) -> None:
        issuer = office.service._issuer
        issue_ordered(office.database, office.service.runtime, issuer, "")

    all_at_once(issue, 4)

    with office.database.system() as session:
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


def test_a_day_never_goes_back_in_a_series(till: Till) -> None:
    till.pay("10.00")
    (newest,) = documents(till).documents
    till.pay("10.00")
    till.office.pass_time(timedelta(days=-2))

    assert documents(till).documents[0].issued_on >= newest.issued_on


def test_the_year_begins_a_series_of_its_own(till: Till) -> None:
    till.pay("10.00")
    # An hour before midnight (UTC) it is next year in the seller's zone.
    till.office.clock.move_to(START.replace(month=12, day=31, hour=23, minute=30))

    (invoice,) = documents(till).documents

    assert invoice.number.startswith("INV-2027-")
    assert invoice.issued_on.isoformat() == "2027-01-01"


def _fail(*_: object) -> bytes:
    raise RuntimeError("no font has this glyph")


def test_the_list_is_narrowed_summed_up_and_paged(till: Till) -> None:
    for net in ("10.00", "20.00", "30.00"):
        paid = till.pay(net)
    till.refund(paid)

    first = documents(till, limit=3)
    second = documents(till, limit=3, cursor=first.next)
    back = documents(till, limit=3, cursor=second.previous)
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
    credited = documents(till, kind=INVOICE, state=DocumentState.CREDITED)
    assert [each.net for each in credited.documents] == [money("30.00")]
    assert credited.totals[0].gross == money("35.70")
    (of_one,) = documents(till, kind=INVOICE, top_up_id=paid.id).documents
    assert of_one.top_up_id == paid.id
    tomorrow = till.office.clock.now().date() + timedelta(days=2)
    assert documents(till, first_day=tomorrow).documents == []


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhZnRlciIsLTFd"])
def test_a_forged_place_in_the_list_is_refused(till: Till, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="bad_cursor"):
        documents(till, cursor=cursor)


def test_another_companys_documents_are_not_there(till: Till) -> None:
    till.pay("100.00")
    (invoice,) = documents(till).documents
    stranger = till.office.principals.user(Role.OWNER, uuid4())
    office = till.office

    page = office.call(
        billing.documents.LIST_DOCUMENTS, billing.documents.ListDocuments(), stranger
    )
    assert page.documents == []
    assert page.totals == []
    request = billing.documents.GetDocument(document_id=invoice.id)
    with pytest.raises(NotFound, match="no_such_document"):
        office.call(billing.documents.GET_DOCUMENT, request, stranger)
    file = billing.documents.GetDocumentFile(
        document_id=invoice.id, format=DocumentFormat.PDF
    )
    with pytest.raises(NotFound, match="no_such_document"):
        office.call(billing.documents.GET_DOCUMENT_FILE, file, stranger)


def test_one_order_that_cannot_be_issued_keeps_no_other_waiting(till: Till) -> None:
    till.pay("10.00")
    stuck = till.pay("20.00")
    with till.office.database.system() as session:
        payment = session.scalars(select(Payment).where(Payment.top_up_id == stuck.id))
        # Nothing makes such an order: it takes back what was never invoiced.
        order = update(DocumentOrder).where(
            DocumentOrder.payment_id == payment.one().id
        )
        session.execute(order.values(kind=CREDIT_NOTE))
    till.pay("30.00")

    page = documents(till)

    assert [each.net.amount for each in page.documents] == [Decimal(30), Decimal(10)]
