"""Calls and replies as bytes: what was sent arrives, and anything else is a fault."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from shared.contract import Request, Response
from shared.errors import REFUSALS, ContractError, InvalidInput, RemoteFault
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


class Receipt(Response, frozen=True, kw_only=True):
    id: UUID
    price: Money
    at: datetime


RECEIPT = Receipt(
    id=UUID(int=7),
    price=Money(Decimal("12.340000"), "EUR"),
    at=datetime(2026, 1, 2, tzinfo=UTC),
)


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
