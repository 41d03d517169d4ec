"""Time that is paid, or used at a price, stays so through suspensions."""

from decimal import Decimal

from sqlalchemy import text

from shared.contracts.inventory.services import Period
from tests.fixtures.billing.tenant import Tenant


def test_time_paid_before_a_suspension_for_payment_is_there_afterwards(
    tenant: Tenant,
) -> None:
    tenant.pay_in("10")
    service = tenant.order("s", Period.WEEK)
    tenant.charge()
    tenant.pass_time(days=1)
    tenant.change_price(service, "17")
    tenant.charge()
    tenant.pass_time(days=3)
    tenant.charge()
    assert tenant.service(service).state.value == "suspended"
    # What six days cost more, and no new period: three of the days are left.
    assert tenant.overdue() == 6

    tenant.pass_time(days=20)
    tenant.pay_in("6")
    tenant.charge()

    assert tenant.service(service).state.value == "active"
    assert tenant.balance == 0
    tenant.pay_in("100")
    tenant.pass_time(days=2, hours=23)
    tenant.charge()
    assert tenant.balance == 100
    tenant.pass_time(hours=1)
    tenant.charge()
    assert tenant.balance == 83
    assert tenant.differences() == []


def test_one_suspended_for_payment_that_is_to_end_gets_back_what_it_had_paid_ahead(
    tenant: Tenant,
) -> None:
    tenant.pay_in("10")
    service = tenant.order("s", Period.WEEK)
    tenant.charge()
    tenant.change_price(service, "17")
    tenant.charge()
    tenant.pass_time(hours=84)
    tenant.charge()
    assert tenant.service(service).state.value == "suspended"

    tenant.request_end(service)
    tenant.charge()

    # Half a week at 17, less the seven that were owed.
    assert tenant.service(service).state.value == "terminated"
    assert tenant.balance == Decimal("1.5")
    assert tenant.differences() == []


def test_what_was_used_before_a_policy_suspension_is_taken_at_the_end(
    tenant: Tenant,
) -> None:
    service = tenant.order("s", Period.DAY)
    tenant.charge()
    tenant.pass_time(days=2)
    tenant.charge()
    tenant.suspend(service)
    tenant.pass_time(days=5)
    tenant.pay_in("100")

    tenant.terminate(service)

    assert tenant.charges() == [("grace", Decimal(20))]
    assert tenant.balance == 80
    assert tenant.differences() == []


def test_a_new_price_leaves_what_was_used_before_a_policy_suspension(
    tenant: Tenant,
) -> None:
    service = tenant.order("s", Period.DAY)
    tenant.charge()
    tenant.pass_time(hours=12)
    tenant.suspend(service)
    tenant.change_price(service, "20")
    tenant.resume(service)
    tenant.pay_in("100")
    tenant.charge()

    # Half a day at 10, and half a day at 20.
    assert tenant.balance == 100 - Decimal(15)
    assert tenant.differences() == []


def test_a_suspension_from_before_there_was_charging_moves_no_time_paid_since(
    tenant: Tenant,
) -> None:
    tenant.pay_in("100")
    service = tenant.order("s", Period.MONTH)
    tenant.charge()
    tenant.suspend(service)
    tenant.pass_time(days=180)
    with tenant.database.system() as session:
        session.execute(
            text(
                "UPDATE subscriptions SET anchor = NULL, paid_through = NULL, "
                "paid_from = NULL, suspended_at = NULL, is_charged = false"
            )
        )
    tenant.charge()
    tenant.pass_time(days=1)
    tenant.resume(service)

    # It counts as paid up to the edge of September 2, and was suspended for a day.
    tenant.pass_time(days=3, hours=23)
    tenant.charge()
    assert tenant.balance == 90
    tenant.pass_time(hours=1)
    tenant.charge()
    assert tenant.balance == 80
    assert tenant.differences() == []
