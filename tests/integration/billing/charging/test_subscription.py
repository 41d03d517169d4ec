"""What a customer is shown of a service: how far it is paid, and what it owes."""

from datetime import timedelta

from shared.contracts.inventory.services import Period
from tests.fixtures.billing.tenant import Tenant, euros

NOTHING = euros("0")


def test_a_paid_service_says_until_when_and_what_is_charged_then(
    tenant: Tenant,
) -> None:
    tenant.pay_in("100")
    began = tenant.site.clock.now()
    service = tenant.order("s", Period.DAY)
    tenant.charge()

    shown = tenant.subscription(service)

    assert shown.paid_through == began + timedelta(days=1)
    assert shown.renewal == euros("10")
    assert (shown.owed, shown.new_period, shown.all_owed) == (NOTHING,) * 3
    assert shown.available == euros("90")


def test_the_sum_that_a_suspended_service_names_resumes_it(tenant: Tenant) -> None:
    tenant.pay_in("10")
    service = tenant.order("s", Period.DAY)
    tenant.charge()
    tenant.pass_time(days=4.5)
    tenant.charge()
    tenant.pass_time(hours=73)
    tenant.charge()
    tenant.allow("5")

    shown = tenant.subscription(service)

    assert shown.renewal is None
    assert shown.new_period == euros("10")
    assert shown.owed > shown.new_period
    assert shown.all_owed == shown.owed
    assert shown.available == euros("5")
    tenant.pay_in(str((shown.missing - euros("0.01")).amount))
    tenant.charge()
    assert tenant.service(service).state.value == "suspended"
    tenant.pay_in("0.01")
    tenant.charge()
    assert tenant.service(service).state.value == "active"


def test_what_other_services_owe_is_shown_too(tenant: Tenant) -> None:
    first, second = (tenant.order("s", Period.DAY) for _ in range(2))
    tenant.charge()

    shown = tenant.subscription(first)

    assert shown.owed == tenant.subscription(second).owed == euros("10")
    assert shown.all_owed == euros("20")
    assert shown.all_owed.amount == tenant.overdue()


def test_a_one_time_price_has_no_end_and_no_renewal(tenant: Tenant) -> None:
    tenant.pay_in("10")
    service = tenant.order("s", Period.ONCE)
    tenant.charge()

    shown = tenant.subscription(service)

    assert (shown.paid_through, shown.renewal, shown.owed) == (None, None, NOTHING)


def test_a_service_that_is_to_end_renews_no_more(tenant: Tenant) -> None:
    tenant.pay_in("10")
    service = tenant.order("s", Period.DAY)
    tenant.charge()
    tenant.request_end(service)

    shown = tenant.subscription(service)

    assert shown.paid_through is not None
    assert shown.renewal is None
