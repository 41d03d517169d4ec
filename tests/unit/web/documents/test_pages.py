"""The pages of documents, before a billing whose answers are made up."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from flask.testing import FlaskClient

from services.billing.documents.rendering.sheet import lay_out
from shared.contracts.actors import UNNAMED
from shared.contracts.billing.charging import LIST_CHARGES, ChargePage
from shared.contracts.billing.documents import (
    GET_DOCUMENT,
    LIST_DOCUMENTS,
    Document,
    DocumentKind,
    DocumentState,
    DocumentTotal,
    ListDocuments,
    QuotedTax,
)
from shared.contracts.billing.transactions import (
    LIST_TRANSACTIONS,
    Transaction,
    TransactionPage,
)
from shared.contracts.notes import own_words
from shared.errors import NotFound, RemoteFault, Unavailable
from shared.permissions import Permission
from tests.fixtures.documents import (
    AT,
    TOP_UP_ID,
    money,
    page_of,
    paper,
    reference_to,
    whole,
)
from tests.fixtures.fake_services import (
    OTHER_OF_OURS,
    OURS,
    SOMEBODY_ELSES,
    FakeServices,
)

LIST = f"/companies/{OURS}/invoices"
KINDS = pytest.mark.parametrize("kind", DocumentKind)


@pytest.fixture
def browser(billing: FakeServices) -> FlaskClient:
    return billing.browser()


def test_without_documents_the_list_says_when_the_first_one_comes(
    billing: FakeServices, browser: FlaskClient
) -> None:
    _lists(billing)

    page = _open(browser, LIST)

    assert "No invoices yet" in page
    assert 'href="/funds/add' in page
    assert "Download ZIP" not in page
    assert "Totals" not in page


def test_a_transaction_leads_to_its_document_once_that_is_issued(
    billing: FakeServices, browser: FlaskClient
) -> None:
    document = reference_to(paper(number="CN-7"))
    moved = Transaction(
        number=1,
        entry_id=uuid4(),
        at=AT,
        kind="refund",
        note=own_words("As asked"),
        actor=UNNAMED,
        amount=money("-10.00"),
        balance=money("0.00"),
        top_up_reference="TU-1",
        document=document,
    )
    not_yet = msgspec.structs.replace(moved, document=None)
    billing.answers[str(LIST_TRANSACTIONS)] = lambda _: TransactionPage(
        transactions=[moved, not_yet],
        currencies=["EUR"],
        previous=None,
        next=None,
        failed=[],
    )

    page = _open(browser, f"/companies/{OURS}/transactions")

    assert page.count(f'href="{LIST}/{document.id}"') == 1
    assert page.count(">CN-7</bdi></a>") == 1


def test_an_invoice_taxed_otherwise_than_quoted_says_what_was_quoted(
    billing: FakeServices, browser: FlaskClient
) -> None:
    shown = whole(paper("INV-1"))
    quoted = QuotedTax(quoted_on=AT.date(), words="VAT 17 %")
    content = msgspec.structs.replace(shown.content, quoted=quoted)
    shown = msgspec.structs.replace(shown, content=content, sheet=lay_out(content))
    _answer(billing, GET_DOCUMENT, lambda _: shown)

    page = _open(browser, f"{LIST}/{shown.document.id}")

    assert "VAT 17 %" in _sheet(page)


def test_where_nothing_matches_the_way_back_to_all_is_shown(
    billing: FakeServices, browser: FlaskClient
) -> None:
    _lists(billing)

    page = _open(browser, f"{LIST}?type=credit-note")

    assert "No documents match" in page
    assert f'<br><a href="{LIST}">' in page


@pytest.mark.parametrize(
    ("failure", "status"), [(Unavailable("away"), 503), (RemoteFault("bug"), 500)]
)
def test_without_billing_the_page_is_shown_with_its_filters(
    billing: FakeServices, browser: FlaskClient, failure: Exception, status: int
) -> None:
    _answer(billing, LIST_DOCUMENTS, lambda _: _raise(failure))

    answer = browser.get(f"{LIST}?from=2026-01-01")
    page = unescape(answer.text)

    assert answer.status_code == status
    assert "Invoices are unavailable right now." in page
    assert f'<a href="{LIST}?from=2026-01-01">' in page
    assert 'value="2026-01-01"' in page


def test_what_was_last_known_is_shown_and_said_to_be(
    billing: FakeServices, browser: FlaskClient
) -> None:
    _lists(billing, paper("INV-7"))
    browser.get(LIST)
    _answer(billing, LIST_DOCUMENTS, lambda _: _raise(Unavailable("away")))

    page = _open(browser, LIST)

    assert "INV-7" in page
    assert "We can't load this page right now." in page


def test_a_row_leads_to_the_document_its_files_and_what_it_corrects(
    billing: FakeServices, browser: FlaskClient
) -> None:
    corrected = paper("INV-1")
    note = paper(
        "CN-1",
        DocumentKind.CREDIT_NOTE,
        DocumentState.SETTLED,
        corrects=reference_to(corrected),
    )
    _lists(billing, note)

    (row,) = _rows(_open(browser, LIST))

    assert "Credit note for" in row
    assert "Settled" in row
    assert "27 Feb 2026" in row
    assert "119<" in row
    assert set(re.findall(r'<a href="([^"]+)"', row)) == {
        f"{LIST}/{note.id}",
        f"{LIST}/{corrected.id}",
        f"{LIST}/{note.id}.pdf",
        f"{LIST}/{note.id}.xml",
    }


@pytest.mark.parametrize("may_pay", [True, False])
def test_an_open_proforma_says_when_it_is_due_and_who_may_pay_it_can(
    billing: FakeServices, browser: FlaskClient, *, may_pay: bool
) -> None:
    if not may_pay:
        billing.permissions -= {Permission.ADD_FUNDS}
    _lists(
        billing,
        paper("PF-2", DocumentKind.PROFORMA, DocumentState.OPEN),
        paper("PF-1", DocumentKind.PROFORMA, DocumentState.ENDED),
    )

    open_one, ended = _rows(_open(browser, LIST))

    payment = f'href="/funds/top-ups/{TOP_UP_ID}?company={OURS}"'
    assert (payment in open_one) is may_pay
    assert ("Pay 119.00" in open_one) is may_pay
    assert "27 Feb<" in open_one
    assert payment not in ended


def test_a_proforma_has_no_xml(billing: FakeServices, browser: FlaskClient) -> None:
    it = paper("PF-1", DocumentKind.PROFORMA, DocumentState.OPEN)
    _lists(billing, it)

    (row,) = _rows(_open(browser, LIST))

    assert f"{LIST}/{it.id}.pdf" in row
    assert ".xml" not in row


@KINDS
def test_files_that_are_being_made_are_not_links(
    billing: FakeServices, browser: FlaskClient, kind: DocumentKind
) -> None:
    it = paper("D-1", kind, is_ready=False)
    _lists(billing, it)
    _answer(billing, GET_DOCUMENT, lambda _: whole(it))

    for page in (_open(browser, LIST), _open(browser, f"{LIST}/{it.id}")):
        assert "Being created" in page or "We are creating its files." in page
        assert ".pdf" not in page
        assert ".xml" not in page


def test_a_partly_credited_invoice_shows_the_sum(
    billing: FakeServices, browser: FlaskClient
) -> None:
    _lists(billing, paper(credited="20.00"))

    (row,) = _rows(_open(browser, LIST))

    assert re.search(r">20<.*EUR</span></span> credited", row, re.DOTALL)


def test_totals_are_by_type_and_currency_and_never_added_up(
    billing: FakeServices, browser: FlaskClient
) -> None:
    totals = [
        _total(DocumentKind.INVOICE, 3, "1200", "EUR"),
        _total(DocumentKind.INVOICE, 1, "500", "USD"),
        _total(DocumentKind.CREDIT_NOTE, 1, "80", "EUR"),
    ]
    _lists(billing, paper(), totals=totals)

    page = _open(browser, f"{LIST}?from=2026-01-01")
    rows = [_words(row) for row in _rows(page.split('id="totals"')[1])]

    assert [(row[0], row[1], row[4]) for row in rows] == [
        ("Invoices EUR", "3", "1,200.00 EUR"),
        ("Invoices USD", "1", "500.00 USD"),
        ("Credit notes EUR", "1", "80.00 EUR"),
    ]
    assert f"{LIST}?type=credit-note&from=2026-01-01" in page


def test_the_filters_and_the_place_of_an_address_are_what_is_asked_for(
    billing: FakeServices, browser: FlaskClient
) -> None:
    _lists(billing, paper(), after="further")

    page = _open(
        browser,
        f"{LIST}?type=invoice&state=paid&from=2026-01-01&to=2026-03-31&after=here",
    )

    ((_, company, asked),) = _calls(billing, LIST_DOCUMENTS)
    assert company == OURS
    assert isinstance(asked, ListDocuments)
    assert (asked.kind, asked.state) == (DocumentKind.INVOICE, DocumentState.PAID)
    assert (str(asked.first_day), str(asked.last_day)) == ("2026-01-01", "2026-03-31")
    assert asked.cursor == "here"
    kept = "type=invoice&state=paid&from=2026-01-01&to=2026-03-31"
    assert f'rel="next" href="{LIST}?{kept}&after=further"' in page
    assert f'href="/companies/{OURS}/invoices.zip?{kept}"' in page


def test_the_documents_of_one_top_up_are_shown_as_such(
    billing: FakeServices, browser: FlaskClient
) -> None:
    _lists(billing, paper())

    page = _open(browser, f"{LIST}?top-up={TOP_UP_ID}")

    ((_, _, asked),) = _calls(billing, LIST_DOCUMENTS)
    assert asked.top_up_id == TOP_UP_ID
    assert "only the documents of one" in page
    assert f'name="top-up" value="{TOP_UP_ID}"' in page
    assert browser.get(f"{LIST}?top-up=nonsense").status_code == 404


@KINDS
def test_a_document_says_all_that_it_holds(
    billing: FakeServices, browser: FlaskClient, kind: DocumentKind
) -> None:
    it = paper("D-1", kind)
    _answer(billing, GET_DOCUMENT, lambda _: whole(it))

    markup = browser.get(f"{LIST}/{it.id}").text

    sheet = _sheet(markup)
    for words in (
        "Nordlicht Cloud GmbH",
        "Ours &amp; &lt;b&gt;Co&lt;/b&gt;",
        "Prepaid &lt;i&gt;credit&lt;/i&gt;",
        "DE123456789",
        "VAT 19 % in Germany, in the document&#39;s words",
        "TU-4F7K-2M9Q-8RTW",
        "27 February 2026",
    ):
        assert words in sheet
    assert markup.count("<h1") == 1


def test_the_document_is_in_its_language_and_the_page_in_the_readers(
    billing: FakeServices, browser: FlaskClient
) -> None:
    shown = whole(paper("INV-1"))
    content = msgspec.structs.replace(shown.content, language="de")
    shown = msgspec.structs.replace(shown, content=content, sheet=lay_out(content))
    _answer(billing, GET_DOCUMENT, lambda _: shown)

    page = _open(browser, f"{LIST}/{shown.document.id}")

    sheet = _sheet(page)
    assert '<html lang="en"' in page
    assert 'lang="de"' in sheet
    for words in ("Rechnung", "Kunde", "Deutschland", "119,00\N{NO-BREAK SPACE}EUR"):
        assert words in sheet
    assert "119.00" not in sheet
    assert "This document is in German" in page.replace(sheet, "")


@KINDS
def test_an_invoice_alone_says_when_it_was_paid(
    billing: FakeServices, browser: FlaskClient, kind: DocumentKind
) -> None:
    it = paper("D-1", kind)
    _answer(billing, GET_DOCUMENT, lambda _: whole(it))

    page = _open(browser, f"{LIST}/{it.id}")

    assert ("<dt>Paid on</dt>" in page) is (kind is DocumentKind.INVOICE)


@pytest.mark.parametrize(
    ("kind", "state", "payable"),
    [
        (DocumentKind.PROFORMA, DocumentState.OPEN, True),
        (DocumentKind.PROFORMA, DocumentState.PAID, False),
        (DocumentKind.PROFORMA, DocumentState.ENDED, False),
        (DocumentKind.INVOICE, DocumentState.PAID, False),
    ],
)
def test_only_an_open_proforma_can_be_paid_and_leads_there(
    billing: FakeServices,
    browser: FlaskClient,
    kind: DocumentKind,
    state: DocumentState,
    *,
    payable: bool,
) -> None:
    it = paper("D-1", kind, state)
    _answer(billing, GET_DOCUMENT, lambda _: whole(it))

    page = _open(browser, f"{LIST}/{it.id}")

    to_top_up = f'href="/funds/top-ups/{TOP_UP_ID}?company={OURS}"'
    assert (f'class="btn btn-primary" {to_top_up}' in page) is payable
    assert f"<a {to_top_up}>" in page


@pytest.mark.parametrize("state", [DocumentState.OPEN, DocumentState.PAID])
def test_a_proforma_shows_how_to_pay_as_long_as_it_can_be_paid(
    billing: FakeServices, browser: FlaskClient, state: DocumentState
) -> None:
    it = paper("D-1", DocumentKind.PROFORMA, state)
    _answer(billing, GET_DOCUMENT, lambda _: whole(it))

    page = _open(browser, f"{LIST}/{it.id}")

    assert ("<dt>IBAN</dt>" in page) is (state is DocumentState.OPEN)
    in_fours = "<bdi>DE02 1203 0000 0000 2020 51</bdi>"
    assert (in_fours in page) is (state is DocumentState.OPEN)
    assert "Not given" not in page


@pytest.mark.parametrize(
    ("kind", "other", "label"),
    [
        (DocumentKind.PROFORMA, DocumentKind.INVOICE, "Invoices"),
        (DocumentKind.INVOICE, DocumentKind.PROFORMA, "Proforma"),
    ],
)
def test_a_proforma_and_its_invoice_lead_to_each_other(
    billing: FakeServices,
    browser: FlaskClient,
    kind: DocumentKind,
    other: DocumentKind,
    label: str,
) -> None:
    it, belonging = paper("D-1", kind), paper("D-2", other)
    both = whole(it, belongs_to=(reference_to(belonging),))
    _answer(billing, GET_DOCUMENT, lambda _: both)

    page = _open(browser, f"{LIST}/{it.id}")

    assert f'href="{LIST}/{belonging.id}"' in page
    assert f"{label} D-2" in _details(page)


def test_who_may_not_pay_is_not_led_to_paying(
    billing: FakeServices, browser: FlaskClient
) -> None:
    billing.permissions -= {Permission.ADD_FUNDS}
    shown = whole(paper("D-1", DocumentKind.PROFORMA, DocumentState.OPEN))
    _answer(billing, GET_DOCUMENT, lambda _: shown)

    page = _open(browser, f"{LIST}/{shown.document.id}")

    assert "Pay 119.00" not in page
    assert f"Top-up {shown.content.reference}" in _details(page)


def test_a_document_leads_to_what_corrects_it(
    billing: FakeServices, browser: FlaskClient
) -> None:
    it = paper("INV-1", credited="14.88")
    note = paper("CN-1", DocumentKind.CREDIT_NOTE)
    _answer(
        billing,
        GET_DOCUMENT,
        lambda _: whole(it, corrected_by=(reference_to(note),)),
    )

    page = _open(browser, f"{LIST}/{it.id}")

    assert f'<a href="{LIST}/{note.id}">' in page
    details = _details(page)
    assert "Credit notes CN-1" in details
    assert "14.88 EUR of 119.00 EUR" in details


def test_a_document_that_is_not_there_is_said_so_within_the_frame(
    billing: FakeServices, browser: FlaskClient
) -> None:
    _answer(billing, GET_DOCUMENT, lambda _: _raise(NotFound("no_such_document")))

    answer = browser.get(f"{LIST}/{uuid4()}")

    assert answer.status_code == 404
    assert "This document does not exist in this company." in answer.text
    assert 'id="block-menu"' in answer.text


def test_invoices_are_beside_transactions_and_wallets(
    billing: FakeServices, browser: FlaskClient
) -> None:
    _lists(billing)

    menu = _open(browser, LIST).split('id="sidebar"')[1].split("</nav>")[0]

    places = [f"/companies/{OURS}/{p}" for p in ("invoices", "transactions", "wallets")]
    assert [p for p in re.findall(r'href="([^"]+)"', menu) if p in places] == places
    assert f'href="{LIST}" aria-current="page"' in menu


def test_another_company_of_ones_own_is_acted_for_without_switching(
    billing: FakeServices, browser: FlaskClient
) -> None:
    _lists(billing, paper("PF-1", DocumentKind.PROFORMA, DocumentState.OPEN))

    page = _open(browser, LIST.replace(str(OURS), str(OTHER_OF_OURS)))

    ((_, company, _asked),) = _calls(billing, LIST_DOCUMENTS)
    assert company == OTHER_OF_OURS
    assert f"/funds/top-ups/{TOP_UP_ID}?company={OTHER_OF_OURS}" in page


@pytest.mark.parametrize("page", ["list", "document", "transactions", "transaction"])
def test_the_pages_of_another_company_say_that_one_acts_for_this(
    billing: FakeServices, browser: FlaskClient, page: str
) -> None:
    it = paper()
    _lists(billing, it)
    _answer(billing, GET_DOCUMENT, lambda _: whole(it))
    _answer(
        billing,
        LIST_TRANSACTIONS,
        lambda _: TransactionPage(
            transactions=[], currencies=[], previous=None, next=None, failed=[]
        ),
    )
    _answer(billing, LIST_CHARGES, lambda _: ChargePage(charges=[], next=None))
    path = {
        "list": "invoices",
        "document": f"invoices/{it.id}",
        "transactions": "transactions",
        "transaction": f"transactions/{it.id}",
    }[page]

    theirs = f"/companies/{OTHER_OF_OURS}/{path}"
    told = _open(browser, theirs)

    assert "You are working in <bdi>Ours & Co</bdi>" in told
    assert ">Switch to Another & Co</button>" in told
    assert f'name="next" value="{theirs}"' in told
    assert "another company of yours" not in _open(browser, f"/companies/{OURS}/{path}")


@pytest.mark.parametrize(
    "path",
    [
        "invoices",
        f"invoices/{OURS}",
        f"invoices/{OURS}.pdf",
        f"invoices/{OURS}.xml",
        f"invoices/{OURS}.ubl.xml",
        "invoices.zip",
        "transactions.csv",
    ],
)
def test_somebody_elses_company_is_not_there_and_its_services_are_not_asked(
    billing: FakeServices, browser: FlaskClient, path: str
) -> None:
    answer = browser.get(f"/companies/{SOMEBODY_ELSES}/{path}")

    assert answer.status_code == 404
    assert "You are not a member of this company." in answer.text
    assert SOMEBODY_ELSES not in {company for _, company, _ in billing.calls}


def _answer(
    billing: FakeServices, method: object, answer: Callable[[Any], Any]
) -> None:
    billing.answers[str(method)] = answer


def _lists(
    billing: FakeServices,
    *papers: Document,
    totals: list[DocumentTotal] | None = None,
    after: str | None = None,
) -> None:
    page = page_of(*papers, totals=tuple(totals or ()), after=after)
    _answer(billing, LIST_DOCUMENTS, lambda _: page)


def _calls(billing: FakeServices, method: object) -> list[tuple[str, UUID, Any]]:
    return [call for call in billing.calls if call[0] == str(method)]


def _raise(failure: Exception) -> None:
    raise failure


def _total(kind: DocumentKind, count: int, gross: str, currency: str) -> DocumentTotal:
    zero, all_of_it = money("0", currency), money(gross, currency)
    return DocumentTotal(
        kind=kind, count=count, net=all_of_it, tax=zero, gross=all_of_it
    )


def _open(browser: FlaskClient, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def _sheet(page: str) -> str:
    """The document itself."""
    return "<article" + page.split("<article", 1)[1].split("</article>", 1)[0]


def _details(page: str) -> str:
    """The words of the card that says what belongs to a document."""
    card = page.split('id="details"', 1)[1].split("</dl>", 1)[0]
    return " ".join(re.sub(r"<[^>]+>", "", card).split())


def _rows(page: str) -> list[str]:
    """The rows of the first table."""
    body = page.split("<tbody", 1)[1].split("</tbody>", 1)[0]
    return re.findall(r'<tr role="row">(.*?)</tr>', body, re.DOTALL)


def _words(row: str) -> list[str]:
    """The words of each cell."""
    cells = re.findall(r'<div class="cell-value">(.*?)</div></td>', row, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", "", cell).split()) for cell in cells]
