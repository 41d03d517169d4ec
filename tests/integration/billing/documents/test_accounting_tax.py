"""Exchange rates, and the tax of documents in the seller's own currency."""

import base64
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from services.billing.documents import accounting_tax
from services.billing.models.refunds import Refund
from services.billing.parties.sellers import DEMO_SELLER, Sellers
from services.billing.refunds.lifecycle import give_up
from services.billing.settings import BillingSettings
from shared.contracts import billing
from shared.contracts.billing.documents import DocumentFormat, DocumentKind
from shared.contracts.billing.exchange_rates import ExchangeRate
from shared.contracts.billing.payments import GatewayName
from shared.db.database import Database
from shared.errors import Conflict, InvalidInput
from shared.principal import system
from shared.rpc.call import Call
from shared.rpc.change import Change
from tests.fixtures.billing.harness import START, BillingHarness, money
from tests.fixtures.billing.payer import Payer, a_payer
from tests.fixtures.repeating import meant
from tests.fixtures.sandbox import Sandbox

TODAY = START.date()
# USD and PLN are published on a day on which the next one is not.
KNOWN = [
    ExchangeRate(day=TODAY - timedelta(days=2), currency="USD", rate=Decimal("1.0805")),
    ExchangeRate(day=TODAY - timedelta(days=2), currency="PLN", rate=Decimal("4.2315")),
    ExchangeRate(day=TODAY - timedelta(days=1), currency="PLN", rate=Decimal("4.2")),
    ExchangeRate(day=TODAY - timedelta(days=11), currency="GBP", rate=Decimal("0.87")),
    ExchangeRate(day=TODAY + timedelta(days=1), currency="GBP", rate=Decimal("0.88")),
]


@pytest.fixture
def payer(payer: Payer) -> Payer:
    record(payer.harness, KNOWN)
    return payer


def record(
    harness: BillingHarness, wanted: list[ExchangeRate]
) -> billing.exchange_rates.ImportedRates:
    request = billing.exchange_rates.ImportExchangeRates(rates=wanted, source="ECB")
    return harness.call(
        billing.exchange_rates.IMPORT_EXCHANGE_RATES, request, harness.operator()
    )


def pay(payer: Payer, net: str, currency: str) -> None:
    payer.harness.open_wallet(currency)
    top_up = payer.begin_as_quoted(payer.quote(net, currency))
    payer.sandbox.choose(payer.start(top_up), "succeed")
    payer.reconcile()


def issued(payer: Payer) -> list[billing.documents.DocumentContent]:
    """What the company's documents say, the oldest first."""
    payer.harness.run_job("issue_documents")
    page = payer.harness.call(
        billing.documents.LIST_DOCUMENTS,
        billing.documents.ListDocuments(),
        payer.owner(),
    )
    contents = []
    for each in reversed(page.documents):
        request = billing.documents.GetDocument(document_id=each.id)
        whole = payer.harness.call(
            billing.documents.GET_DOCUMENT, request, payer.owner()
        )
        contents.append(whole.content)
    return contents


def waiting_documents(payer: Payer) -> list[billing.documents.WaitingDocument]:
    request = billing.documents.ListWaitingDocuments()
    found = payer.harness.call(
        billing.documents.LIST_WAITING_DOCUMENTS, request, payer.harness.operator()
    )
    return [e for e in found.documents if e.company_id == payer.harness.company_id]


def complete(payer: Payer, number: str) -> None:
    request = billing.documents.CompleteInvoice(number=number)
    payer.harness.call(
        billing.documents.COMPLETE_INVOICE, request, payer.harness.operator()
    )


def credit(payer: Payer, number: str, net: str | None = None) -> None:
    request = billing.documents.CreditInvoice(
        number=number, net=money(net, "USD") if net else None, reason="As agreed"
    )
    method, operator = billing.documents.CREDIT_INVOICE, payer.harness.operator()
    meant(lambda each: payer.harness.call(method, each, operator), request)


def test_the_tax_is_said_in_the_sellers_currency_by_the_last_rate(payer: Payer) -> None:
    pay(payer, "100.00", "USD")

    (invoice,) = issued(payer)

    assert invoice.tax == money("19.00", "USD")
    # 19.00 / 1.0805 = 17.5844…
    assert invoice.accounting_tax == billing.documents.AccountingTax(
        tax=money("17.58"),
        rate=Decimal("1.0805"),
        rate_day=TODAY - timedelta(days=2),
        source="ECB",
    )


def test_its_files_say_so(payer: Payer) -> None:
    pay(payer, "100.00", "USD")
    issued(payer)
    page = payer.harness.call(
        billing.documents.LIST_DOCUMENTS,
        billing.documents.ListDocuments(),
        payer.owner(),
    )

    def file(wanted: DocumentFormat) -> bytes:
        request = billing.documents.GetDocumentFile(
            document_id=page.documents[0].id, format=wanted
        )
        made = payer.harness.call(
            billing.documents.GET_DOCUMENT_FILE, request, payer.owner()
        )
        return base64.b64decode(made.content)

    said = "".join(
        sheet.extract_text()
        for sheet in PdfReader(BytesIO(file(DocumentFormat.PDF))).pages
    )
    assert "17,58" in said
    assert "1,0805" in said
    cii = file(DocumentFormat.XML).decode()
    assert "<ram:TaxCurrencyCode>EUR</ram:TaxCurrencyCode>" in cii
    assert '<ram:TaxTotalAmount currencyID="EUR">17.58</ram:TaxTotalAmount>' in cii
    ubl = file(DocumentFormat.UBL).decode()
    assert "<cbc:TaxCurrencyCode>EUR</cbc:TaxCurrencyCode>" in ubl
    assert '<cbc:TaxAmount currencyID="EUR">17.58</cbc:TaxAmount>' in ubl


def test_in_the_own_currency_and_without_tax_there_is_nothing_to_say(
    payer: Payer,
) -> None:
    payer.pay("100.00")

    assert [each.accounting_tax for each in issued(payer)] == [None]


def test_two_foreign_currencies_meet_over_the_euro_on_one_day(
    billing_database: Database, bank: Sandbox
) -> None:
    polish = replace(DEMO_SELLER, accounting_currency="PLN")
    payer = a_payer(billing_database, bank, BillingSettings(sellers=Sellers(polish)))
    record(payer.harness, KNOWN)
    pay(payer, "100.00", "USD")

    (invoice,) = issued(payer)

    accounting = invoice.accounting_tax
    assert accounting is not None
    # 19.00 / 1.0805 * 4.2315 = 74.4086…
    assert accounting.tax == money("74.41", "PLN")
    assert accounting.rate == Decimal("0.255346803734")
    assert accounting.rate_day == TODAY - timedelta(days=2)


def test_without_a_rate_of_ten_days_the_invoice_waits_for_it(payer: Payer) -> None:
    pay(payer, "100.00", "GBP")
    payer.harness.pass_time(timedelta(hours=3))
    day = TODAY.isoformat()

    with capture_logs() as logs:
        assert issued(payer) == []

    (alert,) = (each for each in logs if each["log_level"] == "error")
    assert alert["event"] == "document_waits_for_exchange_rate"
    assert (alert["rate"], alert["hours"]) == (f"GBP/EUR {day}", 3)
    (waiting,) = waiting_documents(payer)
    assert (waiting.kind, waiting.waits_for) == (DocumentKind.INVOICE, f"GBP/EUR {day}")
    assert waiting.gross == money("119.00", "GBP")

    # Nobody else's waits for it, nor does its number leave a gap.
    pay(payer, "100.00", "USD")
    (other,) = issued(payer)
    record(
        payer.harness, [ExchangeRate(day=TODAY, currency="GBP", rate=Decimal("0.87"))]
    )
    _, invoice = issued(payer)

    assert invoice.accounting_tax is not None
    assert (invoice.accounting_tax.rate_day, invoice.paid_on) == (TODAY, TODAY)
    assert int(invoice.number[-6:]) == int(other.number[-6:]) + 1
    assert waiting_documents(payer) == []


def test_a_proforma_waits_for_no_rate(payer: Payer) -> None:
    payer.harness.open_wallet("SEK")
    quoted = payer.quote("100.00", "SEK")
    request = billing.top_ups.BeginTopUp(
        net=quoted.net, digest=quoted.digest, gateway=GatewayName.BANK_TRANSFER
    )
    payer.harness.call(billing.top_ups.BEGIN_TOP_UP, request, payer.owner())

    (proforma,) = issued(payer)

    assert (proforma.kind, proforma.accounting_tax) == (DocumentKind.PROFORMA, None)


def test_an_invoice_that_lacks_it_is_corrected_and_no_money_moves(
    payer: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An earlier version issued without a rate."""
    pay(payer, "100.00", "USD")
    with monkeypatch.context() as earlier:
        earlier.setattr(accounting_tax, "state", lambda *_: None)
        (lacking,) = issued(payer)
    credit(payer, lacking.number, "40.00")
    issued(payer)

    complete(payer, lacking.number)
    _, first, second, completed = issued(payer)

    assert (first.accounting_tax, second.accounting_tax) == (None, None)
    assert second.corrects is not None
    assert (second.corrects.number, second.net) == (lacking.number, money("60", "USD"))
    assert (completed.net, completed.tax) == (second.net, second.tax)
    assert completed.accounting_tax is not None
    assert completed.accounting_tax.tax == money("10.55")  # 11.40 / 1.0805
    assert completed.corrects is None
    usd = next(w for w in payer.harness.dashboard().wallets if w.currency == "USD")
    assert usd.balance == money("60", "USD")
    assert payer.harness.differences() == []
    for number in (lacking.number, completed.number):
        with pytest.raises(Conflict, match=r"nothing_to_complete|credited_already"):
            complete(payer, number)

    credit(payer, completed.number)
    *_, last = issued(payer)
    assert last.corrects is not None
    assert last.corrects.number == completed.number
    assert last.accounting_tax == completed.accounting_tax


def test_credit_notes_take_their_invoices_rate_and_leave_nothing(payer: Payer) -> None:
    pay(payer, "100.00", "USD")
    (invoice,) = issued(payer)
    newer = ExchangeRate(
        day=TODAY + timedelta(days=3), currency="USD", rate=Decimal("1.5")
    )
    record(payer.harness, [newer])
    payer.harness.pass_time(timedelta(days=5))

    for net in ("33.33", "33.33", None):
        credit(payer, invoice.number, net)

    _, *notes = issued(payer)
    said = [each.accounting_tax for each in (invoice, *notes)]
    assert {each.rate for each in said if each} == {Decimal("1.0805")}
    whole, *parts = [each.tax for each in said if each]
    assert len(parts) == 3
    assert sum(parts, start=money("0")) == whole


def test_a_refund_that_fails_is_invoiced_again_at_the_same_rate(payer: Payer) -> None:
    pay(payer, "100.00", "USD")
    credit(payer, issued(payer)[0].number)
    database, now = payer.harness.database, payer.harness.clock.now()
    with database.system() as session:
        call = Call(system("billing"), "", now)
        mine = Refund.company_id == payer.harness.company_id
        refund = session.query(Refund).where(mine).one()
        give_up(Change(session, payer.harness.service.runtime, call), refund, "closed")

    contents = issued(payer)

    assert [each.kind for each in contents] == [
        DocumentKind.INVOICE,
        DocumentKind.CREDIT_NOTE,
        DocumentKind.INVOICE,
    ]
    assert len({str(each.accounting_tax) for each in contents}) == 1


def test_rates_are_added_once_and_another_one_is_refused_and_reported(
    payer: Payer,
) -> None:
    day = date(2020, 1, 2)
    new = ExchangeRate(day=day, currency="CHF", rate=Decimal("1.0865"))
    other = ExchangeRate(day=day, currency="CHF", rate=Decimal("1.0866"))
    next_day = ExchangeRate(
        day=day + timedelta(days=1), currency="CHF", rate=Decimal("1.08")
    )

    assert record(payer.harness, [new]).added == 1
    assert record(payer.harness, [new]).known == 1
    told = record(payer.harness, [other, next_day])

    assert (told.added, told.known) == (1, 0)
    assert told.refused == [
        billing.exchange_rates.ChangedRate(
            day=day,
            currency="CHF",
            known=Decimal("1.0865"),
            offered=Decimal("1.0866"),
        )
    ]
    assert record(payer.harness, [new]).known == 1
    assert record(payer.harness, []).added == 0


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"currency": "EURO"}, "no_such_currency"),
        ({"currency": "EUR"}, "bad_rate"),
        ({"rate": Decimal(0)}, "bad_rate"),
        ({"rate": Decimal(-1)}, "bad_rate"),
        ({"rate": Decimal("1.000000001")}, "bad_rate"),
        ({"rate": Decimal(10) ** 10}, "bad_rate"),
        ({"rate": Decimal("NaN")}, "bad_rate"),
        ({"day": date(1, 1, 1)}, "bad_day"),
    ],
)
def test_a_wrong_rate_is_refused(
    payer: Payer, fields: dict[str, object], code: str
) -> None:
    good: dict[str, object] = {
        "day": TODAY,
        "currency": "SEK",
        "rate": Decimal("10.9"),
    }
    with pytest.raises(InvalidInput, match=code):
        record(payer.harness, [ExchangeRate(**good | fields)])  # type: ignore[arg-type]


def test_too_many_rates_at_once_are_refused(payer: Payer) -> None:
    with pytest.raises(InvalidInput, match="too_many_rows"):
        record(payer.harness, KNOWN * 201)


def test_the_database_refuses_to_change_a_rate(payer: Payer) -> None:
    with (
        pytest.raises(IntegrityError, match="append-only"),
        payer.harness.database.engine.begin() as connection,
    ):
        connection.execute(text("UPDATE exchange_rates SET rate = 2"))
