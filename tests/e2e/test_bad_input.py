"""Nonsense gets a clear answer, and nobody sees what is another's."""

import re
import socket
from itertools import product
from urllib.parse import quote, urlsplit

import pytest
import requests
from playwright.sync_api import expect

from tests.e2e.conftest import SignIn
from tests.fixtures.web.pages import HTMX

PATIENCE_S = 20
FIELDS = ("q", "family", "state", "sort", "after", "company")
HOSTILE = (
    "' OR 1=1 --",
    "a & | ! ( ) : * <-> \\",
    "%00",
    "\N{NULL}",
    "<script>alert(1)</script>",
    "x" * 10_000,
    "\N{PILE OF POO}" * 50,
    "\N{RIGHT-TO-LEFT OVERRIDE}abc \N{HEBREW LETTER ALEF}\N{ARABIC LETTER BEH}",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
)


def test_a_hostile_address_gets_an_answer_and_runs_nothing(sign_in: SignIn) -> None:
    browser = sign_in().request

    for text, field in product(HOSTILE, FIELDS):
        answer = browser.get(f"/services?{field}={quote(text)}")

        assert answer.status < 500, (field, text[:40])
        assert "<script>alert(1)" not in answer.text()
        assert "<h1" in answer.text()


def test_too_large_a_request_is_refused_by_its_length_alone(site: str) -> None:
    address = urlsplit(site)
    lines = (
        "POST /login HTTP/1.1",
        f"Host: {address.netloc}",
        "Content-Length: 99999999",
    )
    with socket.create_connection((address.hostname, address.port), PATIENCE_S) as sent:
        sent.sendall("\r\n".join((*lines, "", "")).encode())
        answer = sent.recv(1000)

    assert answer.split()[1] == b"413"


def test_pages_come_compressed(site: str) -> None:
    headers = {"Accept-Encoding": "gzip"}

    answer = requests.get(f"{site}/login", headers=headers, timeout=PATIENCE_S)

    assert answer.headers["Content-Encoding"] == "gzip"
    assert "</html>" in answer.text


def test_an_unknown_filter_names_the_choices_there_are(sign_in: SignIn) -> None:
    answer = sign_in().request.get("/services?state=exploded")

    assert answer.status == 422
    assert "termination-requested" in answer.text()


def test_a_forged_paging_key_leads_back_to_the_first_page(sign_in: SignIn) -> None:
    answer = sign_in().request.get("/services?after=WyJmb3JnZWQiXQ")

    assert answer.status == 422
    assert "first page" in answer.text()


def test_an_unknown_address_is_a_page_that_leads_home(sign_in: SignIn) -> None:
    page = sign_in()

    answer = page.goto("/no/such/page")

    assert answer is not None
    assert answer.status == 404
    page.get_by_role("link", name="Go to the dashboard").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


@pytest.mark.over_the_broker
def test_another_companys_things_are_not_there(sign_in: SignIn) -> None:
    aurora = sign_in("demo@example.com")
    company = re.search(r"company=([0-9a-f-]{36})", aurora.content())
    aurora.goto("/services?q=db-01")
    service = aurora.locator("tbody a").first.get_attribute("href") or ""
    assert company is not None
    assert "/services/" in service

    stranger = sign_in("other@example.com").request

    assert stranger.get(service.partition("?")[0]).status == 404
    for page in ("profile", "members"):
        assert stranger.get(f"/companies/{company[1]}/{page}").status == 404
    for block in ("balance", "menu", "recommended", "services", "costs", "security"):
        answer = stranger.get(f"/blocks/{block}?company={company[1]}", headers=HTMX)
        assert answer.status == 404
        assert "Aurora" not in answer.text()


def test_switching_to_another_companys_company_is_refused(sign_in: SignIn) -> None:
    aurora = re.search(r"company=([0-9a-f-]{36})", sign_in().content())
    assert aurora is not None
    page = sign_in("other@example.com")
    token = page.locator("input[name=csrf_token]").first.get_attribute("value")

    answer = page.request.post(
        "/companies/switch", form={"company": aurora[1], "csrf_token": token or ""}
    )

    assert answer.status == 404
    page.goto("/")
    expect(page.locator("#block-balance")).to_contain_text("GBP")
