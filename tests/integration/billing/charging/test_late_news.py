"""The job may run before it is heard what has become of a service, or hear it anew."""

from decimal import Decimal
from uuid import UUID

from services.billing.audit import charge_growth
from shared.contracts import inventory
from shared.contracts.inventory.services import Period, SuspensionReason
from tests.fixtures.billing.tenant import Tenant, euros


def test_time_after_an_end_whose_event_is_late_is_credited(tenant: Tenant) -> None:
    tenant.pay_in("2000")
    service = tenant.order("s", Period.HOUR)
    tenant.charge()
    tenant.pass_time(hours=2)
    tenant.charge()
    tenant.pass_time(minutes=15)
    end = inventory.lifecycle.ChangeState(service_id=service)
    tenant.operate(inventory.lifecycle.TERMINATE_SERVICE, end)
    tenant.pass_time(days=7)
    tenant.run_charging()
    assert tenant.balance < 400

    tenant.settle()

    assert tenant.balance == 2000 - Decimal("22.5")
    assert tenant.differences() == []


def test_hours_that_were_merged_come_back_too(tenant: Tenant) -> None:
    tenant.pay_in("3000")
    service = tenant.order("s", Period.HOUR)
    tenant.charge()
    tenant.pass_time(minutes=15)
    end = inventory.lifecycle.ChangeState(service_id=service)
    tenant.operate(inventory.lifecycle.TERMINATE_SERVICE, end)
    tenant.pass_time(days=7)
    tenant.run_charging()
    tenant.pass_time(days=10)
    charge_growth.merge_hours(tenant.database, tenant.site.clock.now())

    tenant.settle()

    assert tenant.balance == 3000 - Decimal("2.5")
    assert tenant.differences() == []


def test_a_price_whose_event_is_late_counts_from_its_change_on(
    tenant: Tenant,
) -> None:
    tenant.pay_in("100")
    service = tenant.order("s", Period.DAY)
    tenant.charge()
    tenant.pass_time(hours=6)
    dearer = inventory.lifecycle.ChangePrice(service_id=service, price=euros("12"))
    tenant.operate(inventory.lifecycle.CHANGE_PRICE, dearer)
    tenant.pass_time(days=3)
    tenant.run_charging()
    assert tenant.balance == 100 - 4 * 10

    tenant.settle()

    # A quarter of a day at 10, and 3.75 days at 12.
    assert tenant.balance == 100 - Decimal("47.5")
    assert tenant.differences() == []


def test_an_end_whose_event_is_late_credits_only_what_was_charged_here(
    tenant: Tenant,
) -> None:
    tenant.pay_in("200")
    service = tenant.order("s", Period.DAY)
    tenant.charge()
    # Suspended for half a day: paid time moves, its rows do not.
    tenant.pass_time(hours=6)
    tenant.suspend(service)
    tenant.pass_time(hours=12)
    tenant.resume(service)
    tenant.pass_time(hours=12)
    end = inventory.lifecycle.ChangeState(service_id=service)
    tenant.operate(inventory.lifecycle.TERMINATE_SERVICE, end)
    tenant.pass_time(days=4)
    tenant.run_charging()

    tenant.settle()

    assert tenant.balance == 200 - Decimal("7.5")
    assert tenant.differences() == []


def test_a_suspension_that_overtakes_a_resuming_stops_time_again(
    tenant: Tenant,
) -> None:
    tenant.pay_in("100")
    service = tenant.order("s", Period.WEEK)
    tenant.charge()
    tenant.pass_time(days=1)
    tenant.suspend(service)
    tenant.pass_time(days=1)
    resume = inventory.lifecycle.ChangeState(service_id=service)
    tenant.operate(inventory.lifecycle.RESUME_SERVICE, resume)
    tenant.overtake()
    tenant.pass_time(hours=84)
    tenant.suspend(service)
    tenant.pass_time(days=30)

    tenant.terminate(service)

    # A day, and another three and a half.
    assert tenant.charges()[1:] == [("credit", round(Decimal(-25) / 7, 6))]
    assert tenant.differences() == []


def test_a_suspension_for_payment_that_overtakes_a_resuming_counts_what_was_used(
    tenant: Tenant,
) -> None:
    tenant.pay_in("10")
    service = tenant.order("s", Period.DAY)
    tenant.charge()
    tenant.pass_time(hours=6)
    tenant.suspend(service)
    tenant.pass_time(days=1)
    resume = inventory.lifecycle.ChangeState(service_id=service)
    tenant.operate(inventory.lifecycle.RESUME_SERVICE, resume)
    tenant.overtake()
    tenant.pass_time(days=2)
    tenant.suspend(service, SuspensionReason.PAYMENT)

    # 2.25 days were used, one of them is paid; and a period to come.
    assert tenant.overdue() == Decimal("22.5")
    assert tenant.differences() == []


def test_an_end_that_overtakes_a_suspension_charges_none_of_it(tenant: Tenant) -> None:
    tenant.pay_in("100")
    service = tenant.order("s", Period.WEEK)
    tenant.charge()
    tenant.pass_time(hours=84)
    suspend = inventory.lifecycle.Suspend(
        service_id=service, reason=SuspensionReason.POLICY
    )
    tenant.operate(inventory.lifecycle.SUSPEND_SERVICE, suspend)
    tenant.overtake()
    tenant.pass_time(days=30)

    tenant.terminate(service)

    assert tenant.charges()[1:] == [("credit", Decimal(-5))]
    assert tenant.differences() == []


def test_an_end_that_is_republished_keeps_its_time(tenant: Tenant) -> None:
    tenant.pay_in("100")
    service = tenant.order("s", Period.MONTH)
    tenant.charge()
    tenant.pass_time(days=15, hours=12)
    end = inventory.lifecycle.ChangeState(service_id=service)
    tenant.operate(inventory.lifecycle.TERMINATE_SERVICE, end)
    tenant.overtake()
    tenant.pass_time(days=5)

    tenant.republish()

    assert tenant.balance == Decimal(95)
    assert tenant.differences() == []


def test_a_termination_request_that_is_republished_keeps_its_time(
    tenant: Tenant,
) -> None:
    service = tenant.order("s", Period.DAY)
    tenant.pass_time(hours=12)
    request = inventory.lifecycle.RequestTermination(service_id=service)
    tenant.operate(inventory.lifecycle.REQUEST_TERMINATION, request)
    tenant.overtake()
    tenant.pass_time(days=5)
    tenant.republish()
    tenant.pay_in("100")

    tenant.terminate(service)

    assert tenant.balance == Decimal(95)
    assert tenant.differences() == []


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
    tenant: Tenant,
) -> None:
    tenant.pay_in("1000")

    costs = {steps: f"{_cost(tenant, *steps):f}" for steps in TOLD_AT_ONCE}

    assert costs == {steps: f"{cost}.000000" for steps, cost in TOLD_AT_ONCE.items()}
    assert tenant.differences() == []


def _cost(tenant: Tenant, known: str, overtaken: str, telling: str) -> Decimal:
    before = tenant.balance
    service = tenant.order("s", Period.HOUR)
    tenant.pass_time(minutes=30)
    if known:
        _take_step(tenant, service, known)
        tenant.settle()
    tenant.pass_time(minutes=30)
    for step in overtaken.split(", "):
        tenant.pass_time(minutes=30)
        _take_step(tenant, service, step)
    tenant.overtake()
    tenant.pass_time(minutes=30)
    _take_step(tenant, service, telling)
    tenant.settle()
    tenant.terminate(service)
    return before - tenant.balance


def _take_step(tenant: Tenant, service: UUID, step: str) -> None:
    """What an operator does to a service, of which nobody hears yet."""
    lifecycle = inventory.lifecycle
    it = lifecycle.ChangeState(service_id=service)
    match step:
        case "ask":
            ask = lifecycle.RequestTermination(service_id=service)
            tenant.operate(lifecycle.REQUEST_TERMINATION, ask)
        case "withdraw":
            tenant.operate(lifecycle.WITHDRAW_TERMINATION, it)
        case "resume":
            tenant.operate(lifecycle.RESUME_SERVICE, it)
        case "cheaper" | "dearer":
            price = euros("4" if step == "cheaper" else "16")
            change = lifecycle.ChangePrice(service_id=service, price=price)
            tenant.operate(lifecycle.CHANGE_PRICE, change)
        case _:
            is_policy = step == "suspend"
            reason = SuspensionReason.POLICY if is_policy else SuspensionReason.PAYMENT
            stop = lifecycle.Suspend(service_id=service, reason=reason)
            tenant.operate(lifecycle.SUSPEND_SERVICE, stop)
