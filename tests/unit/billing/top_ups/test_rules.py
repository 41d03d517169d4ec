"""What bounds a top-up, what is next to it, and when there is more room."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from services.billing.top_ups.rules import (
    Bounds,
    Circumstances,
    Counted,
    instead,
    next_room,
)
from shared.contracts.billing.top_ups import NextRoom
from shared.contracts.identity.people import VerificationStep
from shared.money import Money

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def euros(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


EMAIL = Bounds(
    minimum=Decimal(10),
    maximum=Decimal(100),
    per_day=Decimal(100),
    max_balance=Decimal(5000),
    lifted_by=VerificationStep.PHONE,
)


def about(*paid: tuple[int, str], open_net: str = "0") -> Circumstances:
    """Of a company with an email alone that paid so many hours after NOON."""
    return Circumstances(
        limits=EMAIL,
        balance=Decimal(0),
        open_net=Decimal(open_net),
        counted=[Counted(NOON + timedelta(hours=h), Decimal(net)) for h, net in paid],
    )


@pytest.mark.parametrize(
    ("circumstances", "hours", "net"),
    [
        # Nothing counts, so waiting brings nothing.
        (about(), None, None),
        (about((0, "98")), 24, "100"),
        # 2.00 is left and 5.00 comes back first: less than the minimum of 10.
        (about((0, "5"), (3, "93")), 27, "100"),
        (about((0, "60"), (3, "30")), 24, "70"),
        # An open top-up counts until it is paid, cancelled or expired.
        (about((0, "50"), open_net="50"), 24, "50"),
        (about((0, "5"), open_net="95"), None, None),
    ],
)
def test_there_is_more_room_once_payments_leave_the_window(
    circumstances: Circumstances, hours: int | None, net: str | None
) -> None:
    expected = None
    if hours is not None and net is not None:
        expected = NextRoom(at=NOON + timedelta(hours=hours), net=euros(net))

    assert next_room(euros("959"), circumstances) == expected


@pytest.mark.parametrize(
    ("circumstances", "net", "allowed"),
    [
        (about(), "959", "100"),
        (about(), "5", "10"),
        (about(), "50", "50"),
        (about((0, "98")), "959", None),
    ],
)
def test_the_amount_next_to_one_that_is_not_allowed(
    circumstances: Circumstances, net: str, allowed: str | None
) -> None:
    expected = euros(allowed) if allowed else None

    assert instead(euros(net), circumstances) == expected
