"""Billing killed again and again while it issues: no number is lost or given twice."""

import random
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count, groupby
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from launcher.machine.processes import leashed
from services.billing.gateways.bank_transfer import Account, BankTransfer
from services.billing.models.documents import Document, DocumentOrder, DocumentSeries
from services.billing.models.payments import Payment
from services.billing.models.top_ups import TopUp
from services.billing.parties.sellers import FIRST
from services.billing.settings import BillingSettings
from services.billing.top_ups.document_orders import Wanted, order
from shared.contracts import billing
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.billing.payments import BankCredit, GatewayName
from shared.contracts.identity.memberships import Role
from shared.contracts.notes import own_words
from shared.db.database import Database
from shared.principal import system
from shared.rpc.call import Call
from shared.rpc.change import Change
from tests.fixtures.billing.harness import START, BillingHarness, money
from tests.fixtures.sellers import SELLERS

PAYMENTS = 40
PROCESSES = 3
_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("documents", "dies_once_in", "deaths_at_least"),
    [
        pytest.param(100, 200, 3, marks=pytest.mark.full),
        pytest.param(1_000, 500, 10, marks=pytest.mark.fault),
    ],
)
@pytest.mark.timeout(900)
def test_however_often_issuing_is_killed_each_series_is_whole(
    billing_database_url: str, documents: int, dies_once_in: int, deaths_at_least: int
) -> None:
    with closing(Database(billing_database_url)) as database:
        _order_documents(database, documents)

        def issue_until_done(number: int) -> int:
            return _issue_until_done(billing_database_url, number, dies_once_in)

        with ThreadPoolExecutor(PROCESSES) as threads:
            deaths = sum(threads.map(issue_until_done, range(PROCESSES)))

        assert deaths >= deaths_at_least
        with database.system() as session:
            _check(session, documents)


def _order_documents(database: Database, documents: int) -> None:
    """Of all kinds, by two sellers; each has a word of its own, its reason."""
    account = Account("Client Area GmbH", "DE89370400440532013000", "COBADEFF", "Bank")
    gateways = {
        GatewayName.BANK_TRANSFER: BankTransfer({FIRST: account, "pl": account})
    }
    settings = BillingSettings(sellers=SELLERS)
    # In each seller's own currency, so that no invoice waits for an exchange rate.
    for country, currency in (("DE", "EUR"), ("PL", "PLN")):
        harness = BillingHarness(database, gateways=gateways, settings=settings)
        _pay_often(harness, country, currency)
    chance = random.Random(5)
    with database.system() as session:
        session.execute(delete(DocumentOrder))
        call = Call(system("billing"), "", START)
        change = Change(session, harness.service.runtime, call)
        payments = session.scalars(select(Payment).order_by(Payment.id)).all()
        assert len(payments) == PAYMENTS
        invoices: Counter[UUID] = Counter()
        for number in range(documents):
            payment = payments[number % PAYMENTS]
            row = session.get_one(TopUp, payment.top_up_id)
            kind = chance.choice(list(DocumentKind))
            # A credit note needs an invoice of which something is left.
            if number < PAYMENTS or _lacks_invoice(kind, invoices[payment.id]):
                kind = DocumentKind.INVOICE
            invoices[payment.id] += _INVOICES_LEFT.get(kind, 0)
            order(change, row, _wanted(kind, payment, number))


_INVOICES_LEFT = {DocumentKind.INVOICE: 1, DocumentKind.CREDIT_NOTE: -1}


def _lacks_invoice(kind: DocumentKind, invoices: int) -> bool:
    return kind is DocumentKind.CREDIT_NOTE and not invoices


def _wanted(kind: DocumentKind, payment: Payment, number: int) -> Wanted:
    payment_id = None if kind is DocumentKind.PROFORMA else payment.id
    net, tax = money("1.00").amount, money("0.19").amount
    note = own_words(f"order {number}")
    return Wanted(kind, net, tax, payment_id, note=note)


def _pay_often(harness: BillingHarness, country: str, currency: str) -> None:
    """Pay one top-up by bank, as often as is needed of each seller's."""
    harness.live_in("Europe/Berlin", country=country)
    harness.open_wallet(currency)
    owner = harness.principals.user(Role.OWNER, harness.company_id)
    quote = harness.call(
        billing.top_ups.QUOTE_TOP_UP,
        billing.top_ups.QuoteTopUp(net=money("50.00", currency)),
        owner,
    )
    begin = billing.top_ups.BeginTopUp(
        net=quote.net, digest=quote.digest, gateway=GatewayName.BANK_TRANSFER
    )
    top_up = harness.call(billing.top_ups.BEGIN_TOP_UP, begin, owner)
    credits_ = [
        BankCredit(
            transaction=f"{country}{n}", amount=quote.gross, text=top_up.reference
        )
        for n in range(PAYMENTS // 2)
    ]
    book = billing.payments.BookBankPayments(credits=credits_)
    harness.call(billing.payments.BOOK_BANK_PAYMENTS, book, harness.operator())


def _issue_until_done(url: str, number: int, dies_once_in: int) -> int:
    """Begin the process again after each death; returns how many there were."""
    for deaths in count():
        module = ["-m", "tests.faults.dying.issuing"]
        arguments = [url, f"{number}/{deaths}", str(dies_once_in)]
        done = subprocess.run(
            leashed([sys.executable, *module, *arguments]),
            cwd=_ROOT,
            capture_output=True,
            check=False,
            text=True,
        )
        if done.returncode == 0:
            return deaths
        assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
    raise AssertionError("unreachable")


def _check(session: Session, documents_ordered: int) -> None:
    assert session.scalar(select(func.count()).select_from(DocumentOrder)) == 0
    documents = session.scalars(
        select(Document).order_by(Document.series, Document.number_in_series)
    ).all()
    reasons = sorted(each.content["reason"] for each in documents)
    assert reasons == sorted(f"order {number}" for number in range(documents_ordered))
    series = {row.code: row for row in session.scalars(select(DocumentSeries))}
    assert len(series) == 2 * len(DocumentKind)
    for code, group in groupby(documents, key=lambda each: each.series):
        issued = list(group)
        numbers = [each.number_in_series for each in issued]
        assert numbers == list(range(1, series[code].last_number + 1))
        days = [each.issued_on for each in issued]
        assert days == sorted(days)
        assert series[code].last_day == days[-1]
        assert [each.position for each in issued] == sorted(
            each.position for each in issued
        )
