"""What is read of htmx 4's headers, and written into them."""

import pytest
from flask import Flask

from web.page.htmx import make_response, register_htmx, request

OPEN = "https://clients.example:8443/funds/t%C3%A9st?net=1%2C5&q=a%26b"


@pytest.fixture
def app() -> Flask:
    made = Flask(__name__)
    register_htmx(made)
    return made


def test_a_request_of_htmx_says_what_asked_and_what_was_open(app: Flask) -> None:
    headers = {
        "HX-Request": "true",
        "HX-Request-Type": "partial",
        "HX-Source": "button#b%C3%A9",
        "HX-Current-URL": OPEN,
    }
    with app.test_request_context("/", headers=headers):
        assert request.htmx
        assert request.htmx.is_partial
        assert request.htmx.source == "button#bé"
        assert request.htmx.current_host == "clients.example"
        # The query keeps its escapes, without which it would be another one.
        assert request.htmx.current_address == "/funds/tést?net=1%2C5&q=a%26b"


@pytest.mark.parametrize(
    "sent", [{}, {"HX-Request": "false"}, {"HX-Current-URL": "https://[x"}]
)
def test_another_request_is_none_of_htmx(app: Flask, sent: dict[str, str]) -> None:
    with app.test_request_context("/", headers=sent):
        assert not request.htmx
        assert not request.htmx.is_partial
        assert request.htmx.current_host is None
        assert request.htmx.current_address == "?"


def test_an_answer_has_the_headers_for_htmx(app: Flask) -> None:
    with app.test_request_context("/"):
        answer = make_response("x", 201, trigger="changed", replace_url="/a")
        away = make_response("", redirect="/login")

    assert answer.status_code == 201
    assert dict(answer.headers) == {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Length": "1",
        "HX-Trigger": "changed",
        "HX-Replace-Url": "/a",
    }
    assert away.headers["HX-Redirect"] == "/login"
