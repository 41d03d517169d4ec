"""The list of transactions: where its rows lead, what leads to them, and its search."""

import csv
import io
import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from shared.contracts import billing, identity
from shared.contracts.identity.memberships import Role
from shared.contracts.inventory.services import Period
from tests.fixtures.billing.subscriber import Subscriber, euros
from tests.fixtures.installations import PASSWORD, Installation, sign_in

EMAIL, TESS = "ada@example.com", "tess@example.com"
NOTE = "Late delivery <b>"


@pytest.fixture
def subscriber(site: Installation) -> Subscriber:
    """Was paid for by bank, given some of it back, charged, and adjusted."""
    subscriber = Subscriber(site, EMAIL)
    top_up = subscriber.begin_top_up("100")
    subscriber.pay_by_bank(top_up)
    back = billing.top_ups.RefundTopUp(
        top_up_id=top_up.id, net=euros("40"), reason=NOTE
    )
    site.operator.call(billing.top_ups.REFUND_TOP_UP, back)
    subscriber.order()
    subscriber.charge()
    subscriber.book("5")
    site.run_job("issue_documents")
    return subscriber


@pytest.fixture
def browser(subscriber: Subscriber) -> FlaskClient:
    return sign_in(subscriber.site.app(), EMAIL)


def test_each_row_links_to_its_subject(
    subscriber: Subscriber, browser: FlaskClient
) -> None:
    rows = _rows(_get(browser, _place(subscriber)))

    assert [_words(row)[1].split()[0] for row in rows] == [
        "Correction",
        "Charge",
        "Refund",
        "Top-up",
    ]
    correction, charge, refund, paid = rows
    assert _hrefs(correction) == []
    (to_charge,) = _hrefs(charge)
    (to_service,) = re.findall(r'href="(/services/[^"]+)"', _get(browser, to_charge))
    assert "History" in _get(browser, to_service)
    for row, kind in ((refund, "Credit note"), (paid, "Invoice")):
        to_top_up, to_document = _hrefs(row)
        assert _heading(_get(browser, to_top_up)).startswith("Top-up TU-")
        assert _heading(_get(browser, to_document)).startswith(kind)


def test_a_document_leads_to_its_top_up_and_to_its_transaction_alone(
    subscriber: Subscriber, browser: FlaskClient
) -> None:
    _correction, _charge, refund, paid = _rows(_get(browser, _place(subscriber)))
    to_top_up = _hrefs(paid)[0]

    for row in (refund, paid):
        document = _get(browser, _hrefs(row)[1])
        assert to_top_up in _hrefs(_card(document, "details"))
        found = _get(browser, _link(document, "Transactions"))
        assert [_words(each) for each in _rows(found)] == [_words(row)]


def test_a_top_up_leads_to_its_documents_and_its_transactions(
    subscriber: Subscriber, browser: FlaskClient
) -> None:
    rows = _rows(_get(browser, _place(subscriber)))
    refund, paid = rows[2:]

    top_up = _get(browser, _hrefs(paid)[0])

    found = _rows(_get(browser, _more(top_up, "Transactions")))
    assert list(map(_words, found)) == list(map(_words, (refund, paid)))
    invoices = _get(browser, _more(top_up, "Invoice"))
    for row in (refund, paid):
        assert f'href="{_hrefs(row)[1]}"' in invoices


def test_a_service_leads_to_the_transactions_that_charged_it(
    subscriber: Subscriber, browser: FlaskClient
) -> None:
    charge = _rows(_get(browser, _place(subscriber)))[1]
    (to_charge,) = _hrefs(charge)
    (to_service,) = re.findall(r'href="(/services/[^"]+)"', _get(browser, to_charge))

    service = _get(browser, to_service)

    assert to_charge in _hrefs(_card(service, "charges"))
    assert "-10.00 EUR" in " ".join(_words(_rows(_card(service, "charges"))[0]))


def test_a_services_charges_are_paged(
    subscriber: Subscriber, browser: FlaskClient
) -> None:
    subscriber.book("100")
    service = subscriber.order(period=Period.DAY)
    subscriber.pass_time(days=11, hours=1)
    subscriber.charge()
    browser = sign_in(subscriber.site.app(), EMAIL)
    address: str | None = f"/services/{service}?company={subscriber.company_id}"
    pages = []

    while address:
        page = _get(browser, address)
        pages.append([_words(row)[1] for row in _rows(_card(page, "charges"))])
        onward = re.search(r'rel="next" href="([^"]+)"', page)
        address = onward[1] if onward else None

    assert [len(page) for page in pages] == [10, 2]
    assert len({row for page in pages for row in page}) == 12


def test_who_may_not_read_billing_sees_no_charges(subscriber: Subscriber) -> None:
    service = subscriber.order()
    subscriber.charge()
    tess = subscriber.site.operator.call(
        identity.people.CREATE_USER,
        identity.people.CreateUser(email=TESS, name="Tess", password=PASSWORD),
    )
    subscriber.site.operator.call(
        identity.memberships.ADD_MEMBER,
        identity.memberships.AddMember(
            company_id=subscriber.company_id, user_id=tess.id, role=Role.TECHNICAL
        ),
    )
    browser = sign_in(subscriber.site.app(), TESS)

    page = _get(browser, f"/services/{service}")

    assert 'id="history"' in page
    assert 'id="charges"' not in page


def test_a_search_keeps_the_filters_and_they_keep_it(
    subscriber: Subscriber, browser: FlaskClient
) -> None:
    place = _place(subscriber)
    filters = "type=refunds&currency=EUR&from=2026-01-01&to=2027-12-31"

    page = _get(browser, f"{place}?{filters}&q=late+DELIV")

    assert [_words(row)[1].split()[0] for row in _rows(page)] == ["Refund"]
    assert NOTE in " ".join(_words(_rows(page)[0]))
    form, days = re.findall(r'<form class="search".*?</form>', page, re.DOTALL)
    assert _fields(form) == {
        **dict(part.split("=") for part in filters.split("&")),
        "q": "late DELIV",
    }
    assert _fields(days)["q"] == "late DELIV"
    for address in re.findall(r'class="filter" href="([^"]+)"', page):
        assert "q=late+DELIV" in address
    (clear,) = re.findall(r'href="([^"]+)">Clear</a>', form)
    assert "q=" not in clear
    assert "type=refunds" in clear


def test_the_csv_holds_what_the_search_finds(
    subscriber: Subscriber, browser: FlaskClient
) -> None:
    page = _get(browser, f"{_place(subscriber)}?q=119.00")
    (address,) = re.findall(r'href="([^"]+transactions\.csv[^"]+)"', page)

    answer = browser.get(address)

    (row,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""))
    assert (row["What"], row["Amount"]) == ("Top-up", "100.000000")
    assert row["Top-up reference"].startswith("TU-")
    assert row["Document"].startswith("INV-")


def test_a_search_that_finds_nothing_says_what_can_be_done(
    subscriber: Subscriber, browser: FlaskClient
) -> None:
    place = _place(subscriber)

    page = _get(browser, f"{place}?q=nothing&type=refunds")

    assert _rows(page) == []
    without = _link(page, "Search without the filters")
    assert without == f"{place}?q=nothing"
    assert _link(_get(browser, without), "Show all transactions") == place


@pytest.mark.parametrize("typed", ["x" * 201, "+".join("abcdefghijkl")])
def test_a_search_that_can_not_be_is_refused_beside_its_field(
    subscriber: Subscriber, browser: FlaskClient, typed: str
) -> None:
    answer = browser.get(f"{_place(subscriber)}?q={typed}&type=refunds")

    page = unescape(answer.text)
    assert answer.status_code == 422
    assert "fewer or shorter words" in page
    (field,) = re.findall(r'<input[^>]+type="search"[^>]+>', page)
    assert 'aria-invalid="true"' in field
    assert f'value="{typed.replace("+", " ")}"' in page
    assert "can't be loaded" not in page
    assert browser.get(f"{_place(subscriber)}.csv?q={typed}").status_code == 422


def _place(subscriber: Subscriber) -> str:
    return f"/companies/{subscriber.company_id}/transactions"


def _get(browser: FlaskClient, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def _heading(page: str) -> str:
    (heading,) = re.findall(r"<h1>(.*?)</h1>", page, re.DOTALL)
    return _read(heading)


def _card(page: str, name: str) -> str:
    (card,) = re.findall(rf'<section id="{name}".*?</section>', page, re.DOTALL)
    return str(card)


def _rows(page: str) -> list[str]:
    rows = re.findall(r'<tr role="row">(.*?)</tr>', page, re.DOTALL)
    return [row for row in rows if "cell-value" in row]


def _words(row: str) -> list[str]:
    cells = re.findall(r'<div class="cell-value">(.*?)</td>', row, re.DOTALL)
    return [_read(cell) for cell in cells]


def _read(markup: str) -> str:
    words = re.sub(r"<(?!b>)[^>]+>", "", markup)
    return " ".join(words.replace("\N{MINUS SIGN}", "-").split())


def _hrefs(row: str) -> list[str]:
    return re.findall(r'href="([^"]+)"', row)


def _link(page: str, words: str) -> str:
    """The link to what belongs to it; the company's tab has the same words."""
    found = re.findall(rf'href="([^"]+)">{words}</a>', page)
    *_, address = sorted(found, key=lambda each: "?" in each)
    return str(address)


def _more(page: str, words: str) -> str:
    (address,) = re.findall(rf'class="more" href="([^"]+)">{words}<', page)
    return str(address)


def _fields(form: str) -> dict[str, str]:
    return dict(re.findall(r'name="([^"]+)"[^>]* value="([^"]*)"', form))
