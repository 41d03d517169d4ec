"""Messages and JSON: nothing is lost on the way, and nothing odd gets through."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest

from shared.contract import Request, Response
from shared.errors import (
    REFUSALS,
    ContractError,
    InvalidInput,
    NotFound,
    RemoteFault,
    rebuild,
)
from shared.money import Money
from shared.rpc.messages import (
    MAX_CALL_BYTES,
    decode_call,
    decode_reply,
    encode_call,
    encode_error,
    encode_result,
)
from shared.wire import from_wire, to_wire


class Parcel(Request, frozen=True, kw_only=True):
    label: str
    weight: Decimal = Decimal(0)
    price: Money | None = None


class Receipt(Response, frozen=True, kw_only=True):
    id: UUID
    price: Money
    at: datetime


RECEIPT = Receipt(
    id=UUID(int=7),
    price=Money(Decimal("12.340000"), "EUR"),
    at=datetime(2026, 1, 2, tzinfo=UTC),
)


def test_a_message_is_plain_json_on_the_wire() -> None:
    assert to_wire(RECEIPT) == {
        "id": "00000000-0000-0000-0000-000000000007",
        "price": {"amount": "12.340000", "currency": "EUR"},
        "at": "2026-01-02T00:00:00Z",
    }


def test_a_request_with_a_field_the_service_does_not_know_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        from_wire({"label": "x", "colour": "red"}, Parcel)

    assert caught.value.code == "malformed_message"


def test_a_response_may_have_a_field_the_caller_does_not_know() -> None:
    data = {**to_wire(RECEIPT), "colour": "red"}

    assert from_wire(data, Receipt) == RECEIPT


@pytest.mark.parametrize(
    "price",
    [
        {"amount": 12.5, "currency": "EUR"},
        {"amount": "12.5"},
        {"amount": "NaN", "currency": "EUR"},
        {"amount": "12.5", "currency": "NIL"},
        "12.50 EUR",
    ],
)
def test_money_that_is_none_is_refused(price: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        from_wire({"label": "x", "price": price}, Parcel)

    assert caught.value.code == "malformed_message"


def test_a_call_and_its_arguments_survive_the_wire() -> None:
    parcel = Parcel(label="héllo", weight=Decimal("0.10"))

    assert from_wire(decode_call(encode_call(parcel)), Parcel) == parcel


def test_a_call_that_is_too_large_is_refused_unread() -> None:
    with pytest.raises(InvalidInput):
        decode_call(encode_call(Parcel(label="x" * MAX_CALL_BYTES)))


def test_a_result_survives_the_wire() -> None:
    assert decode_reply(encode_result(to_wire(RECEIPT)), Receipt) == RECEIPT


@pytest.mark.parametrize("refusal_type", REFUSALS.values())
def test_a_refusal_survives_the_wire(refusal_type: type[ContractError]) -> None:
    refusal = refusal_type("code", "«detail»", {"limit": "1", "list": [1, None]})

    with pytest.raises(refusal_type) as caught:
        decode_reply(encode_error(refusal), Receipt)

    assert caught.value.args == refusal.args
    assert caught.value.parameters == refusal.parameters


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"[]",
        b"{",
        b'{"result": {"id": 7}, "error": null}',
        b'{"result": null, "error": null}',
        b'{"result": null, "error": {"exc_type": 1}}',
        b'{"result": ' + b"[" * 100_000,
        b"\xff",
    ],
)
def test_a_reply_that_is_not_what_was_agreed_is_a_fault(reply: bytes) -> None:
    with pytest.raises(RemoteFault):
        decode_reply(reply, Receipt)


@pytest.mark.parametrize(
    ("exc_type", "exc_args"),
    [
        ("ValueError", ["boom"]),
        ("NotFound", ["only a code"]),
        ("NotFound", ["code", "detail", "{"]),
        ("NotFound", ["code", "detail", "[]"]),
        ("NotFound", []),
    ],
)
def test_an_error_outside_the_contract_is_a_fault(
    exc_type: str, exc_args: list[str]
) -> None:
    assert isinstance(rebuild(exc_type, exc_args), RemoteFault)


def test_a_refusal_holds_three_strings_for_nameko() -> None:
    refusal = NotFound("gone", "detail", {"id": UUID(int=1)})

    assert all(isinstance(part, str) for part in refusal.args)
    assert msgspec.json.decode(refusal.args[2]) == {"id": str(UUID(int=1))}
