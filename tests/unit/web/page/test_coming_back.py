"""Coming back: the page that was open, and what was typed there."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from shared.contracts import identity
from shared.contracts.billing.tax import GET_TAX_PROFILE, SET_TAX_ID, TaxProfile
from tests.fixtures.fake_services import OTHER_OF_OURS, OURS, FakeServices
from tests.fixtures.installations import csrf_token
from tests.fixtures.web.pages import FRAGMENTS, HTMX
from tests.fixtures.web.top_ups import TOP_UP_ID
from web.page.addresses import (
    own_address,
    page_of_form,
    page_of_fragment,
    return_address,
)

TEMPLATES = Path(__file__).parents[4] / "web" / "templates"
OPEN = "/companies/{company}/transactions?type=charges&q=a%26b"

SIGNED = {"/webhooks/<gateway>"}
"""No form: who sends these signs them."""

EXAMPLES = {
    "/account/verification/document/state": (
        "/account/verification/document/state?step=company_document&state=checking",
        "/account/verification",
    ),
    "/blocks/<name>": ("/blocks/costs?at=services", "/"),
    "/funds/quote": (
        "/funds/quote?net=12,5&currency=EUR&gateway=sandbox&digest=d",
        "/funds/add?net=12,5&currency=EUR&gateway=sandbox",
    ),
    "/funds/top-ups/<top_up_id>/state": (
        f"/funds/top-ups/{TOP_UP_ID}/state",
        f"/funds/top-ups/{TOP_UP_ID}",
    ),
    "/companies/<company_id>/profile/tax": (
        f"/companies/{OURS}/profile/tax",
        f"/companies/{OURS}/profile",
    ),
}
"""Of each fragment, an address and that of its page."""

EACH_FRAGMENT = pytest.mark.parametrize(("fragment", "page"), EXAMPLES.values())


@pytest.fixture
def stranger(answered_app: Flask, billing: FakeServices) -> FlaskClient:
    return answered_app.test_client()


def company(version: int) -> identity.companies.Company:
    return identity.companies.Company(
        id=OURS,
        name="Ours",
        address=identity.companies.Address(country="DE"),
        time_zone="UTC",
        is_business=True,
        version=version,
    )


def rules(app: Flask, method: str) -> dict[str, Rule]:
    return {
        rule.rule: rule
        for rule in app.url_map.iter_rules()
        if method in (rule.methods or ())
    }


def next_of(answer: TestResponse) -> str:
    """Where the login leads to."""
    login = answer.headers.get("HX-Redirect") or answer.headers["Location"]
    assert urlsplit(login).path == "/login"
    return parse_qs(urlsplit(login).query).get("next", ["/"])[0]


def test_every_fragment_has_its_page_and_an_example_here(pieces_app: Flask) -> None:
    got = rules(pieces_app, "GET")
    with pieces_app.app_context():
        pages = {
            address: page.endpoint
            for address, rule in got.items()
            if (page := page_of_fragment(rule.endpoint))
        }
    wanted = {address: got[page].endpoint for address, page in FRAGMENTS.items()}

    assert pages == wanted
    assert set(EXAMPLES) == set(FRAGMENTS)


def test_whatever_a_template_fetches_is_a_fragment(pieces_app: Flask) -> None:
    texts = "".join(file.read_text() for file in TEMPLATES.rglob("*.html"))
    fetched = re.findall(r'hx-get="{{ url_for\("([^"]+)"', texts)

    assert len(fetched) == len(re.findall("hx-get=|hx-post=", texts)) > 0
    with pieces_app.app_context():
        for endpoint in fetched:
            assert page_of_fragment(endpoint), endpoint


def test_every_form_has_its_page(pieces_app: Flask) -> None:
    got = {rule.endpoint: rule for rule in rules(pieces_app, "GET").values()}
    posted = rules(pieces_app, "POST")
    with pieces_app.app_context():
        for address in set(posted) - SIGNED:
            page = page_of_form(posted[address].endpoint)
            assert page, f"name the page of {address} with form_on"
            named = got[page.endpoint].arguments
            assert named <= posted[address].arguments, address


@EACH_FRAGMENT
def test_a_fragment_opened_by_hand_leads_to_its_page(
    billing: FakeServices, fragment: str, page: str
) -> None:
    answer = billing.browser().get(fragment)

    assert answer.status_code == 303
    assert answer.headers["Location"] == page


@EACH_FRAGMENT
def test_where_nothing_says_what_was_open_it_is_the_fragments_page(
    stranger: FlaskClient, fragment: str, page: str
) -> None:
    answer = stranger.get(fragment, headers=HTMX)

    assert answer.status_code == 401
    assert next_of(answer) == page


@EACH_FRAGMENT
@pytest.mark.parametrize("has_ended", [True, False])
def test_after_signing_in_one_is_back_at_the_page_that_was_open(
    billing: FakeServices,
    stranger: FlaskClient,
    fragment: str,
    page: str,
    *,
    has_ended: bool,
) -> None:
    shown = OPEN.format(company=OURS)
    browser = billing.browser() if has_ended else stranger
    billing.session_has_ended = has_ended

    answer = browser.get(
        fragment, headers={**HTMX, "HX-Current-URL": f"http://localhost{shown}"}
    )

    assert answer.status_code == 401
    assert next_of(answer) == shown


@pytest.mark.parametrize("host", ["localhost:8000", "[::1]:8000"])
def test_a_page_is_ours_whatever_its_hosts_port_and_form(
    answered_app: Flask, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setitem(answered_app.config, "TRUSTED_HOSTS", None)
    headers = {**HTMX, "HX-Current-URL": f"http://{host}/services?q=a"}
    with answered_app.test_request_context(
        "/blocks/costs", base_url=f"http://{host}", headers=headers
    ):
        assert return_address() == "/services?q=a"


def test_what_is_typed_into_an_open_page_comes_along(stranger: FlaskClient) -> None:
    fragment, _ = EXAMPLES["/funds/quote"]
    shown = f"http://localhost/funds/add?net=5&currency=USD&company={OURS}"

    answer = stranger.get(fragment, headers={**HTMX, "HX-Current-URL": shown})

    path, _, query = next_of(answer).partition("?")
    assert path == "/funds/add"
    assert parse_qs(query) == {
        "net": ["12,5"],
        "currency": ["EUR"],
        "gateway": ["sandbox"],
        "company": [str(OURS)],
    }


def test_a_query_that_is_too_long_for_a_header_is_left_out(
    stranger: FlaskClient,
) -> None:
    answer = stranger.get(f"/services?q={'x' * 9_000}", headers=HTMX)

    assert next_of(answer) == "/services"


@pytest.mark.parametrize(
    "shown",
    [
        "https://evil.example/services",
        "http://localhost@evil.example/services",
        "http://localhost//evil.example",
        "http://localhost/\\evil.example",
        "http://localhost/no/such/page",
        "javascript:alert(1)",
        "https://[x",
        "",
    ],
)
def test_a_page_that_is_none_of_ours_is_not_come_back_to(
    stranger: FlaskClient, shown: str
) -> None:
    headers = {**HTMX, "HX-Current-URL": shown}

    assert next_of(stranger.get("/blocks/costs", headers=headers)) == "/"


@pytest.mark.parametrize(
    ("target", "page"),
    [
        ("/blocks/costs", "/"),
        ("/funds/quote?net=5&x=1", "/funds/add?net=5"),
        (f"/companies/{OURS}/wallets/primary", f"/companies/{OURS}/wallets"),
        (f"/companies/{OURS}/tax-id?tax_id=X", f"/companies/{OURS}/profile"),
        ("//evil.example/blocks/costs", None),
        ("/webhooks/stripe", None),
    ],
)
def test_an_address_of_a_part_or_a_form_is_that_of_its_page(
    pieces_app: Flask, target: str, page: str | None
) -> None:
    with pieces_app.test_request_context("/"):
        assert own_address(target) == page


def test_a_forms_own_address_opened_by_hand_leads_to_its_page(
    billing: FakeServices,
) -> None:
    answer = billing.browser().get(f"/companies/{OURS}/wallets/comfort-buffer")

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/companies/{OURS}/wallets"


EDIT = f"/companies/{OURS}/profile/edit"
FORMS = [
    (
        "/funds/add",
        {"company": str(OURS), "net": "12,5", "currency": "EUR", "gateway": "sandbox"},
        {"company": [str(OURS)], "net": ["12,5"], "currency": ["EUR"]}
        | {"gateway": ["sandbox"]},
        "/funds/add",
    ),
    (
        f"/companies/{OURS}/wallets/comfort-buffer",
        {"currency": "EUR", "buffer": "7", "horizon": "x"},
        {"currency": ["EUR"], "buffer": ["7"], "horizon": ["x"]},
        f"/companies/{OURS}/wallets",
    ),
    (
        f"/funds/top-ups/{TOP_UP_ID}/refund-requests",
        {"payment": "p", "reason": "Twice & more"},
        {"payment": ["p"], "reason": ["Twice & more"]},
        f"/funds/top-ups/{TOP_UP_ID}",
    ),
    (f"/funds/top-ups/{TOP_UP_ID}/pay", {}, {}, f"/funds/top-ups/{TOP_UP_ID}"),
    ("/theme", {"next": "/services?q=x"}, {"q": ["x"]}, "/services"),
    ("/theme", {"next": "//evil.example"}, {}, "/"),
    (EDIT, {"name": "A"}, {}, EDIT),
    (f"/companies/{OURS}/tax-id", {"tax_id": "D1"}, {}, f"/companies/{OURS}/profile"),
]
"""The last two are of legal details and a VAT ID, which are in no address."""


@pytest.mark.parametrize(("address", "fields", "kept", "page"), FORMS)
def test_a_form_of_nobody_leads_to_its_page_by_way_of_the_login(
    stranger: FlaskClient,
    address: str,
    fields: dict[str, str],
    kept: dict[str, list[str]],
    page: str,
) -> None:
    answer = stranger.post(address, data=fields | {"password": "secret"})

    assert answer.status_code == 303
    path, _, query = next_of(answer).partition("?")
    assert (path, parse_qs(query)) == (page, kept)
    # Sent by another site it brings no cookies, and must not end the session here.
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(("address", "fields", "kept", "page"), FORMS[:-2])
def test_a_form_that_has_expired_leads_to_its_page_with_what_was_typed(
    billing: FakeServices,
    address: str,
    fields: dict[str, str],
    kept: dict[str, list[str]],
    page: str,
) -> None:
    answer = billing.browser().post(address, data=fields | {"csrf_token": "old"})

    assert answer.status_code == 303
    path, _, query = answer.headers["Location"].partition("?")
    assert (path, parse_qs(query)) == (page, kept)
    assert billing.calls == []


def test_a_long_form_that_has_expired_is_its_page_with_what_was_typed(
    billing: FakeServices,
) -> None:
    billing.answers[str(identity.companies.GET_COMPANY)] = lambda _: company(3)
    fields = {"name": "Typed & Co", "country": "AT", "version": "2"}

    answer = billing.browser().post(f"/companies/{OURS}/profile/edit", data=fields)

    assert answer.status_code == 400
    assert 'value="Typed &amp; Co"' in answer.text
    assert '<option selected value="AT">' in answer.text
    assert 'name="version" value="2"' in answer.text
    assert str(identity.companies.CHANGE_COMPANY) not in {
        method for method, _, _ in billing.calls
    }


def test_a_vat_id_is_shown_again_in_the_answer(billing: FakeServices) -> None:
    billing.answers[str(identity.companies.GET_COMPANY)] = lambda _: company(1)
    billing.answers[str(GET_TAX_PROFILE)] = lambda _: TaxProfile(
        company_id=OURS, tax_id=None, takes_tax_id=True, decision=None, problem=None
    )

    answer = billing.browser().post(f"/companies/{OURS}/tax-id", data={"tax_id": "D1"})

    assert answer.status_code == 400
    assert 'value="D1"' in answer.text
    assert str(SET_TAX_ID) not in {method for method, _, _ in billing.calls}


def test_a_login_that_has_expired_keeps_the_email_and_no_password(
    stranger: FlaskClient,
) -> None:
    entered = {"email": "ada@example.com", "password": "a-long-Password-1"}

    answer = stranger.post("/login?next=/services", data=entered)

    assert answer.status_code == 400
    assert 'value="ada@example.com"' in answer.text
    assert "a-long-Password-1" not in answer.text
    assert 'action="/login?next=/services"' in answer.text


def test_a_session_that_ends_before_a_form_is_sent_keeps_what_was_typed(
    billing: FakeServices, answered_app: Flask
) -> None:
    browser = billing.browser()
    token = csrf_token(browser, "/")
    billing.session_has_ended = True
    typed = {"net": "12,5", "currency": "EUR", "gateway": "sandbox"}

    answer = browser.post("/funds/add", data=typed | {"csrf_token": token})

    assert next_of(answer) == "/funds/add?net=12,5&currency=EUR&gateway=sandbox"


def test_who_has_switched_company_meanwhile_keeps_what_was_typed(
    billing: FakeServices,
) -> None:
    browser = billing.browser()
    token = csrf_token(browser, "/")
    typed = {"net": "12,5", "currency": "EUR", "gateway": "sandbox"}
    there = {"csrf_token": token, "company": str(OTHER_OF_OURS)}

    answer = browser.post("/funds/add", data=typed | there)

    assert answer.status_code == 409
    onward = re.findall(r'name="next" value="(/funds/add[^"]*)"', answer.text)
    assert parse_qs(urlsplit(unescape(onward[-1])).query) == {
        name: [value] for name, value in typed.items()
    }
