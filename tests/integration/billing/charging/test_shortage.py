"""Funds exhausted, grace, suspension; funds restored, charged and resumed."""

from decimal import Decimal

from shared.contracts.inventory.services import Period, SuspensionReason
from tests.fixtures.billing.tenant import Tenant
from tests.fixtures.installations import Installation


def test_after_its_grace_an_unpaid_service_is_suspended_and_owes_what_it_used(
    tenant: Tenant,
) -> None:
    tenant.pay_in("10")
    service = tenant.order("s", Period.DAY)
    tenant.charge()
    tenant.pass_time(days=1)
    tenant.charge()
    tenant.pass_time(hours=71)
    tenant.charge()
    assert tenant.service(service).state.value == "active"

    tenant.pass_time(hours=13)
    tenant.charge()

    suspended = tenant.service(service)
    assert suspended.state.value == "suspended"
    assert suspended.suspension_reason
    assert suspended.suspension_reason.value == "payment"
    assert tenant.balance == 0
    # 3.5 days used, and a period to come.
    assert tenant.overdue() == 45
    assert tenant.differences() == []


def test_money_pays_what_is_owed_and_resumes_with_a_new_period(
    tenant: Tenant,
) -> None:
    tenant.pay_in("10")
    service = tenant.order("s", Period.DAY)
    tenant.charge()
    tenant.pass_time(days=1)
    tenant.charge()
    tenant.pass_time(days=3)
    tenant.charge()
    assert tenant.service(service).state.value == "suspended"
    tenant.pass_time(days=20)
    tenant.pay_in("39")
    tenant.charge()
    assert tenant.service(service).state.value == "suspended"

    tenant.pay_in("1")
    tenant.charge()

    assert tenant.service(service).state.value == "active"
    assert tenant.balance == 0
    assert tenant.charges() == [
        ("charge", Decimal(10)),
        ("grace", Decimal(30)),
        ("charge", Decimal(10)),
    ]
    tenant.pay_in("100")
    tenant.pass_time(hours=23)
    tenant.charge()
    assert tenant.balance == 100
    tenant.pass_time(hours=1)
    tenant.charge()
    assert tenant.balance == 90
    assert tenant.differences() == []


def test_money_within_the_grace_pays_each_period_that_began(tenant: Tenant) -> None:
    service = tenant.order("s", Period.DAY)
    tenant.charge()
    tenant.pass_time(days=2)
    tenant.charge()
    tenant.pay_in("29")
    tenant.charge()
    assert tenant.balance == 9
    tenant.pay_in("1")
    tenant.charge()

    assert tenant.balance == 0
    assert tenant.service(service).state.value == "active"
    tenant.pass_time(hours=71)
    assert tenant.overdue() == 0
    assert tenant.differences() == []


def test_credit_counts_and_the_oldest_is_paid_first(tenant: Tenant) -> None:
    tenant.allow("15")
    first = tenant.order("s", Period.MONTH)
    tenant.pass_time(minutes=5)
    second = tenant.order("s", Period.MONTH)
    tenant.charge()

    assert tenant.balance == -10
    tenant.pass_time(days=4)
    tenant.charge()
    assert tenant.service(first).state.value == "active"
    assert tenant.service(second).state.value == "suspended"


def test_a_dearer_plan_that_can_not_be_paid_is_owed(tenant: Tenant) -> None:
    tenant.pay_in("10")
    service = tenant.order("s", Period.DAY)
    tenant.charge()
    tenant.pass_time(hours=12)
    tenant.change_plan(service, "m")
    assert tenant.balance == 0
    assert tenant.overdue() == Decimal("7.5")

    tenant.pay_in("10")
    tenant.charge()

    assert tenant.balance == Decimal("2.5")
    assert tenant.differences() == []


def test_a_one_time_price_that_can_not_be_paid_is_overdue_and_then_paid_once(
    tenant: Tenant,
) -> None:
    service = tenant.order("s", Period.ONCE)
    tenant.charge()
    assert tenant.overdue() == 10
    tenant.pass_time(days=3, hours=1)
    tenant.charge()
    assert tenant.service(service).state.value == "suspended"
    assert tenant.overdue() == 10
    assert tenant.differences() == []

    tenant.pay_in("25")
    tenant.charge()

    assert tenant.service(service).state.value == "active"
    assert tenant.charges() == [("charge", Decimal(10))]
    assert tenant.balance == 15
    assert tenant.overdue() == 0
    assert tenant.differences() == []


def test_a_one_time_price_that_is_paid_asks_for_nothing_when_suspended(
    tenant: Tenant,
) -> None:
    tenant.pay_in("10")
    service = tenant.order("s", Period.ONCE)
    tenant.charge()
    tenant.suspend(service, SuspensionReason.PAYMENT)
    assert tenant.overdue() == 0

    tenant.charge()

    assert tenant.service(service).state.value == "active"
    assert tenant.balance == 0
    assert tenant.differences() == []


def test_a_service_in_a_currency_without_a_wallet_is_overdue_like_any_other(
    site: Installation,
) -> None:
    tenant = Tenant(site, "penniless@example.com", has_wallet=False)
    service = tenant.order("s", Period.DAY)
    tenant.charge()
    assert tenant.overdue() == 10
    tenant.pass_time(days=3, hours=1)
    tenant.charge()
    assert tenant.service(service).state.value == "suspended"

    tenant.pay_in("100")
    tenant.charge()

    assert tenant.service(service).state.value == "active"
    assert tenant.differences() == []


def test_a_service_that_owes_and_ends_emits_its_wallet_once(tenant: Tenant) -> None:
    tenant.pay_in("20")
    service = tenant.order("s", Period.DAY)
    tenant.charge()
    tenant.pass_time(hours=12)
    tenant.change_plan(service, "m")
    tenant.change_price(service, "100")
    told = tenant.wallet_versions()

    tenant.terminate(service)

    # Half a day at 100, less what was never charged of it; half a day at 10 was used.
    assert tenant.charges()[1] == ("credit", Decimal("-12.5"))
    assert tenant.balance == 20 - Decimal(5)
    assert tenant.wallet_versions()[len(told) :] == [told[-1] + 1]
    assert tenant.differences() == []


def test_money_waits_for_what_running_services_owe_before_it_restores_others(
    tenant: Tenant,
) -> None:
    suspended = tenant.order("s", Period.MONTH)
    tenant.charge()
    tenant.suspend(suspended, SuspensionReason.PAYMENT)
    running = tenant.order("m", Period.MONTH)
    tenant.pay_in("10")
    tenant.charge()
    assert tenant.service(suspended).state.value == "suspended"
    assert tenant.balance == 10

    tenant.pay_in("25")
    tenant.charge()

    assert tenant.service(running).state.value == "active"
    assert tenant.service(suspended).state.value == "active"
    assert tenant.balance == 0
    assert tenant.differences() == []


def test_news_that_come_twice_suspend_nobody_who_paid_in_between(
    tenant: Tenant,
) -> None:
    service = tenant.order("s", Period.DAY)
    tenant.charge()
    tenant.pass_time(days=3, hours=1)
    # Told that it is overdue, and paid before that is heard.
    tenant.run_charging()
    tenant.book("100")
    tenant.run_charging()
    tenant.settle()
    assert tenant.service(service).state.value == "suspended"

    tenant.charge()

    assert tenant.service(service).state.value == "active"
    # Whatever is older is dropped.
    assert tenant.news_of_payment() == [1, 2]


def test_old_news_of_a_payment_does_not_suspend_what_has_been_paid(
    tenant: Tenant,
) -> None:
    service = tenant.order("s", Period.DAY)
    tenant.charge()
    tenant.pass_time(days=3, hours=1)
    # It is told, and the event is not delivered yet.
    tenant.run_charging()
    tenant.pay_in("100")
    tenant.charge()

    assert tenant.service(service).state.value == "active"
    assert tenant.differences() == []
