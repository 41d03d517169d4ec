"""The code of docs/developers/adding.md: short, and it runs as it stands there."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import ChoiceLoader, DictLoader

from shared.contracts import billing as contract
from shared.contracts import identity
from shared.errors import Conflict
from tests.fixtures.documents import paper
from tests.fixtures.fake_services import OURS, FakeServices
from tests.fixtures.installations import csrf_token
from tests.fixtures.pieces import new_pieces_app
from tests.fixtures.web.top_ups import refusing

DOCUMENT = Path(__file__).parents[3] / "docs" / "developers" / "adding.md"
TEN_LINES = 10
ADDRESS = f"/companies/{OURS}/example"


def blocks(language: str) -> list[str]:
    """The document's pieces of code."""
    text = DOCUMENT.read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def example_app() -> Flask:
    app = new_pieces_app()
    templates = {}
    for text in blocks("html"):
        name, _, template = text.partition("\n")
        templates[name.strip("{# }")] = template
    assert app.jinja_env.loader
    app.jinja_env.loader = ChoiceLoader([DictLoader(templates), app.jinja_env.loader])
    names: dict[str, Any] = {"__name__": "web.example"}
    exec("\n".join(blocks("python")), names)
    app.register_blueprint(names["bp"])
    return app


@pytest.fixture
def fake_services(example_app: Flask) -> FakeServices:
    return FakeServices(example_app)


@pytest.fixture
def browser(fake_services: FakeServices) -> FlaskClient:
    return fake_services.browser()


@pytest.mark.parametrize("text", [*blocks("python")[1:], *blocks("html")])
def test_each_piece_takes_ten_lines(text: str) -> None:
    assert len([line for line in text.splitlines() if line.strip()]) <= TEN_LINES


def test_the_page_shows_its_answer(
    fake_services: FakeServices, browser: FlaskClient
) -> None:
    company = identity.companies.Company(
        id=OURS,
        name="Ours & Co",
        address=identity.companies.Address(country="DE"),
        time_zone="UTC",
        is_business=True,
        version=1,
    )
    fake_services.answers[str(identity.companies.GET_COMPANY)] = lambda _: company

    answer = browser.get(ADDRESS)

    assert answer.status_code == 200
    assert "<bdi>Ours &amp; Co</bdi>" in answer.text
    assert 'id="block-balance"' in answer.text


def test_the_list_leads_to_its_next_page(
    fake_services: FakeServices, browser: FlaskClient
) -> None:
    listing = contract.documents.DocumentPage(
        documents=[paper("INV-1")], totals=[], previous=None, next="onward"
    )
    fake_services.answers[str(contract.documents.LIST_DOCUMENTS)] = lambda _: listing

    page = browser.get(f"{ADDRESS}/invoices").text

    assert "INV-1" in page
    assert f'rel="next" href="{ADDRESS}/invoices?after=onward"' in page


def test_the_form_changes_something_once_and_keeps_what_was_chosen(
    fake_services: FakeServices, browser: FlaskClient
) -> None:
    method = str(contract.wallets.ADD_WALLET)
    fake_services.answers[method] = refusing(Conflict("wallet_exists"))
    token = csrf_token(browser, f"{ADDRESS}/wallet")
    form = {"csrf_token": token, "form_key": "a-key", "currency": "USD"}

    refused = browser.post(f"{ADDRESS}/wallet", data=form)

    assert refused.status_code == 409
    assert 'id="field-currency-error"' in refused.text
    assert '<option selected value="USD">' in refused.text
    assert 'name="form_key" value="a-key"' in refused.text
    fake_services.answers[method] = lambda _: None
    assert browser.post(f"{ADDRESS}/wallet", data=form).status_code == 303
    expired = browser.post(f"{ADDRESS}/wallet", data={"currency": "USD"})
    assert expired.headers["Location"] == f"{ADDRESS}/wallet?currency=USD"
