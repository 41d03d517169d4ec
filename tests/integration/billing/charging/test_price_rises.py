"""Only what was charged is given back: a price rise that was never charged is not."""

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

import pytest

from shared.contracts.billing.wallets import AdjustmentKind
from shared.contracts.inventory.services import Period
from tests.fixtures.billing.subscriber import Subscriber

Step = Callable[[Subscriber, UUID], None]


def price(amount: str) -> Step:
    return lambda subscriber, service: subscriber.change_price(service, amount)


def after(**step: float) -> Step:
    """Time passes, and the job runs."""

    def pass_time(subscriber: Subscriber, _: UUID) -> None:
        subscriber.pass_time(**step)
        subscriber.charge()

    return pass_time


def pay(amount: str, kind: AdjustmentKind = AdjustmentKind.CORRECTION) -> Step:
    """Money comes in, of which the job does not know yet."""
    return lambda subscriber, _: subscriber.book(amount, kind)


def allow(credit: str) -> Step:
    return lambda subscriber, _: subscriber.allow(credit)


def charge(subscriber: Subscriber, _: UUID) -> None:
    subscriber.charge()


def ask_for_the_end(subscriber: Subscriber, service: UUID) -> None:
    subscriber.request_end(service)


def end(subscriber: Subscriber, service: UUID) -> None:
    subscriber.terminate(service)


def withdraw_end(subscriber: Subscriber, service: UUID) -> None:
    subscriber.withdraw_end(service)


UNUSED_AT_30 = Decimal("27.137097")
"""673 of 744 hours."""

# A month of 744 hours for 30, of which nothing else is in the wallet: what is done,
# what is in the wallet then, what is owed, and what was written off.
OF_A_MONTH: dict[str, tuple[list[Step], str, str, str]] = {
    "ended after 8 hours": ([price("3000"), after(hours=8), end], "0", "0", "2.258065"),
    "raised after 71 hours": (
        [after(hours=71), price("400"), end],
        f"{UNUSED_AT_30}",
        "0",
        "0",
    ),
    "up and down at once": ([price("3000"), price("30")], "0", "0", "0"),
    # Half an hour at 3000 and not at 30.
    "up and down": (
        [price("3000"), after(minutes=30), price("30")],
        "0",
        "1.995968",
        "0",
    ),
    "up and down, then ended": (
        [price("3000"), after(minutes=30), price("30"), end],
        "27.983871",
        "0",
        "0",
    ),
    "up twice, and down": ([price("60"), price("90"), price("60")], "0", "30", "0"),
    "up, and down to nothing": ([price("60"), price("0")], "30", "0", "0"),
    "up, and down below": ([price("60"), price("10")], "20", "0", "0"),
    "charged later": (
        [price("3000"), pay("2970"), after(hours=372), end],
        "1500",
        "0",
        "0",
    ),
    "not enough comes": (
        [price("3000"), pay("1000"), after(hours=372), end],
        "1000",
        "0",
        "1470",
    ),
    "enough at its end": (
        [price("3000"), after(hours=372), pay("1470"), end],
        "0",
        "0",
        "0",
    ),
    "from credit": (
        [allow("2970"), price("3000"), after(hours=372), end],
        "-1470",
        "0",
        "0",
    ),
    "credit is too little": (
        [allow("2969"), price("3000"), after(hours=372), end],
        "-1470",
        "0",
        "0",
    ),
    "goodwill is kept": (
        [price("3000"), pay("5", AdjustmentKind.GOODWILL), end],
        "35",
        "0",
        "0",
    ),
    # 73 hours at 3000, less the 30.
    "suspended": (
        [price("3000"), charge, after(hours=73), after(hours=27), end],
        "0",
        "0",
        "264.354839",
    ),
    "suspended, and cheaper again": (
        [price("3000"), charge, after(hours=73), price("30"), end],
        "0",
        "0",
        "264.354839",
    ),
    "ends with its period": (
        [price("3000"), ask_for_the_end, after(hours=744)],
        "0",
        "0",
        "2970",
    ),
    "ends with its period, and can pay": (
        [price("3000"), ask_for_the_end, pay("3000"), after(hours=744)],
        "30",
        "0",
        "0",
    ),
    "goes on after all": (
        [price("3000"), ask_for_the_end, withdraw_end, after(hours=1)],
        "0",
        "2970",
        "0",
    ),
}


@pytest.mark.parametrize("name", OF_A_MONTH)
def test_a_rise_that_was_never_charged_is_not_refunded(
    subscriber: Subscriber, name: str
) -> None:
    steps, balance, owed, written_off = OF_A_MONTH[name]
    _take_steps(subscriber, Period.MONTH, steps)

    assert subscriber.balance == Decimal(balance)
    assert subscriber.overdue() == Decimal(owed)
    assert subscriber.written_off() == Decimal(written_off)
    assert subscriber.differences() == []


@pytest.mark.parametrize(
    ("period", "steps", "balance", "written_off"),
    [
        (Period.ONCE, [price("3000"), after(hours=1), price("30"), end], "0", "0"),
        (
            Period.HOUR,
            [after(minutes=15), price("3000"), after(minutes=15), end],
            "0",
            "727.5",
        ),
        (
            Period.DAY,
            [price("54"), after(hours=25), pay("108"), price("27"), end],
            # A day and an hour at 54, less the 30.
            "81.75",
            "0",
        ),
    ],
)
def test_so_it_is_whatever_the_period(
    subscriber: Subscriber,
    period: Period,
    steps: list[Step],
    balance: str,
    written_off: str,
) -> None:
    _take_steps(subscriber, period, steps)

    assert subscriber.balance == Decimal(balance)
    assert subscriber.written_off() == Decimal(written_off)
    assert subscriber.differences() == []


def test_a_longer_month_pays_nothing_out_of_what_a_rise_took_off(
    subscriber: Subscriber,
) -> None:
    # A day of February that is used and not paid is moved into March, in which it
    # costs less than what the new price took off.
    subscriber.pass_time(days=(-20))
    service = subscriber.order("s", Period.MONTH, "1")
    subscriber.charge()
    subscriber.pass_time(days=3)
    subscriber.change_price(service, "3000")
    subscriber.suspend(service)
    subscriber.pass_time(days=28)

    subscriber.terminate(service)

    assert subscriber.balance == 0
    assert subscriber.charges() == []
    assert subscriber.differences() == []


def _take_steps(subscriber: Subscriber, period: Period, steps: list[Step]) -> None:
    subscriber.pay_in("30")
    service = subscriber.order("s", period, "30")
    subscriber.charge()
    for step in steps:
        step(subscriber, service)
    subscriber.settle()
