"""What is left of goodwill, whatever came and went."""

from decimal import Decimal

import pytest

from services.billing.models.ledger import EntryKind
from services.billing.refunds.goodwill import Movement, left_of_goodwill

GOODWILL, PAID, CHARGE, BACK, OUT = (
    EntryKind.GOODWILL,
    EntryKind.TOP_UP,
    EntryKind.CHARGE,
    EntryKind.UNUSED_TIME,
    EntryKind.REFUND,
)


@pytest.mark.parametrize(
    ("moves", "left"),
    [
        ([], 0),
        ([(PAID, 100), (GOODWILL, 25)], 25),
        # It is spent first, and what was paid in stays.
        ([(PAID, 100), (GOODWILL, 25), (CHARGE, -25)], 0),
        ([(PAID, 100), (CHARGE, -100), (GOODWILL, 25)], 25),
        # What comes back is what went last.
        ([(GOODWILL, 25), (CHARGE, -25), (BACK, 25)], 25),
        ([(GOODWILL, 25), (CHARGE, -20), (PAID, 10), (CHARGE, -15), (BACK, 10)], 0),
        ([(GOODWILL, 25), (CHARGE, -20), (PAID, 10), (CHARGE, -15), (BACK, 15)], 5),
        ([(GOODWILL, 9), (CHARGE, -9), (PAID, 50), (CHARGE, -50), (BACK, 50)], 0),
        # It pays what was used on credit, and comes back from there.
        ([(CHARGE, -50), (GOODWILL, 25)], 0),
        ([(CHARGE, -50), (GOODWILL, 25), (BACK, 50)], 25),
        ([(CHARGE, -50), (GOODWILL, 60)], 10),
        # Given by mistake, and taken away again.
        ([(GOODWILL, 25), (GOODWILL, -25), (PAID, 10)], 0),
        ([(PAID, 100), (GOODWILL, 25), (OUT, -100)], 25),
    ],
)
def test_goodwill_is_spent_first_and_what_comes_back_is_what_went_last(
    moves: list[tuple[EntryKind, int]], left: int
) -> None:
    balance, movements = Decimal(0), []
    for kind, amount in moves:
        balance += amount
        movements.append(Movement(kind, Decimal(amount), balance))

    assert left_of_goodwill(movements) == left
