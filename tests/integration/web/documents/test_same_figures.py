"""Whatever is topped up and given back: every place says the ledger's figures.

The places are a document's PDF, the XML inside it and its UBL, its page, the list of
documents and its totals, the export for bookkeeping and the transactions as CSV.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from zipfile import ZipFile

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from cli.commands.documents import documents as commands
from launcher.servers.postgres import PostgresServer
from shared.contracts.billing.documents import DocumentKind
from shared.money import Money, zero
from tests.fixtures.billing.customers import Customer, customers
from tests.fixtures.installations import sign_in
from tests.fixtures.properties import over_database
from tests.fixtures.web.figures import (
    MARKS,
    Booked,
    Figures,
    Listed,
    Moved,
    Totals,
    read_attachment,
    read_bookkeeping,
    read_cii,
    read_list,
    read_page,
    read_pdf,
    read_totals,
    read_transactions,
    read_ubl,
)
from tests.fixtures.web.purchase_harness import (
    Purchase,
    PurchaseHarness,
    open_purchase_harness,
    purchases,
)

SPOKEN = {"DE": "de", "AT": "de", "PL": "pl"}
"""Of documents by their customer's country; English for all others."""

KINDS = {
    "PF": DocumentKind.PROFORMA,
    "INV": DocumentKind.INVOICE,
    "CN": DocumentKind.CREDIT_NOTE,
}

Wanted = dict[str, Figures]
"""What documents are to say, by their numbers."""


@pytest.fixture(scope="module")
def purchase_harness(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PurchaseHarness]:
    with open_purchase_harness(
        postgres_server, tmp_path_factory.mktemp("shop")
    ) as opened:
        yield opened


@pytest.fixture(scope="module")
def app(purchase_harness: PurchaseHarness) -> Flask:
    return purchase_harness.site.app()


@pytest.mark.property
@over_database(1)
@given(
    customer=customers,
    locale=st.sampled_from(sorted(MARKS)),
    basket=st.lists(purchases, min_size=3, max_size=9),
)
def test_every_place_says_the_same_figures(
    purchase_harness: PurchaseHarness,
    app: Flask,
    customer: Customer,
    locale: str,
    basket: Sequence[Purchase],
) -> None:
    company = purchase_harness.welcome(customer, locale)
    for purchase in basket:
        purchase_harness.sell(purchase)
    purchase_harness.site.run_job("issue_documents")
    browser = sign_in(app, f"{locale}@example.com")
    reader = Reader(browser, f"/companies/{company}", locale)
    _assert_told_the_same(purchase_harness, reader, customer)


@dataclass(frozen=True)
class Reader:
    """Somebody of the company in a browser; ``place`` is where its pages are."""

    browser: FlaskClient
    place: str
    language: str

    def get(self, address: str) -> bytes:
        answer = self.browser.get(address)
        assert answer.status_code == 200, address
        return bytes(answer.data)

    def documents(self) -> tuple[list[Listed], Totals]:
        """All pages of the list, the oldest document first."""
        listed: list[Listed] = []
        first = self.get(f"{self.place}/invoices").decode()
        rows, address = read_list(first, self.language)
        while address:
            listed += rows
            page = self.get(address).decode()
            rows, address = read_list(page, self.language)
        return [*listed, *rows][::-1], read_totals(first, self.language)

    def files(self) -> dict[str, bytes]:
        archive = ZipFile(io.BytesIO(self.get(f"{self.place}/invoices.zip")))
        names = archive.namelist()
        return {name.removesuffix(".pdf"): archive.read(name) for name in names}

    def transactions(self) -> list[Moved]:
        return read_transactions(self.get(f"{self.place}/transactions.csv"))


def _assert_told_the_same(
    purchase_harness: PurchaseHarness, reader: Reader, customer: Customer
) -> None:
    listed, totals = reader.documents()
    wanted = _by_number(
        listed, purchase_harness.wants(Decimal(customer.hundredths) / 100)
    )
    spoken = SPOKEN.get(customer.country, "en")
    _assert_files(reader, listed, wanted, spoken)
    pages = {
        each.number: read_page(
            reader.get(each.address).decode(), _kind(each.number), spoken
        )
        for each in listed
    }
    assert pages == wanted
    booked = _booked(purchase_harness)
    assert {each.number: each.figures for each in booked} == wanted
    given_back = _given_back(booked)
    assert {each.number: (each.gross, each.credited) for each in listed} == {
        number: (figures.gross, given_back.get(number))
        for number, figures in wanted.items()
    }
    assert totals == _totals(wanted)
    assert reader.transactions() == _moved(purchase_harness)


def _assert_files(
    reader: Reader, listed: Sequence[Listed], wanted: Wanted, language: str
) -> None:
    pdfs = reader.files()
    assert {
        number: read_pdf(pdf, _kind(number), language) for number, pdf in pdfs.items()
    } == wanted
    invoices = {
        number: figures
        for number, figures in wanted.items()
        if _kind(number) is not DocumentKind.PROFORMA
    }
    attached = {number: read_attachment(pdf) for number, pdf in pdfs.items()}
    assert {
        number: read_cii(xml) for number, xml in attached.items() if xml
    } == invoices
    assert {
        each.number: read_ubl(reader.get(f"{each.address}.ubl.xml"))
        for each in listed
        if each.number in invoices
    } == invoices


def _by_number(
    listed: Sequence[Listed], wanted: Mapping[DocumentKind, Sequence[Figures]]
) -> Wanted:
    by_number: Wanted = {}
    for kind, figures in wanted.items():
        numbers = [each.number for each in listed if _kind(each.number) is kind]
        by_number |= zip(numbers, figures, strict=True)
    return by_number


def _booked(purchase_harness: PurchaseHarness) -> list[Booked]:
    """What an operator exports of the day."""
    arguments = [
        "export",
        "--from",
        str(purchase_harness.today),
        "--to",
        str(purchase_harness.today),
    ]
    # The services are in this process, and would log to the same output.
    with capture_logs():
        result = CliRunner().invoke(
            commands, arguments, obj=purchase_harness.site.operator
        )
    assert result.exit_code == 0, result.output
    return read_bookkeeping(result.stdout, purchase_harness.payer.harness.company_id)


def _given_back(booked: Sequence[Booked]) -> dict[str, Money]:
    """Of invoices of which a part is: of the whole, the list says it in words."""
    gross = {each.number: each.figures.gross for each in booked}
    credited: dict[str, Money] = {}
    for each in booked:
        if each.corrects:
            before = credited.get(each.corrects, 0 * each.figures.gross)
            credited[each.corrects] = before + each.figures.gross
    return {
        number: amount for number, amount in credited.items() if amount < gross[number]
    }


def _totals(wanted: Wanted) -> Totals:
    groups: dict[tuple[DocumentKind, str], list[Figures]] = {}
    for number, figures in wanted.items():
        key = _kind(number), figures.gross.currency.code
        groups.setdefault(key, []).append(figures)
    return {
        (kind, code): (
            len(group),
            sum((each.net for each in group), start=zero(code)),
            sum((each.tax for each in group), start=zero(code)),
            sum((each.gross for each in group), start=zero(code)),
        )
        for (kind, code), group in groups.items()
    }


def _moved(purchase_harness: PurchaseHarness) -> list[Moved]:
    """What the ledger has moved in the wallets, the newest first."""
    balances: dict[str, Money] = {}
    moved = []
    for net, *_ in purchase_harness.ledger():
        code = net.currency.code
        balances[code] = balances.get(code, 0 * net) + net
        moved.append(Moved(net, balances[code]))
    return moved[::-1]


def _kind(number: str) -> DocumentKind:
    return KINDS[number.partition("-")[0]]
