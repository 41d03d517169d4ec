"""Recommended Add Funds from services to the figure, as worked examples.

The clock stands at 1 March 2026, 09:30 UTC, and the horizon is 30 days.
"""

from datetime import UTC, datetime, timedelta

import pytest

from shared.contracts.inventory.services import (
    Period,
    ServiceState,
    SuspensionReason,
    TerminationTime,
)
from tests.fixtures.billing.harness import START, BillingHarness, a_service, money


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "activated_at", "edges"),
    [
        (Period.HOUR, "2026-02-27 13:13:13", 720),
        (Period.DAY, "2026-02-20 18:00:00", 30),
        # On 1, 8, 15, 22 and 29 March; an edge at this very moment is past.
        (Period.WEEK, "2026-02-15 18:00:00", 5),
        (Period.WEEK, "2026-02-15 09:30:00", 4),
        # On the last day of a horizon that ends on 31 March, 09:30.
        (Period.MONTH, "2026-01-31 09:30:00", 1),
        (Period.MONTH, "2026-01-31 09:30:01", 0),
        (Period.MONTH, "2026-02-01 09:30:00", 0),
        (Period.YEAR, "2024-03-15 00:00:00", 1),
        (Period.YEAR, "2024-04-15 00:00:00", 0),
        # The 29th of February was the 28th this year.
        (Period.YEAR, "2024-02-29 12:00:00", 0),
        (Period.ONCE, "2026-03-01 09:30:00", 0),
    ],
)
def test_each_edge_within_the_horizon_is_a_charge(
    harness: BillingHarness, period: Period, activated_at: str, edges: int
) -> None:
    harness.open_wallet()
    harness.add_service(
        a_service(harness.company_id, "7", period, activated_at=moment(activated_at))
    )

    shown = harness.recommendation()

    assert shown.due == money(str(7 * edges))
    counts = [(each.period, each.service_count) for each in shown.due_lines]
    assert counts == ([(period, 1)] if edges else [])


def test_the_companys_time_zone_decides_which_day_it_is(
    harness: BillingHarness,
) -> None:
    # In UTC the 30th, so on 28 February at 23:30; in Berlin the 31st, at 00:30, so a
    # day earlier.
    anchor = moment("2026-01-30 23:30")
    harness.open_wallet()
    harness.set_buffer("0", 1)
    harness.add_service(a_service(harness.company_id, "7", activated_at=anchor))
    harness.clock.move_to(moment("2026-02-28 12:00"))
    in_utc = harness.recommendation()

    harness.live_in("Europe/Berlin")

    assert in_utc.due == money("7")
    assert harness.recommendation().due == money("0")
    assert harness.differences() == []


def test_a_day_of_23_hours_still_has_its_charge(harness: BillingHarness) -> None:
    harness.live_in("Europe/Berlin")
    harness.clock.move_to(moment("2026-03-28 12:00"))
    harness.open_wallet()
    harness.set_buffer("0", 1)
    for activated_at in ("2026-03-20 12:00", "2026-03-20 11:30", "2026-03-20 12:30"):
        harness.add_service(
            a_service(
                harness.company_id, "1", Period.DAY, activated_at=moment(activated_at)
            )
        )

    # At noon the wall shows 13:00, a day later 14:00. So 12:30 comes once, 13:00 (12:00
    # UTC in winter) once, 13:30 (12:30 in winter) twice.
    (line,) = harness.recommendation().due_lines

    assert (line.service_count, line.amount) == (3, money("4"))


def test_what_is_due_is_charged_in_whole_millionths(harness: BillingHarness) -> None:
    harness.open_wallet()
    for _ in range(3):
        harness.add_service(a_service(harness.company_id, "0.0000014", Period.HOUR))

    shown = harness.dashboard()

    # A charge of 0.0000014 is one of 0.000001, 720 times for each of the three; the
    # costs are estimates and rounded once.
    assert shown.wallets[0].recommendation.due == money("0.00216")
    assert shown.costs[0].hourly == money("0.000004")


def test_services_suspended_for_payment_are_resumed_and_then_renew(
    harness: BillingHarness,
) -> None:
    harness.open_wallet()
    harness.adjust("5")
    harness.set_buffer("20", 30)
    for price, period, reason in (
        ("30", Period.MONTH, SuspensionReason.PAYMENT),
        ("2.5", Period.DAY, SuspensionReason.PAYMENT),
        ("99", Period.ONCE, SuspensionReason.PAYMENT),
        ("1000", Period.MONTH, SuspensionReason.POLICY),
    ):
        suspended = ServiceState.SUSPENDED
        harness.add_service(
            a_service(harness.company_id, price, period, state=suspended, reason=reason)
        )

    shown = harness.recommendation()

    # A one-time price that nobody has paid is to be paid for its service to resume.
    assert shown.overdue == money("131.5")
    assert shown.overdue_service_count == 3
    # Resumed now, the month's next edge is on 1 April; the day's come thirty times.
    (line,) = shown.due_lines
    assert (line.period, line.service_count) == (Period.DAY, 1)
    assert (line.amount, line.after_resuming) == (money("75"), True)
    assert shown.due == money("75")
    assert shown.exact == money("221.5")
    assert shown.amount == money("222")


def test_a_one_time_price_that_was_paid_before_is_not_asked_for_again(
    harness: BillingHarness,
) -> None:
    harness.open_wallet()
    harness.add_service(
        a_service(
            harness.company_id,
            "99",
            Period.ONCE,
            state=ServiceState.SUSPENDED,
            reason=SuspensionReason.PAYMENT,
            activated_at=START - timedelta(days=40),
        )
    )

    shown = harness.recommendation()

    assert (shown.overdue, shown.overdue_service_count) == (money("0"), 0)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
@pytest.mark.parametrize("horizon_days", [1, 30, 366])
@pytest.mark.parametrize("period", Period)
def test_a_resumed_service_asks_for_what_one_activated_now_asks(
    harness: BillingHarness, period: Period, horizon_days: int, zone: str
) -> None:
    harness.live_in(zone)
    harness.open_wallet()
    harness.set_buffer("0", horizon_days)
    long_ago = START - timedelta(days=100, hours=7)
    for each, state, reason, activated_at in (
        ("vps", ServiceState.ACTIVE, None, START),
        ("lxc", ServiceState.SUSPENDED, SuspensionReason.PAYMENT, long_ago),
    ):
        harness.add_service(
            a_service(
                harness.company_id,
                "2.50",
                period,
                family=each,
                state=state,
                reason=reason,
                activated_at=activated_at,
            )
        )

    shown = harness.recommendation()

    due = {line.family_code: line for line in shown.due_lines}
    assert due.keys() in ({"vps", "lxc"}, set())
    if due:
        assert due["lxc"].amount == due["vps"].amount
        assert (due["vps"].after_resuming, due["lxc"].after_resuming) == (False, True)
    assert shown.overdue == money("0" if period is Period.ONCE else "2.50")


def test_services_that_renew_once_resumed_are_one_line_of_their_family(
    harness: BillingHarness,
) -> None:
    harness.open_wallet()
    for family_name in ("VPS", "Cloud servers"):
        harness.add_service(
            a_service(
                harness.company_id,
                "2.50",
                Period.WEEK,
                family_name=family_name,
                state=ServiceState.SUSPENDED,
                reason=SuspensionReason.PAYMENT,
            )
        )

    shown = harness.recommendation()

    # Two of one family, of which one bears its new name already.
    (line,) = shown.due_lines
    assert (line.service_count, line.amount) == (2, money("20"))
    assert (shown.overdue, shown.exact) == (money("5"), money("25"))


def test_a_service_that_is_to_end_with_its_period_asks_for_no_more_money(
    harness: BillingHarness,
) -> None:
    harness.open_wallet()
    anchor = START - timedelta(days=10)
    for state, reason in (
        (ServiceState.ACTIVE, None),
        (ServiceState.SUSPENDED, SuspensionReason.PAYMENT),
    ):
        harness.add_service(
            a_service(
                harness.company_id,
                activated_at=anchor,
                ends=TerminationTime.END_OF_PERIOD,
                state=state,
                reason=reason,
            )
        )

    shown = harness.dashboard()

    assert shown.wallets[0].recommendation.exact == money("0")
    # It still runs, so it still counts among the costs.
    assert shown.costs[0].service_count == 1


def test_each_wallet_has_a_horizon_and_services_of_its_own(
    harness: BillingHarness,
) -> None:
    anchor = START - timedelta(days=10)
    for currency, horizon in (("EUR", 10), ("PLN", 366)):
        harness.open_wallet(currency)
        harness.set_buffer("0", horizon, currency)
        for family in ("vps", "lxc"):
            harness.add_service(
                a_service(
                    harness.company_id,
                    "10",
                    Period.MONTH,
                    currency=currency,
                    family=family,
                    activated_at=anchor,
                )
            )

    euros, zlotys = (wallet.recommendation for wallet in harness.dashboard().wallets)

    assert (euros.due, euros.due_lines) == (money("0"), [])
    assert zlotys.due == money("240", "PLN")
    assert [
        (line.family_name, line.service_count, line.amount) for line in zlotys.due_lines
    ] == [("LXC", 1, money("120", "PLN")), ("VPS", 1, money("120", "PLN"))]
