"""Funds exhausted, grace, suspension; funds restored, charged and resumed."""

from decimal import Decimal

from shared.contracts.inventory.services import Period, SuspensionReason
from tests.fixtures.billing.subscriber import Subscriber
from tests.fixtures.installations import Installation


def test_after_its_grace_an_unpaid_service_is_suspended_and_owes_what_it_used(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("10")
    service = subscriber.order("s", Period.DAY)
    subscriber.charge()
    subscriber.pass_time(days=1)
    subscriber.charge()
    subscriber.pass_time(hours=71)
    subscriber.charge()
    assert subscriber.service(service).state.value == "active"

    subscriber.pass_time(hours=13)
    subscriber.charge()

    suspended = subscriber.service(service)
    assert suspended.state.value == "suspended"
    assert suspended.suspension_reason
    assert suspended.suspension_reason.value == "payment"
    assert subscriber.balance == 0
    # 3.5 days used, and a period to come.
    assert subscriber.overdue() == 45
    assert subscriber.differences() == []


def test_money_pays_what_is_owed_and_resumes_with_a_new_period(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("10")
    service = subscriber.order("s", Period.DAY)
    subscriber.charge()
    subscriber.pass_time(days=1)
    subscriber.charge()
    subscriber.pass_time(days=3)
    subscriber.charge()
    assert subscriber.service(service).state.value == "suspended"
    subscriber.pass_time(days=20)
    subscriber.pay_in("39")
    subscriber.charge()
    assert subscriber.service(service).state.value == "suspended"

    subscriber.pay_in("1")
    subscriber.charge()

    assert subscriber.service(service).state.value == "active"
    assert subscriber.balance == 0
    assert subscriber.charges() == [
        ("charge", Decimal(10)),
        ("grace", Decimal(30)),
        ("charge", Decimal(10)),
    ]
    subscriber.pay_in("100")
    subscriber.pass_time(hours=23)
    subscriber.charge()
    assert subscriber.balance == 100
    subscriber.pass_time(hours=1)
    subscriber.charge()
    assert subscriber.balance == 90
    assert subscriber.differences() == []


def test_money_within_the_grace_pays_each_period_that_began(
    subscriber: Subscriber,
) -> None:
    service = subscriber.order("s", Period.DAY)
    subscriber.charge()
    subscriber.pass_time(days=2)
    subscriber.charge()
    subscriber.pay_in("29")
    subscriber.charge()
    assert subscriber.balance == 9
    subscriber.pay_in("1")
    subscriber.charge()

    assert subscriber.balance == 0
    assert subscriber.service(service).state.value == "active"
    subscriber.pass_time(hours=71)
    assert subscriber.overdue() == 0
    assert subscriber.differences() == []


def test_credit_counts_and_the_oldest_is_paid_first(subscriber: Subscriber) -> None:
    subscriber.allow("15")
    first = subscriber.order("s", Period.MONTH)
    subscriber.pass_time(minutes=5)
    second = subscriber.order("s", Period.MONTH)
    subscriber.charge()

    assert subscriber.balance == -10
    subscriber.pass_time(days=4)
    subscriber.charge()
    assert subscriber.service(first).state.value == "active"
    assert subscriber.service(second).state.value == "suspended"


def test_a_dearer_plan_that_can_not_be_paid_is_owed(subscriber: Subscriber) -> None:
    subscriber.pay_in("10")
    service = subscriber.order("s", Period.DAY)
    subscriber.charge()
    subscriber.pass_time(hours=12)
    subscriber.change_plan(service, "m")
    assert subscriber.balance == 0
    assert subscriber.overdue() == Decimal("7.5")

    subscriber.pay_in("10")
    subscriber.charge()

    assert subscriber.balance == Decimal("2.5")
    assert subscriber.differences() == []


def test_a_one_time_price_that_can_not_be_paid_is_overdue_and_then_paid_once(
    subscriber: Subscriber,
) -> None:
    service = subscriber.order("s", Period.ONCE)
    subscriber.charge()
    assert subscriber.overdue() == 10
    subscriber.pass_time(days=3, hours=1)
    subscriber.charge()
    assert subscriber.service(service).state.value == "suspended"
    assert subscriber.overdue() == 10
    assert subscriber.differences() == []

    subscriber.pay_in("25")
    subscriber.charge()

    assert subscriber.service(service).state.value == "active"
    assert subscriber.charges() == [("charge", Decimal(10))]
    assert subscriber.balance == 15
    assert subscriber.overdue() == 0
    assert subscriber.differences() == []


def test_a_one_time_price_that_is_paid_asks_for_nothing_when_suspended(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("10")
    service = subscriber.order("s", Period.ONCE)
    subscriber.charge()
    subscriber.suspend(service, SuspensionReason.PAYMENT)
    assert subscriber.overdue() == 0

    subscriber.charge()

    assert subscriber.service(service).state.value == "active"
    assert subscriber.balance == 0
    assert subscriber.differences() == []


def test_a_service_in_a_currency_without_a_wallet_is_overdue_like_any_other(
    site: Installation,
) -> None:
    subscriber = Subscriber(site, "penniless@example.com", has_wallet=False)
    service = subscriber.order("s", Period.DAY)
    subscriber.charge()
    assert subscriber.overdue() == 10
    subscriber.pass_time(days=3, hours=1)
    subscriber.charge()
    assert subscriber.service(service).state.value == "suspended"

    subscriber.pay_in("100")
    subscriber.charge()

    assert subscriber.service(service).state.value == "active"
    assert subscriber.differences() == []


def test_a_service_that_owes_and_ends_emits_its_wallet_once(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("20")
    service = subscriber.order("s", Period.DAY)
    subscriber.charge()
    subscriber.pass_time(hours=12)
    subscriber.change_plan(service, "m")
    subscriber.change_price(service, "100")
    told = subscriber.wallet_versions()

    subscriber.terminate(service)

    # Half a day at 100, less what was never charged of it; half a day at 10 was used.
    assert subscriber.charges()[1] == ("credit", Decimal("-12.5"))
    assert subscriber.balance == 20 - Decimal(5)
    assert subscriber.wallet_versions()[len(told) :] == [told[-1] + 1]
    assert subscriber.differences() == []


def test_money_waits_for_what_running_services_owe_before_it_restores_others(
    subscriber: Subscriber,
) -> None:
    suspended = subscriber.order("s", Period.MONTH)
    subscriber.charge()
    subscriber.suspend(suspended, SuspensionReason.PAYMENT)
    running = subscriber.order("m", Period.MONTH)
    subscriber.pay_in("10")
    subscriber.charge()
    assert subscriber.service(suspended).state.value == "suspended"
    assert subscriber.balance == 10

    subscriber.pay_in("25")
    subscriber.charge()

    assert subscriber.service(running).state.value == "active"
    assert subscriber.service(suspended).state.value == "active"
    assert subscriber.balance == 0
    assert subscriber.differences() == []


def test_news_that_come_twice_suspend_nobody_who_paid_in_between(
    subscriber: Subscriber,
) -> None:
    service = subscriber.order("s", Period.DAY)
    subscriber.charge()
    subscriber.pass_time(days=3, hours=1)
    # Told that it is overdue, and paid before that is heard.
    subscriber.run_charging()
    subscriber.book("100")
    subscriber.run_charging()
    subscriber.settle()
    assert subscriber.service(service).state.value == "suspended"

    subscriber.charge()

    assert subscriber.service(service).state.value == "active"
    # Whatever is older is dropped.
    assert subscriber.news_of_payment() == [1, 2]


def test_old_news_of_a_payment_does_not_suspend_what_has_been_paid(
    subscriber: Subscriber,
) -> None:
    service = subscriber.order("s", Period.DAY)
    subscriber.charge()
    subscriber.pass_time(days=3, hours=1)
    # It is told, and the event is not delivered yet.
    subscriber.run_charging()
    subscriber.pay_in("100")
    subscriber.charge()

    assert subscriber.service(service).state.value == "active"
    assert subscriber.differences() == []
