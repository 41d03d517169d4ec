"""What a customer is shown of a service: how far it is paid, and what it owes."""

from datetime import timedelta

from shared.contracts.inventory.services import Period
from tests.fixtures.billing.subscriber import Subscriber, euros

NOTHING = euros("0")


def test_a_paid_service_says_until_when_and_what_is_charged_then(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("100")
    began = subscriber.site.clock.now()
    service = subscriber.order("s", Period.DAY)
    subscriber.charge()

    shown = subscriber.subscription(service)

    assert shown.paid_through == began + timedelta(days=1)
    assert shown.renewal == euros("10")
    assert (shown.owed, shown.new_period, shown.all_owed) == (NOTHING,) * 3
    assert shown.available == euros("90")


def test_the_sum_that_a_suspended_service_names_resumes_it(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("10")
    service = subscriber.order("s", Period.DAY)
    subscriber.charge()
    subscriber.pass_time(days=4.5)
    subscriber.charge()
    subscriber.pass_time(hours=73)
    subscriber.charge()
    subscriber.allow("5")

    shown = subscriber.subscription(service)

    assert shown.renewal is None
    assert shown.new_period == euros("10")
    assert shown.owed > shown.new_period
    assert shown.all_owed == shown.owed
    assert shown.available == euros("5")
    subscriber.pay_in(str((shown.missing - euros("0.01")).amount))
    subscriber.charge()
    assert subscriber.service(service).state.value == "suspended"
    subscriber.pay_in("0.01")
    subscriber.charge()
    assert subscriber.service(service).state.value == "active"


def test_what_other_services_owe_is_shown_too(subscriber: Subscriber) -> None:
    first, second = (subscriber.order("s", Period.DAY) for _ in range(2))
    subscriber.charge()

    shown = subscriber.subscription(first)

    assert shown.owed == subscriber.subscription(second).owed == euros("10")
    assert shown.all_owed == euros("20")
    assert shown.all_owed.amount == subscriber.overdue()


def test_a_one_time_price_has_no_end_and_no_renewal(subscriber: Subscriber) -> None:
    subscriber.pay_in("10")
    service = subscriber.order("s", Period.ONCE)
    subscriber.charge()

    shown = subscriber.subscription(service)

    assert (shown.paid_through, shown.renewal, shown.owed) == (None, None, NOTHING)


def test_a_service_that_is_to_end_renews_no_more(subscriber: Subscriber) -> None:
    subscriber.pay_in("10")
    service = subscriber.order("s", Period.DAY)
    subscriber.charge()
    subscriber.request_end(service)

    shown = subscriber.subscription(service)

    assert shown.paid_through is not None
    assert shown.renewal is None
