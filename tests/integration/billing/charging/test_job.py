"""What is due is charged once, whoever runs the job and however late."""

from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from services.billing.parties.companies import lock_company
from shared.contracts.inventory.services import Period, TerminationTime
from tests.fixtures.billing.subscriber import Subscriber
from tests.fixtures.installations import Installation

CHARGE = ("charge", Decimal(10))
PATIENCE_S = 20.0


def test_a_new_service_is_charged_at_once_and_then_at_each_edge(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("100")
    subscriber.order("s", Period.MONTH)
    subscriber.charge()
    assert subscriber.balance == 90

    subscriber.pass_time(days=30)
    subscriber.charge()
    assert subscriber.balance == 90

    subscriber.pass_time(days=1)
    subscriber.charge()
    subscriber.charge()

    assert subscriber.charges() == [CHARGE, CHARGE]
    assert subscriber.balance == 80
    assert subscriber.differences() == []


def test_a_week_down_is_made_up_for_hour_by_hour(subscriber: Subscriber) -> None:
    subscriber.pay_in("5000")
    subscriber.order("s", Period.HOUR)
    subscriber.order("s", Period.DAY)
    subscriber.charge()

    subscriber.pass_time(days=7)
    subscriber.charge()

    assert len(subscriber.charges()) == 1 + 168 + 1 + 7
    assert subscriber.balance == 5000 - 10 * (169 + 8)
    assert subscriber.differences() == []


def test_two_jobs_at_once_charge_each_period_once(subscriber: Subscriber) -> None:
    subscriber.pay_in("1000")
    for _ in range(5):
        subscriber.order("s", Period.DAY)
    subscriber.pass_time(days=1)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(subscriber.charge_due) for _ in range(8)]:
            done.result()

    assert subscriber.charges() == [CHARGE] * 10
    assert subscriber.balance == 900


def test_charges_and_top_ups_at_once_never_take_a_wallet_below_its_credit(
    subscriber: Subscriber,
) -> None:
    """Nor for a moment: each movement is listed with the balance it left."""
    subscriber.allow("15")
    subscriber.pay_in("30")
    for _ in range(6):
        subscriber.order("s", Period.DAY)
    top_ups = [subscriber.begin_top_up("10") for _ in range(4)]

    with ThreadPoolExecutor(8) as pool:
        work: list[Future[object]] = []
        for top_up in top_ups:
            work += [pool.submit(subscriber.charge_due) for _ in range(2)]
            work.append(pool.submit(subscriber.pay_by_bank, top_up))
        for done in work:
            done.result()
    subscriber.settle()
    subscriber.charge()

    assert min(subscriber.balances()) >= -15
    assert subscriber.charges() == [CHARGE] * 6
    assert subscriber.balance == 10
    assert subscriber.differences() == []


def test_a_company_that_is_busy_is_left_to_the_next_run(
    site: Installation, subscriber: Subscriber
) -> None:
    """Another process may hold its lock for long: the job neither waits nor goes on."""
    other = Subscriber(site, "other-rent@example.com")
    for each in (subscriber, other):
        each.pay_in("100")
        each.order("s", Period.DAY)

    with ThreadPoolExecutor(1) as pool, subscriber.database.system() as busy:
        lock_company(busy, subscriber.company_id)
        pool.submit(subscriber.charge).result(PATIENCE_S)
        assert [subscriber.balance, other.balance] == [100, 90]
        assert subscriber.charges() == []

    subscriber.charge()
    assert [subscriber.balance, other.balance] == [90, 90]
    assert subscriber.charges() == [CHARGE]
    assert subscriber.differences() == []


def test_a_wallet_that_fails_keeps_no_other_waiting(
    site: Installation, subscriber: Subscriber
) -> None:
    subscribers = [
        Subscriber(site, f"rent-{number}@example.com") for number in range(2)
    ]
    for each in [subscriber, *subscribers]:
        each.pay_in("100")
        each.order("s", Period.DAY)
    # A zone that this database does not know, as an older one would not.
    with subscriber.database.system() as session:
        session.execute(
            text(
                "UPDATE companies SET time_zone = 'Mars/Olympus' WHERE company_id = :id"
            ),
            {"id": subscriber.company_id},
        )

    with capture_logs() as logs:
        subscriber.charge()

    assert [each["event"] for each in logs if each["log_level"] == "error"] == [
        "wallet_not_charged"
    ]
    assert [each.balance for each in [subscriber, *subscribers]] == [100, 90, 90]


def test_a_single_price_is_charged_once(subscriber: Subscriber) -> None:
    subscriber.pay_in("100")
    subscriber.order("s", Period.ONCE)
    subscriber.charge()
    subscriber.pass_time(days=400)
    subscriber.charge()

    assert subscriber.charges() == [CHARGE]
    assert subscriber.differences() == []


def test_what_costs_nothing_leaves_no_charge(subscriber: Subscriber) -> None:
    subscriber.order("free", Period.DAY)
    subscriber.pass_time(days=3)
    subscriber.charge()

    assert subscriber.charges() == []
    assert subscriber.charge_due().wallets == 0


def test_policy_suspension_is_not_charged_and_moves_what_is_paid(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("100")
    service = subscriber.order("s", Period.DAY)
    subscriber.charge()
    subscriber.pass_time(hours=12)
    subscriber.suspend(service)
    subscriber.pass_time(days=10)
    subscriber.charge()
    subscriber.resume(service)
    subscriber.pass_time(hours=11)
    subscriber.charge()
    assert subscriber.balance == 90

    subscriber.pass_time(hours=1)
    subscriber.charge()

    assert subscriber.balance == 80
    assert subscriber.differences() == []


def test_a_service_that_is_to_end_is_charged_no_more_and_ends_with_its_period(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("100")
    service = subscriber.order("s", Period.MONTH)
    subscriber.charge()
    subscriber.request_end(service)
    subscriber.pass_time(days=30)
    subscriber.charge()
    assert subscriber.service(service).state.value == "active"

    subscriber.pass_time(days=2)
    subscriber.charge()

    assert subscriber.service(service).state.value == "terminated"
    assert subscriber.balance == 90
    assert subscriber.differences() == []


def test_a_service_paid_once_that_is_to_end_with_its_period_ends(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("100")
    service = subscriber.order("s", Period.ONCE)
    subscriber.charge()
    subscriber.request_end(service)
    subscriber.charge()

    assert subscriber.service(service).state.value == "terminated"
    assert subscriber.balance == 90
    assert subscriber.differences() == []


def test_a_service_that_is_to_end_at_once_is_charged_until_it_is_done(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("100")
    service = subscriber.order("s", Period.DAY)
    subscriber.charge()
    subscriber.request_end(service, TerminationTime.AT_ONCE)
    subscriber.pass_time(days=2, hours=12)
    subscriber.charge()
    assert subscriber.balance == 70

    subscriber.terminate(service)

    assert subscriber.balance == 75
    assert subscriber.differences() == []


def test_a_dry_run_shows_what_would_be_charged_and_changes_nothing(
    subscriber: Subscriber,
) -> None:
    subscriber.order("s", Period.DAY)
    subscriber.pass_time(days=2)

    told = subscriber.charge_due(dry_run=True)

    (total,) = told.sums
    assert (total.services, total.periods, total.amount.amount) == (1, 3, Decimal(30))
    assert subscriber.charges() == []


@pytest.mark.parametrize("plan", ["m", "free"])
def test_a_new_plan_is_prorated_to_the_second(
    subscriber: Subscriber, plan: str
) -> None:
    subscriber.pay_in("100")
    service = subscriber.order("s", Period.DAY)
    subscriber.charge()
    subscriber.pass_time(hours=18)

    subscriber.change_plan(service, plan)

    expected = {"m": Decimal("3.75"), "free": Decimal("-2.5")}[plan]
    assert subscriber.charges()[1:] == [("proration", expected)]
    assert subscriber.balance == 90 - expected
    assert subscriber.differences() == []


def test_a_service_that_ends_at_once_gets_its_unused_time_back(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("100")
    service = subscriber.order("s", Period.DAY)
    subscriber.charge()
    subscriber.pass_time(hours=6)

    subscriber.terminate(service)

    assert subscriber.charges()[1:] == [("credit", Decimal("-7.5"))]
    assert subscriber.balance == Decimal("97.5")
    assert subscriber.differences() == []


def test_a_price_that_changed_while_the_job_was_down_is_charged_from_then_on(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("100")
    service = subscriber.order("s", Period.DAY)
    subscriber.charge()
    subscriber.pass_time(days=2, hours=12)
    subscriber.change_price(service, "20")
    subscriber.pass_time(hours=12)
    subscriber.charge()

    # Days 1 and 2.5 at 10, half a day and the one that begins at 20.
    assert subscriber.balance == 100 - 10 - 15 - 10 - 20
    assert subscriber.differences() == []
