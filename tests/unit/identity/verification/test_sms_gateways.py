"""The gateway over HTTP, against a server that answers as it is told."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest

from services.identity.verification.sms_gateways import (
    HttpGateway,
    LoggedTexts,
    TextMessage,
    TextNotSentError,
    read_gateway,
)
from shared.settings import SettingError, read_settings

MESSAGE = TextMessage("+4915123456789", 'Say "{key}", {to} & €', "key-1")


@dataclass
class Gateway:
    """``status`` is what it answers; ``requests`` are the headers and bodies it got."""

    url: str
    status: int = 202
    requests: list[tuple[dict[str, str], str]] = field(default_factory=list)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found.requests.append((dict(self.headers), body))
            self.send_response(found.status)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    found = Gateway(f"http://127.0.0.1:{server.server_port}/messages")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def made_from(**environment: str) -> HttpGateway:
    made = read_gateway(read_settings(environment))
    assert isinstance(made, HttpGateway)
    return made


def test_a_json_request_is_as_the_settings_say(gateway: Gateway) -> None:
    made_from(
        SMS_URL=gateway.url,
        SMS_HEADERS='{"Authorization": "Bearer secret"}',
        SMS_BODY='{"all": [{"to": "{to}", "body": "{text}", "n": 1}], "id": "{key}"}',
    ).send(MESSAGE)
    ((headers, body),) = gateway.requests
    assert headers["Authorization"] == "Bearer secret"
    to = {"to": MESSAGE.to, "body": MESSAGE.text, "n": 1}
    assert json.loads(body) == {"all": [to], "id": "key-1"}


def test_a_form_is_sent_as_well(gateway: Gateway) -> None:
    made_from(SMS_URL=gateway.url, SMS_FORMAT="form").send(MESSAGE)
    ((headers, body),) = gateway.requests
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(body) == {
        "to": [MESSAGE.to],
        "text": [MESSAGE.text],
        "idempotency_key": ["key-1"],
    }


@pytest.mark.parametrize(
    ("status", "is_final"),
    [(400, True), (401, True), (302, True), (408, False), (429, False), (503, False)],
)
def test_a_refusal_is_final_where_it_is_of_the_message(
    gateway: Gateway, status: int, *, is_final: bool
) -> None:
    gateway.status = status
    with pytest.raises(TextNotSentError) as refused:
        made_from(SMS_URL=gateway.url).send(MESSAGE)
    assert (refused.value.failure, refused.value.is_final) == (str(status), is_final)
    assert len(gateway.requests) == 1, "no redirect is followed"


def test_a_gateway_out_of_reach_is_tried_again() -> None:
    with pytest.raises(TextNotSentError) as refused:
        HttpGateway("http://127.0.0.1:9/messages").send(MESSAGE)
    assert not refused.value.is_final


@pytest.mark.parametrize(
    "wrong",
    [
        {"SMS_URL": "http://sms.example.com/"},
        {"SMS_URL": "sms.example.com"},
        {"SMS_FORMAT": "xml"},
        {"SMS_BODY": "[]"},
        {"SMS_HEADERS": '{"Authorization": 1}'},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingError, match="SMS_"):
        read_gateway(read_settings({"SMS_URL": "https://sms.example.com/", **wrong}))


def test_without_a_gateway_codes_are_logged_for_developers_only() -> None:
    assert isinstance(read_gateway(read_settings({})), LoggedTexts)
    public = read_settings({"PUBLIC_URL": "https://clients.example.com"})
    assert read_gateway(public) is None
