"""Time that is paid, or used at a price, stays so through suspensions."""

from decimal import Decimal

from sqlalchemy import text

from shared.contracts.inventory.services import Period
from tests.fixtures.billing.subscriber import Subscriber


def test_time_paid_before_a_suspension_for_payment_is_there_afterwards(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("10")
    service = subscriber.order("s", Period.WEEK)
    subscriber.charge()
    subscriber.pass_time(days=1)
    subscriber.change_price(service, "17")
    subscriber.charge()
    subscriber.pass_time(days=3)
    subscriber.charge()
    assert subscriber.service(service).state.value == "suspended"
    # What six days cost more, and no new period: three of the days are left.
    assert subscriber.overdue() == 6

    subscriber.pass_time(days=20)
    subscriber.pay_in("6")
    subscriber.charge()

    assert subscriber.service(service).state.value == "active"
    assert subscriber.balance == 0
    subscriber.pay_in("100")
    subscriber.pass_time(days=2, hours=23)
    subscriber.charge()
    assert subscriber.balance == 100
    subscriber.pass_time(hours=1)
    subscriber.charge()
    assert subscriber.balance == 83
    assert subscriber.differences() == []


def test_one_suspended_for_payment_that_is_to_end_gets_back_what_it_had_paid_ahead(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("10")
    service = subscriber.order("s", Period.WEEK)
    subscriber.charge()
    subscriber.change_price(service, "17")
    subscriber.charge()
    subscriber.pass_time(hours=84)
    subscriber.charge()
    assert subscriber.service(service).state.value == "suspended"

    subscriber.request_end(service)
    subscriber.charge()

    # Half a week at 17, less the seven that were owed.
    assert subscriber.service(service).state.value == "terminated"
    assert subscriber.balance == Decimal("1.5")
    assert subscriber.differences() == []


def test_what_was_used_before_a_policy_suspension_is_taken_at_the_end(
    subscriber: Subscriber,
) -> None:
    service = subscriber.order("s", Period.DAY)
    subscriber.charge()
    subscriber.pass_time(days=2)
    subscriber.charge()
    subscriber.suspend(service)
    subscriber.pass_time(days=5)
    subscriber.pay_in("100")

    subscriber.terminate(service)

    assert subscriber.charges() == [("grace", Decimal(20))]
    assert subscriber.balance == 80
    assert subscriber.differences() == []


def test_a_new_price_leaves_what_was_used_before_a_policy_suspension(
    subscriber: Subscriber,
) -> None:
    service = subscriber.order("s", Period.DAY)
    subscriber.charge()
    subscriber.pass_time(hours=12)
    subscriber.suspend(service)
    subscriber.change_price(service, "20")
    subscriber.resume(service)
    subscriber.pay_in("100")
    subscriber.charge()

    # Half a day at 10, and half a day at 20.
    assert subscriber.balance == 100 - Decimal(15)
    assert subscriber.differences() == []


def test_a_suspension_from_before_there_was_charging_moves_no_time_paid_since(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("100")
    service = subscriber.order("s", Period.MONTH)
    subscriber.charge()
    subscriber.suspend(service)
    subscriber.pass_time(days=180)
    with subscriber.database.system() as session:
        session.execute(
            text(
                "UPDATE subscriptions SET anchor = NULL, paid_through = NULL, "
                "paid_from = NULL, suspended_at = NULL, is_charged = false"
            )
        )
    subscriber.charge()
    subscriber.pass_time(days=1)
    subscriber.resume(service)

    # It counts as paid up to the edge of September 2, and was suspended for a day.
    subscriber.pass_time(days=3, hours=23)
    subscriber.charge()
    assert subscriber.balance == 90
    subscriber.pass_time(hours=1)
    subscriber.charge()
    assert subscriber.balance == 80
    assert subscriber.differences() == []
