"""The sandbox's answers as billing reads them, and its notices."""

import functools
import json
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest

from services.billing.gateways.gateway import Order, Repayment, RepaymentRefusedError
from services.billing.gateways.sandbox import (
    SIGNATURE_HEADER,
    TOLERANCE_S,
    SandboxGateway,
    sign,
)
from shared.errors import InvalidInput, Unauthenticated, Unavailable
from shared.money import Money, currency_of

SECRET = "sandbox-secret"
AMOUNT = Money(Decimal(10), currency_of("EUR"))


@pytest.fixture
def gateway() -> Iterator[SandboxGateway]:
    """Of a sandbox that finds all it is asked for in conflict."""

    class Conflict(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(409)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET  # noqa: N815  the standard library's name

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Conflict)
    serve = functools.partial(server.serve_forever, poll_interval=0.01)
    threading.Thread(target=serve, daemon=True).start()
    try:
        yield SandboxGateway(f"http://127.0.0.1:{server.server_port}", SECRET, "")
    finally:
        server.shutdown()
        server.server_close()


def test_a_repayment_in_conflict_is_refused_permanently(
    gateway: SandboxGateway,
) -> None:
    with pytest.raises(RepaymentRefusedError):
        gateway.repay(Repayment(uuid4(), "tx", AMOUNT))


@pytest.mark.parametrize(
    "ask",
    [
        lambda gateway: gateway.ask("co"),
        lambda gateway: gateway.open_checkout(
            Order(uuid4(), uuid4(), "TU", AMOUNT, "http://localhost/")
        ),
    ],
)
def test_any_other_conflict_is_not_an_answer(
    gateway: SandboxGateway, ask: Callable[[SandboxGateway], object]
) -> None:
    with pytest.raises(Unavailable, match="gateway_unreachable"):
        ask(gateway)


@pytest.mark.parametrize("signed_at", ["old", "early", "", "nan", "1e9"])
def test_a_notice_signed_at_another_time_is_taken_for_forged(signed_at: str) -> None:
    now = int(time.time())
    apart = {"old": -TOLERANCE_S - 60, "early": TOLERANCE_S + 60}
    at = str(now + apart[signed_at]) if signed_at in apart else signed_at
    headers = {SIGNATURE_HEADER: f"{at}.{sign(SECRET, at, '{}')}"}

    with pytest.raises(Unauthenticated, match="notice_forged"):
        SandboxGateway("", SECRET, "").read_notice(headers, "{}")


@pytest.mark.parametrize(
    "nonsense",
    [
        {"amount": {"amount": "-119", "currency": "EUR"}},
        {"amount": {"amount": "0", "currency": "EUR"}},
        {"amount": {"amount": "0.001", "currency": "EUR"}},
        {"amount": {"amount": "9" * 30, "currency": "EUR"}},
        {"amount": {"amount": "1e3", "currency": "EUR"}},
        {"amount": {"amount": "1", "currency": "XXL"}},
        {"amount": {}},
        {"id": ""},
        {"id": "tx\0"},
        {"id": "x" * 2_000},
        {"card_brand": "\u202e"},
        {"failure": "\0"},
        {"outcome": "splendid"},
        {"order_id": "17"},
    ],
    ids=str,
)
def test_a_notice_that_says_nonsense_is_malformed(nonsense: dict[str, Any]) -> None:
    notice = {
        "id": "tx",
        "order_id": str(uuid4()),
        "outcome": "succeeded",
        "amount": {"amount": "119", "currency": "EUR"},
        "card_brand": "Visa",
        "card_last4": "4242",
        "failure": None,
    }
    gateway = SandboxGateway("http://localhost", SECRET, "")
    assert gateway.read_notice(*_signed(json.dumps(notice)))

    with pytest.raises(InvalidInput, match="malformed_message"):
        gateway.read_notice(*_signed(json.dumps(notice | nonsense)))


@pytest.mark.parametrize("body", ["", "[]", "null", '"\\ud800"', "[" * 10_000])
def test_a_notice_that_is_none_is_malformed(body: str) -> None:
    gateway = SandboxGateway("http://localhost", SECRET, "")

    with pytest.raises(InvalidInput, match="malformed_message"):
        gateway.read_notice(*_signed(body))


def _signed(body: str) -> tuple[dict[str, str], str]:
    now = str(int(time.time()))
    return {SIGNATURE_HEADER: f"{now}.{sign(SECRET, now, body)}"}, body
