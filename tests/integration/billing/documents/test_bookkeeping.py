"""What operators do with documents: credit invoices, and export all for the books."""

from datetime import date
from decimal import Decimal

import pytest

from shared.contracts import billing
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.billing.payments import GatewayName
from shared.contracts.billing.top_ups import GivenBack
from shared.errors import Conflict, InvalidInput, NotFound
from tests.fixtures.billing.harness import money
from tests.fixtures.billing.payer import Payer

PROFORMA, INVOICE, CREDIT_NOTE = DocumentKind
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


def credit(payer: Payer, number: str, net: str | None = None) -> GivenBack:
    request = billing.documents.CreditInvoice(
        number=number, net=money(net) if net else None, reason="As agreed"
    )
    return payer.harness.call(
        billing.documents.CREDIT_INVOICE, request, payer.harness.operator()
    )


def export(payer: Payer, limit: int = 1000) -> list[billing.documents.BookkeepingRow]:
    """All rows of the payer's company, however many pages they take."""
    payer.harness.run_job("issue_documents")
    rows, cursor = [], None
    while True:
        request = billing.documents.ExportDocuments(
            first_day=FIRST, last_day=LAST, cursor=cursor, limit=limit
        )
        page = payer.harness.call(
            billing.documents.EXPORT_DOCUMENTS, request, payer.harness.operator()
        )
        assert len(page.rows) <= limit
        rows += page.rows
        cursor = page.next
        if cursor is None:
            return [row for row in rows if row.company_id == payer.harness.company_id]


def test_an_invoice_is_credited_by_its_number_in_parts_and_whole(payer: Payer) -> None:
    payer.pay("100.00")
    (invoice,) = export(payer)

    credit(payer, invoice.number, "33.33")
    credit(payer, invoice.number)

    _, part, rest = export(payer)
    assert (part.kind, part.net, part.corrects) == (
        CREDIT_NOTE,
        money("33.33"),
        invoice.number,
    )
    assert part.net + rest.net == invoice.net
    assert part.tax + rest.tax == invoice.tax
    assert payer.balance == Decimal(0)
    with pytest.raises(Conflict, match="credited_already") as refusal:
        credit(payer, invoice.number)
    assert refusal.value.parameters == {"number": rest.number}


def test_of_two_payments_the_invoices_own_is_refunded(payer: Payer) -> None:
    payer.pay("100.00", "pay-twice")
    first, second = export(payer)

    part = credit(payer, second.number, "12.50")
    rest = credit(payer, second.number)
    other = credit(payer, first.number)

    told = [(it.net, it.tax, it.top_up.refunded) for it in (part, rest, other)]
    assert told == [
        (money("12.50"), money("2.38"), money("12.50")),
        (money("87.50"), money("16.62"), money("100.00")),
        (money("100.00"), money("19.00"), money("200.00")),
    ]
    assert other.top_up.credited == money("200.00")
    *_, a_note, another = export(payer)
    assert (a_note.corrects, another.corrects) == (second.number, first.number)
    assert payer.balance == Decimal(0)


def test_only_an_invoice_that_there_is_can_be_credited(payer: Payer) -> None:
    payer.pay("100.00")
    (invoice,) = export(payer)
    credit(payer, invoice.number, "10.00")
    note = export(payer)[-1]

    with pytest.raises(Conflict, match="not_an_invoice"):
        credit(payer, note.number)
    with pytest.raises(NotFound, match="no_such_document"):
        credit(payer, "INV-1999-000001")
    with pytest.raises(Conflict, match="more_than_unspent"):
        credit(payer, invoice.number, "95.00")


def test_the_export_says_what_the_documents_say_in_the_order_of_issue(
    payer: Payer,
) -> None:
    paid = payer.pay("100.00")
    credit(payer, export(payer)[0].number, "50.00")
    payer.pay("10.00", "succeed")

    rows = export(payer)

    assert [row.kind for row in rows] == [INVOICE, CREDIT_NOTE, INVOICE]
    invoice = rows[0]
    assert invoice.name == "Aurora Digital GmbH"
    assert (invoice.country, invoice.vat_id) == ("DE", "")
    assert (invoice.tax, invoice.gross) == (money("19.00"), money("119.00"))
    assert (invoice.tax_category.value, invoice.rate_percent) == ("S", Decimal(19))
    assert invoice.tax_rule == "domestic_business"
    assert invoice.paid_on == invoice.issued_on == payer.harness.clock.now().date()
    assert [row.gateway for row in rows] == [GatewayName.SANDBOX] * 3
    assert [row.reference for row in rows[:2]] == [paid.reference] * 2
    assert rows[1].paid_on is None
    assert export(payer, limit=1) == rows


def test_an_export_is_narrowed_to_its_days_and_bounded(payer: Payer) -> None:
    def ask(**fields: object) -> billing.documents.BookkeepingPage:
        days = {"first_day": FIRST, "last_day": LAST}
        request = billing.documents.ExportDocuments(**days | fields)  # type: ignore[arg-type]
        return payer.harness.call(
            billing.documents.EXPORT_DOCUMENTS, request, payer.harness.operator()
        )

    payer.pay("10.00")
    assert export(payer)
    today = payer.harness.clock.now().date()
    assert ask(first_day=today, last_day=today).rows
    assert not ask(last_day=date(2026, 2, 28)).rows
    for fields, code in (
        ({"limit": 1001}, "bad_limit"),
        ({"cursor": "x"}, "bad_cursor"),
        ({"first_day": date(1, 1, 1)}, "bad_day"),
    ):
        with pytest.raises(InvalidInput, match=code):
            ask(**fields)
