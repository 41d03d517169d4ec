"""Documents in the hub, from the real billing: one's own, and nobody else's."""

import csv
import io
import re
from uuid import UUID, uuid4
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient

from shared.contracts import billing
from shared.money import Money, currency_of
from tests.fixtures.installations import Installation, begin_top_up, sign_in
from tests.fixtures.repeating import meant

EMAIL = "ada@example.com"

_OF_THIS_ANSWER = re.compile(
    r"\b[0-9a-f]{16}\b|invoices/[0-9a-f-]{36}|csrf_token\" value=\"[^\"]*"
    r"|X-CSRFToken[^}]*|form_key\" value=\"[^\"]*"
)


@pytest.fixture
def company(site: Installation) -> UUID:
    """Has begun a top-up by bank transfer, which a proforma asks for."""
    company = site.customer(EMAIL, "Ada & Co")
    wallet = billing.wallets.OpenWallet(company_id=company, currency="EUR")
    site.operator.call(billing.wallets.OPEN_WALLET, wallet)
    begin_top_up(sign_in(site.app(), EMAIL))
    site.run_job("issue_documents")
    return company


def test_what_a_customer_is_asked_to_pay_can_be_read_printed_kept_and_paid(
    site: Installation, company: UUID
) -> None:
    browser, place = sign_in(site.app(), EMAIL), f"/companies/{company}/invoices"

    listed = browser.get(place).text
    (address,) = set(re.findall(rf'href="({place}/[0-9a-f-]+)"', listed))
    page = browser.get(address).text
    pdf = browser.get(f"{address}.pdf")
    archive = ZipFile(io.BytesIO(browser.get(f"{place}.zip").data))

    assert "Proforma" in listed
    assert "Open</span>" in listed
    assert "Ada &amp; Co" in page
    # The customer is German, and so is the document; its reader is not.
    assert 'lang="de"' in page.split("<article", 1)[1].split(">", 1)[0]
    assert "23,80" in page
    assert pdf.data.startswith(b"%PDF-")
    assert [archive.read(name) for name in archive.namelist()] == [pdf.data]
    assert browser.get(f"{address}.xml").status_code == 404
    (to_pay,) = re.findall(r'href="([^"]+)">Pay 23.80', page)
    paying = browser.get(to_pay)
    assert "Pay by bank transfer" in paying.text
    (back,) = re.findall(r'href="([^"]+)">Proforma', paying.text)
    assert f'href="{address}"' in browser.get(back).text


def test_another_companys_document_and_one_that_never_was_look_the_same(
    site: Installation, company: UUID
) -> None:
    ours = sign_in(site.app(), EMAIL)
    document = _first_document(ours, company)
    other = site.customer("bob@example.com", "Bob & Co")
    theirs = sign_in(site.app(), "bob@example.com")

    for ending in ("", ".pdf", ".xml"):
        answers = [
            theirs.get(f"/companies/{other}/invoices/{each}{ending}")
            for each in (document, uuid4())
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        one, other_one = (_without_ids(answer.text) for answer in answers)
        assert one == other_one
        in_ours = theirs.get(f"/companies/{company}/invoices/{document}{ending}")
        assert in_ours.status_code == 404
    assert (
        f"/invoices/{document}" not in theirs.get(f"/companies/{other}/invoices").text
    )
    assert theirs.get(f"/companies/{other}/invoices.zip").status_code == 404


def test_the_csv_has_more_transactions_than_a_page_and_than_a_call(
    site: Installation, company: UUID
) -> None:
    method = billing.wallets.ADJUST_WALLET
    for number in range(105):
        request = billing.wallets.AdjustWallet(
            company_id=company,
            amount=Money("0.01", currency_of("EUR")),
            kind=billing.wallets.AdjustmentKind.GOODWILL,
            reason=f"=SUM({number})",
        )
        meant(lambda each: site.operator.call(method, each), request)

    answer = sign_in(site.app(), EMAIL).get(f"/companies/{company}/transactions.csv")

    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert [row[2] for row in rows[1:]] == [f"'=SUM({n})" for n in reversed(range(105))]
    assert rows[1][1:2] + rows[1][3:6] == ["Goodwill", "0.010000", "EUR", "1.050000"]


def _first_document(browser: FlaskClient, company: UUID) -> str:
    place = f"/companies/{company}/invoices"
    found = re.search(rf'href="{place}/([0-9a-f-]+)"', browser.get(place).text)
    assert found
    return found[1]


def _without_ids(page: str) -> str:
    """Leave out what differs between any two answers."""
    return _OF_THIS_ANSWER.sub("", page)
