"""What is due is charged once, whoever runs the job and however late."""

from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from services.billing.parties.companies import lock_company
from shared.contracts.inventory.services import Period, TerminationTime
from tests.fixtures.billing.tenant import Tenant
from tests.fixtures.installations import Installation

CHARGE = ("charge", Decimal(10))
PATIENCE_S = 20.0


def test_a_new_service_is_charged_at_once_and_then_at_each_edge(
    tenant: Tenant,
) -> None:
    tenant.pay_in("100")
    tenant.order("s", Period.MONTH)
    tenant.charge()
    assert tenant.balance == 90

    tenant.pass_time(days=30)
    tenant.charge()
    assert tenant.balance == 90

    tenant.pass_time(days=1)
    tenant.charge()
    tenant.charge()

    assert tenant.charges() == [CHARGE, CHARGE]
    assert tenant.balance == 80
    assert tenant.differences() == []


def test_a_week_down_is_made_up_for_hour_by_hour(tenant: Tenant) -> None:
    tenant.pay_in("5000")
    tenant.order("s", Period.HOUR)
    tenant.order("s", Period.DAY)
    tenant.charge()

    tenant.pass_time(days=7)
    tenant.charge()

    assert len(tenant.charges()) == 1 + 168 + 1 + 7
    assert tenant.balance == 5000 - 10 * (169 + 8)
    assert tenant.differences() == []


def test_two_jobs_at_once_charge_each_period_once(tenant: Tenant) -> None:
    tenant.pay_in("1000")
    for _ in range(5):
        tenant.order("s", Period.DAY)
    tenant.pass_time(days=1)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(tenant.charge_due) for _ in range(8)]:
            done.result()

    assert tenant.charges() == [CHARGE] * 10
    assert tenant.balance == 900


def test_charges_and_top_ups_at_once_never_take_a_wallet_below_its_credit(
    tenant: Tenant,
) -> None:
    """Nor for a moment: each movement is listed with the balance it left."""
    tenant.allow("15")
    tenant.pay_in("30")
    for _ in range(6):
        tenant.order("s", Period.DAY)
    top_ups = [tenant.begin_top_up("10") for _ in range(4)]

    with ThreadPoolExecutor(8) as pool:
        work: list[Future[object]] = []
        for top_up in top_ups:
            work += [pool.submit(tenant.charge_due) for _ in range(2)]
            work.append(pool.submit(tenant.pay_by_bank, top_up))
        for done in work:
            done.result()
    tenant.settle()
    tenant.charge()

    assert min(tenant.balances()) >= -15
    assert tenant.charges() == [CHARGE] * 6
    assert tenant.balance == 10
    assert tenant.differences() == []


def test_a_company_that_is_busy_is_left_to_the_next_run(
    site: Installation, tenant: Tenant
) -> None:
    """Another process may hold its lock for long: the job neither waits nor goes on."""
    other = Tenant(site, "other-rent@example.com")
    for each in (tenant, other):
        each.pay_in("100")
        each.order("s", Period.DAY)

    with ThreadPoolExecutor(1) as pool, tenant.database.system() as busy:
        lock_company(busy, tenant.company_id)
        pool.submit(tenant.charge).result(PATIENCE_S)
        assert [tenant.balance, other.balance] == [100, 90]
        assert tenant.charges() == []

    tenant.charge()
    assert [tenant.balance, other.balance] == [90, 90]
    assert tenant.charges() == [CHARGE]
    assert tenant.differences() == []


def test_a_wallet_that_fails_keeps_no_other_waiting(
    site: Installation, tenant: Tenant
) -> None:
    tenants = [Tenant(site, f"rent-{number}@example.com") for number in range(2)]
    for each in [tenant, *tenants]:
        each.pay_in("100")
        each.order("s", Period.DAY)
    # A zone that this database does not know, as an older one would not.
    with tenant.database.system() as session:
        session.execute(
            text(
                "UPDATE companies SET time_zone = 'Mars/Olympus' WHERE company_id = :id"
            ),
            {"id": tenant.company_id},
        )

    with capture_logs() as logs:
        tenant.charge()

    assert [each["event"] for each in logs if each["log_level"] == "error"] == [
        "wallet_not_charged"
    ]
    assert [each.balance for each in [tenant, *tenants]] == [100, 90, 90]


def test_a_single_price_is_charged_once(tenant: Tenant) -> None:
    tenant.pay_in("100")
    tenant.order("s", Period.ONCE)
    tenant.charge()
    tenant.pass_time(days=400)
    tenant.charge()

    assert tenant.charges() == [CHARGE]
    assert tenant.differences() == []


def test_what_costs_nothing_leaves_no_charge(tenant: Tenant) -> None:
    tenant.order("free", Period.DAY)
    tenant.pass_time(days=3)
    tenant.charge()

    assert tenant.charges() == []
    assert tenant.charge_due().wallets == 0


def test_policy_suspension_is_not_charged_and_moves_what_is_paid(
    tenant: Tenant,
) -> None:
    tenant.pay_in("100")
    service = tenant.order("s", Period.DAY)
    tenant.charge()
    tenant.pass_time(hours=12)
    tenant.suspend(service)
    tenant.pass_time(days=10)
    tenant.charge()
    tenant.resume(service)
    tenant.pass_time(hours=11)
    tenant.charge()
    assert tenant.balance == 90

    tenant.pass_time(hours=1)
    tenant.charge()

    assert tenant.balance == 80
    assert tenant.differences() == []


def test_a_service_that_is_to_end_is_charged_no_more_and_ends_with_its_period(
    tenant: Tenant,
) -> None:
    tenant.pay_in("100")
    service = tenant.order("s", Period.MONTH)
    tenant.charge()
    tenant.request_end(service)
    tenant.pass_time(days=30)
    tenant.charge()
    assert tenant.service(service).state.value == "active"

    tenant.pass_time(days=2)
    tenant.charge()

    assert tenant.service(service).state.value == "terminated"
    assert tenant.balance == 90
    assert tenant.differences() == []


def test_a_service_paid_once_that_is_to_end_with_its_period_ends(
    tenant: Tenant,
) -> None:
    tenant.pay_in("100")
    service = tenant.order("s", Period.ONCE)
    tenant.charge()
    tenant.request_end(service)
    tenant.charge()

    assert tenant.service(service).state.value == "terminated"
    assert tenant.balance == 90
    assert tenant.differences() == []


def test_a_service_that_is_to_end_at_once_is_charged_until_it_is_done(
    tenant: Tenant,
) -> None:
    tenant.pay_in("100")
    service = tenant.order("s", Period.DAY)
    tenant.charge()
    tenant.request_end(service, TerminationTime.AT_ONCE)
    tenant.pass_time(days=2, hours=12)
    tenant.charge()
    assert tenant.balance == 70

    tenant.terminate(service)

    assert tenant.balance == 75
    assert tenant.differences() == []


def test_a_dry_run_shows_what_would_be_charged_and_changes_nothing(
    tenant: Tenant,
) -> None:
    tenant.order("s", Period.DAY)
    tenant.pass_time(days=2)

    told = tenant.charge_due(dry_run=True)

    (total,) = told.sums
    assert (total.services, total.periods, total.amount.amount) == (1, 3, Decimal(30))
    assert tenant.charges() == []


@pytest.mark.parametrize("plan", ["m", "free"])
def test_a_new_plan_is_prorated_to_the_second(tenant: Tenant, plan: str) -> None:
    tenant.pay_in("100")
    service = tenant.order("s", Period.DAY)
    tenant.charge()
    tenant.pass_time(hours=18)

    tenant.change_plan(service, plan)

    expected = {"m": Decimal("3.75"), "free": Decimal("-2.5")}[plan]
    assert tenant.charges()[1:] == [("proration", expected)]
    assert tenant.balance == 90 - expected
    assert tenant.differences() == []


def test_a_service_that_ends_at_once_gets_its_unused_time_back(
    tenant: Tenant,
) -> None:
    tenant.pay_in("100")
    service = tenant.order("s", Period.DAY)
    tenant.charge()
    tenant.pass_time(hours=6)

    tenant.terminate(service)

    assert tenant.charges()[1:] == [("credit", Decimal("-7.5"))]
    assert tenant.balance == Decimal("97.5")
    assert tenant.differences() == []


def test_a_price_that_changed_while_the_job_was_down_is_charged_from_then_on(
    tenant: Tenant,
) -> None:
    tenant.pay_in("100")
    service = tenant.order("s", Period.DAY)
    tenant.charge()
    tenant.pass_time(days=2, hours=12)
    tenant.change_price(service, "20")
    tenant.pass_time(hours=12)
    tenant.charge()

    # Days 1 and 2.5 at 10, half a day and the one that begins at 20.
    assert tenant.balance == 100 - 10 - 15 - 10 - 20
    assert tenant.differences() == []
