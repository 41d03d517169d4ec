"""The job may run before it is heard what has become of a service, or hear it anew."""

from decimal import Decimal
from uuid import UUID

from services.billing.audit import charge_growth
from shared.contracts import inventory
from shared.contracts.inventory.services import Period, SuspensionReason
from tests.fixtures.billing.subscriber import Subscriber, euros


def test_time_after_an_end_whose_event_is_late_is_credited(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("2000")
    service = subscriber.order("s", Period.HOUR)
    subscriber.charge()
    subscriber.pass_time(hours=2)
    subscriber.charge()
    subscriber.pass_time(minutes=15)
    end = inventory.lifecycle.ChangeState(service_id=service)
    subscriber.operate(inventory.lifecycle.TERMINATE_SERVICE, end)
    subscriber.pass_time(days=7)
    subscriber.run_charging()
    assert subscriber.balance < 400

    subscriber.settle()

    assert subscriber.balance == 2000 - Decimal("22.5")
    assert subscriber.differences() == []


def test_hours_that_were_merged_come_back_too(subscriber: Subscriber) -> None:
    subscriber.pay_in("3000")
    service = subscriber.order("s", Period.HOUR)
    subscriber.charge()
    subscriber.pass_time(minutes=15)
    end = inventory.lifecycle.ChangeState(service_id=service)
    subscriber.operate(inventory.lifecycle.TERMINATE_SERVICE, end)
    subscriber.pass_time(days=7)
    subscriber.run_charging()
    subscriber.pass_time(days=10)
    charge_growth.merge_hours(subscriber.database, subscriber.site.clock.now())

    subscriber.settle()

    assert subscriber.balance == 3000 - Decimal("2.5")
    assert subscriber.differences() == []


def test_a_price_whose_event_is_late_counts_from_its_change_on(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("100")
    service = subscriber.order("s", Period.DAY)
    subscriber.charge()
    subscriber.pass_time(hours=6)
    dearer = inventory.lifecycle.ChangePrice(service_id=service, price=euros("12"))
    subscriber.operate(inventory.lifecycle.CHANGE_PRICE, dearer)
    subscriber.pass_time(days=3)
    subscriber.run_charging()
    assert subscriber.balance == 100 - 4 * 10

    subscriber.settle()

    # A quarter of a day at 10, and 3.75 days at 12.
    assert subscriber.balance == 100 - Decimal("47.5")
    assert subscriber.differences() == []


def test_an_end_whose_event_is_late_credits_only_what_was_charged_here(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("200")
    service = subscriber.order("s", Period.DAY)
    subscriber.charge()
    # Suspended for half a day: paid time moves, its rows do not.
    subscriber.pass_time(hours=6)
    subscriber.suspend(service)
    subscriber.pass_time(hours=12)
    subscriber.resume(service)
    subscriber.pass_time(hours=12)
    end = inventory.lifecycle.ChangeState(service_id=service)
    subscriber.operate(inventory.lifecycle.TERMINATE_SERVICE, end)
    subscriber.pass_time(days=4)
    subscriber.run_charging()

    subscriber.settle()

    assert subscriber.balance == 200 - Decimal("7.5")
    assert subscriber.differences() == []


def test_a_suspension_that_overtakes_a_resuming_stops_time_again(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("100")
    service = subscriber.order("s", Period.WEEK)
    subscriber.charge()
    subscriber.pass_time(days=1)
    subscriber.suspend(service)
    subscriber.pass_time(days=1)
    resume = inventory.lifecycle.ChangeState(service_id=service)
    subscriber.operate(inventory.lifecycle.RESUME_SERVICE, resume)
    subscriber.overtake()
    subscriber.pass_time(hours=84)
    subscriber.suspend(service)
    subscriber.pass_time(days=30)

    subscriber.terminate(service)

    # A day, and another three and a half.
    assert subscriber.charges()[1:] == [("credit", round(Decimal(-25) / 7, 6))]
    assert subscriber.differences() == []


def test_a_suspension_for_payment_that_overtakes_a_resuming_counts_what_was_used(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("10")
    service = subscriber.order("s", Period.DAY)
    subscriber.charge()
    subscriber.pass_time(hours=6)
    subscriber.suspend(service)
    subscriber.pass_time(days=1)
    resume = inventory.lifecycle.ChangeState(service_id=service)
    subscriber.operate(inventory.lifecycle.RESUME_SERVICE, resume)
    subscriber.overtake()
    subscriber.pass_time(days=2)
    subscriber.suspend(service, SuspensionReason.PAYMENT)

    # 2.25 days were used, one of them is paid; and a period to come.
    assert subscriber.overdue() == Decimal("22.5")
    assert subscriber.differences() == []


def test_an_end_that_overtakes_a_suspension_charges_none_of_it(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("100")
    service = subscriber.order("s", Period.WEEK)
    subscriber.charge()
    subscriber.pass_time(hours=84)
    suspend = inventory.lifecycle.Suspend(
        service_id=service, reason=SuspensionReason.POLICY
    )
    subscriber.operate(inventory.lifecycle.SUSPEND_SERVICE, suspend)
    subscriber.overtake()
    subscriber.pass_time(days=30)

    subscriber.terminate(service)

    assert subscriber.charges()[1:] == [("credit", Decimal(-5))]
    assert subscriber.differences() == []


def test_an_end_that_is_republished_keeps_its_time(subscriber: Subscriber) -> None:
    subscriber.pay_in("100")
    service = subscriber.order("s", Period.MONTH)
    subscriber.charge()
    subscriber.pass_time(days=15, hours=12)
    end = inventory.lifecycle.ChangeState(service_id=service)
    subscriber.operate(inventory.lifecycle.TERMINATE_SERVICE, end)
    subscriber.overtake()
    subscriber.pass_time(days=5)

    subscriber.republish()

    assert subscriber.balance == Decimal(95)
    assert subscriber.differences() == []


def test_a_termination_request_that_is_republished_keeps_its_time(
    subscriber: Subscriber,
) -> None:
    service = subscriber.order("s", Period.DAY)
    subscriber.pass_time(hours=12)
    request = inventory.lifecycle.RequestTermination(service_id=service)
    subscriber.operate(inventory.lifecycle.REQUEST_TERMINATION, request)
    subscriber.overtake()
    subscriber.pass_time(days=5)
    subscriber.republish()
    subscriber.pay_in("100")

    subscriber.terminate(service)

    assert subscriber.balance == Decimal(95)
    assert subscriber.differences() == []


# An hourly service of 10 that is first charged at its end: what is known of it after
# half an hour, what happened each half an hour from an hour later on and is overtaken,
# the change half an hour later whose event reports all of it, and what it costs.
TOLD_AT_ONCE: dict[tuple[str, str, str], str] = {
    ("", "ask", "cheaper"): "15",
    ("", "ask", "dearer"): "15",
    ("", "ask", "suspend for payment"): "15",
    ("", "suspend", "ask"): "15",
    ("", "suspend", "cheaper"): "15",
    ("", "suspend", "dearer"): "15",
    ("", "suspend for payment", "dearer"): "15",
    ("", "suspend for payment", "ask"): "15",
    ("", "ask, suspend", "resume"): "15",
    ("suspend", "ask", "resume"): "5",
    ("suspend", "resume", "ask"): "10",
    ("ask", "withdraw", "cheaper"): "20",
    ("ask", "withdraw", "dearer"): "20",
}


def test_events_that_come_together_count_from_their_own_times(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("1000")

    costs = {steps: f"{_cost(subscriber, *steps):f}" for steps in TOLD_AT_ONCE}

    assert costs == {steps: f"{cost}.000000" for steps, cost in TOLD_AT_ONCE.items()}
    assert subscriber.differences() == []


# Whether an hourly service of 10 was charged first, what its price became half an
# hour later, and what happened next, by a clock that is behind; then it ended.
HEARD_AFTER_A_PRICE = (
    (False, "cheaper", "ask"),
    (False, "cheaper", "suspend for payment"),
    (False, "dearer", "suspend"),
    (False, "dearer", "dearer"),
    (False, "dearer", ""),
    (True, "cheaper", "ask"),
    (True, "cheaper", ""),
    (True, "dearer", "suspend for payment"),
)


def test_what_is_heard_after_a_price_does_not_count_from_before_it(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("1000")
    costs = {}
    for is_charged, price, then in HEARD_AFTER_A_PRICE:
        before = subscriber.balance
        service = subscriber.order("s", Period.HOUR)
        if is_charged:
            subscriber.charge()
        subscriber.pass_time(minutes=30)
        _take_step(subscriber, service, price)
        subscriber.settle()
        subscriber.pass_time(minutes=-20)
        if then:
            _take_step(subscriber, service, then)
            subscriber.settle()
        subscriber.terminate(service)
        costs[is_charged, price, then] = before - subscriber.balance

    # Half an hour at the price before.
    assert costs == dict.fromkeys(HEARD_AFTER_A_PRICE, Decimal(5))
    assert subscriber.differences() == []


def _cost(subscriber: Subscriber, known: str, overtaken: str, telling: str) -> Decimal:
    before = subscriber.balance
    service = subscriber.order("s", Period.HOUR)
    subscriber.pass_time(minutes=30)
    if known:
        _take_step(subscriber, service, known)
        subscriber.settle()
    subscriber.pass_time(minutes=30)
    for step in overtaken.split(", "):
        subscriber.pass_time(minutes=30)
        _take_step(subscriber, service, step)
    subscriber.overtake()
    subscriber.pass_time(minutes=30)
    _take_step(subscriber, service, telling)
    subscriber.settle()
    subscriber.terminate(service)
    return before - subscriber.balance


def _take_step(subscriber: Subscriber, service: UUID, step: str) -> None:
    """What an operator does to a service, of which nobody hears yet."""
    lifecycle = inventory.lifecycle
    it = lifecycle.ChangeState(service_id=service)
    match step:
        case "ask":
            ask = lifecycle.RequestTermination(service_id=service)
            subscriber.operate(lifecycle.REQUEST_TERMINATION, ask)
        case "withdraw":
            subscriber.operate(lifecycle.WITHDRAW_TERMINATION, it)
        case "resume":
            subscriber.operate(lifecycle.RESUME_SERVICE, it)
        case "cheaper" | "dearer":
            price = euros("4" if step == "cheaper" else "16")
            change = lifecycle.ChangePrice(service_id=service, price=price)
            subscriber.operate(lifecycle.CHANGE_PRICE, change)
        case _:
            is_policy = step == "suspend"
            reason = SuspensionReason.POLICY if is_policy else SuspensionReason.PAYMENT
            stop = lifecycle.Suspend(service_id=service, reason=reason)
            subscriber.operate(lifecycle.SUSPEND_SERVICE, stop)
