"""Messages as JSON: nothing is lost on the way, and nothing odd gets through."""

from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest

from shared.contract import Request, Response
from shared.errors import InvalidInput
from shared.money import Money
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


class Size(Enum):
    SMALL = "small"


class Letter(Request, frozen=True, kw_only=True):
    size: Size


@pytest.mark.parametrize("wrong", ["ada@example.com", "it's ada@ - at `$.x`", 7])
def test_a_refusal_says_where_a_message_is_wrong_but_not_with_which_value(
    wrong: object,
) -> None:
    with pytest.raises(InvalidInput) as caught:
        from_wire({"size": wrong}, Letter)

    assert caught.value.detail.endswith(" - at `$.size`")
    assert "ada" not in caught.value.detail


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
