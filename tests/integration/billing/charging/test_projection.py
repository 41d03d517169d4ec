"""What is known of services does not depend on how their events arrive."""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from services.billing.charging.paid_time import NEW_FOR
from services.billing.charging.periods import count_edges
from services.billing.forecast.costs import HOURS
from services.billing.surface.charging import EVENTS_AT_ONCE
from shared.contracts import inventory
from shared.contracts.inventory.services import (
    Period,
    ServiceState,
    SuspensionReason,
    TerminationTime,
)
from shared.db.database import Database
from shared.db.events import Envelope
from shared.errors import InvalidInput
from shared.money import round_to_ledger
from tests.fixtures.billing.harness import (
    START,
    BillingHarness,
    a_company,
    a_service,
    an_envelope,
    money,
)
from tests.fixtures.properties import over_database

HORIZON_DAYS = 45
SERVICES = 4
MOST_STATEMENTS = 12
"""For all events that come together: alone, each would take as many."""
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati")

BEFORE_SUMMER_TIME = datetime(2025, 7, 1, 9, tzinfo=UTC)

# What is active for less than an hour is new, and owes its first minutes by the prices
# that it had in them: that is the history's, and not the newest state's.
anchors = st.one_of(
    st.timedeltas(timedelta(days=-800), -NEW_FOR).map(lambda step: START + step),
    st.sampled_from([START, START + timedelta(days=HORIZON_DAYS - 60)]),
)
states = st.sampled_from(
    [
        (ServiceState.ACTIVE, None),
        (ServiceState.ACTIVE, None),
        (ServiceState.SUSPENDED, SuspensionReason.PAYMENT),
        (ServiceState.SUSPENDED, SuspensionReason.POLICY),
        (ServiceState.TERMINATED, None),
    ]
)
unpaid_for_once = states.filter(lambda s: s[1] is not SuspensionReason.PAYMENT)


@st.composite
def service_histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The states that one service goes through, the oldest first."""
    fixed = {
        "period": draw(st.sampled_from(Period)),
        "currency": draw(st.sampled_from(["EUR", "PLN"])),
        "activated_at": draw(anchors),
    }
    history: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(1, 4))):
        # What was used before a second suspension is owed, by the prices it had then:
        # that, too, is the history's.
        was_suspended = any(e["state"] is ServiceState.SUSPENDED for e in history)
        state, reason = draw(unpaid_for_once if was_suspended else states)
        # So is what is used after an unpaid suspension, when its price changes or it
        # is to end.
        was_unpaid = any(e["reason"] is SuspensionReason.PAYMENT for e in history)
        price = str(draw(st.decimals(0, 100, places=8)))
        ends = draw(st.sampled_from([None, None, *TerminationTime]))
        history.append(
            fixed
            | {
                "state": state,
                "reason": reason,
                "price": history[-1]["price"] if was_unpaid else price,
                "family": draw(st.sampled_from(["vps", "lxc"])),
                "ends": None if was_unpaid else ends,
            }
        )
    return history


Envelopes = list[Envelope[Any]]


cases = (
    st.lists(service_histories(), min_size=1, max_size=SERVICES),
    st.lists(st.sampled_from(ZONES), max_size=3),
    st.data(),
)


@pytest.mark.property
@over_database(6)
@given(*cases)
def test_events_in_any_order_and_number_end_in_what_the_newest_say(
    billing_database: Database,
    histories: list[list[dict[str, Any]]],
    zones: list[str],
    data: st.DataObject,
) -> None:
    check_arrivals(BillingHarness(billing_database), histories, zones, data)


def check_arrivals(
    harness: BillingHarness,
    histories: list[list[dict[str, Any]]],
    zones: list[str],
    data: st.DataObject,
) -> None:
    for currency in ("EUR", "PLN"):
        harness.open_wallet(currency)
        harness.set_buffer("0", HORIZON_DAYS, currency)
    envelopes, newest = envelopes_of(harness.company_id, histories, zones)
    repeated = data.draw(st.lists(st.sampled_from(envelopes), max_size=6))
    replayed = [
        msgspec.structs.replace(each, id=uuid4())
        for each in data.draw(st.lists(st.sampled_from(envelopes), max_size=4))
    ]
    arrivals = data.draw(st.permutations([*envelopes, *repeated, *replayed]))

    at_once = data.draw(st.integers(1, 5))

    for _, alike in groupby(arrivals, key=lambda each: each.name):
        waiting = list(alike)
        for start in range(0, len(waiting), at_once):
            harness.deliver(*waiting[start : start + at_once])

    assert harness.differences() == []
    zone = ZoneInfo(zones[-1] if zones else "UTC")
    assert shown_by(harness) == expected_of(newest, harness.clock.now(), zone)


def envelopes_of(
    company_id: UUID, histories: list[list[dict[str, Any]]], zones: list[str]
) -> tuple[Envelopes, list[inventory.services.Service]]:
    """All events of the histories, and each service's newest state."""
    envelopes: Envelopes = []
    newest = []
    for history in histories:
        service_id = uuid4()
        for version, fields in enumerate(history, start=1):
            service = a_service(company_id, service_id=service_id, **fields)
            changed = inventory.services.PRICE_CHANGED
            envelopes.append(an_envelope(changed, service, version))
        newest.append(service)
    for version, name in enumerate(zones, start=1):
        envelopes.append(a_company(company_id, name, version))
    return envelopes, newest


Figures = dict[tuple[str, ...], tuple[int, Decimal]]


def shown_by(harness: BillingHarness) -> Figures:
    """The dashboard's lines, without those of nothing."""
    shown = harness.dashboard()
    figures: Figures = {}
    for wallet in shown.wallets:
        recommended = wallet.recommendation
        overdue = recommended.overdue_service_count, recommended.overdue.amount
        figures[wallet.currency, "overdue"] = overdue
        for line in recommended.due_lines:
            due = "resumed" if line.after_resuming else "due"
            key = (wallet.currency, due, line.family_code, line.period.value)
            figures[key] = line.service_count, line.amount.amount
    for costs in shown.costs:
        for cost in costs.lines:
            key = (costs.currency, "cost", cost.family_code, cost.period.value)
            figures[key] = cost.service_count, cost.amount.amount
    return {key: figure for key, figure in figures.items() if any(figure)}


def expected_of(
    services: Sequence[inventory.services.Service], now: datetime, zone: ZoneInfo
) -> Figures:
    """The same, worked out service by service."""
    until = now + timedelta(days=HORIZON_DAYS)
    figures: defaultdict[tuple[str, ...], list[Decimal]] = defaultdict(list)
    prices: defaultdict[tuple[str, ...], list[Decimal]] = defaultdict(list)
    for service in services:
        currency, price = service.price.currency.code, service.price.amount
        charge = round_to_ledger(service.price).amount
        line = service.family_code, service.period.value
        request = service.termination_request
        # At once is for the operator to do, and charged until then.
        is_to_end = (
            request is not None and request.time is TerminationTime.END_OF_PERIOD
        )
        if service.period not in HOURS:
            is_new = service.activated_at == START
            waits = service.suspension_reason is SuspensionReason.PAYMENT
            if is_new and waits and not is_to_end:
                figures[currency, "overdue"].append(charge)
            continue
        if service.state is ServiceState.ACTIVE:
            prices[(currency, "cost", *line)].append(price)
            assert service.activated_at
            edges = count_edges(service.activated_at, service.period, now, until, zone)
            if edges and not is_to_end:
                figures[(currency, "due", *line)].append(edges * charge)
        elif service.suspension_reason is SuspensionReason.PAYMENT and not is_to_end:
            figures[currency, "overdue"].append(charge)
            edges = count_edges(now, service.period, now, until, zone)
            if edges:
                figures[(currency, "resumed", *line)].append(edges * charge)
    shown = {key: (len(all_), sum(all_, Decimal(0))) for key, all_ in figures.items()}
    for key, all_ in prices.items():
        total = round_to_ledger(money(sum(all_, Decimal(0)), key[0]))
        shown[key] = len(all_), total.amount
    return shown


@pytest.mark.parametrize(
    ("first", "zones"),
    [
        ((ServiceState.SUSPENDED, SuspensionReason.POLICY), []),
        # Winter's clocks show the day's edge before START in UTC, after it in Berlin.
        ((ServiceState.ACTIVE, None), ["Europe/Berlin", "UTC"]),
    ],
)
def test_a_price_changed_before_anything_was_charged_leaves_nothing_owed(
    harness: BillingHarness,
    first: tuple[ServiceState, SuspensionReason | None],
    zones: list[str],
) -> None:
    fixed = {"period": Period.DAY, "activated_at": BEFORE_SUMMER_TIME}
    state, reason = first
    before = fixed | {"price": "10", "state": state, "reason": reason}
    after = fixed | {"price": "20"}
    events, newest = envelopes_of(harness.company_id, [[before, after]], zones)
    harness.open_wallet()
    harness.set_buffer("0", HORIZON_DAYS)

    for version in (0, 1):
        if zones:
            harness.deliver(events[2 + version])
        harness.deliver(events[version])

    zone = ZoneInfo(zones[-1] if zones else "UTC")
    assert shown_by(harness) == expected_of(newest, harness.clock.now(), zone)


def test_an_older_version_that_comes_late_is_dropped(harness: BillingHarness) -> None:
    service = a_service(harness.company_id, "10")
    ended = msgspec.structs.replace(service, state=ServiceState.TERMINATED)

    harness.deliver(
        an_envelope(inventory.services.SERVICE_TERMINATED, ended, version=2)
    )
    harness.deliver(
        an_envelope(inventory.services.SERVICE_ACTIVATED, service, version=1)
    )

    assert harness.dashboard().costs == []


def test_a_replay_of_the_same_version_mends_what_was_damaged(
    harness: BillingHarness,
) -> None:
    service = a_service(harness.company_id, "10")
    wrong = msgspec.structs.replace(service, price=money("99"))
    harness.deliver(an_envelope(inventory.services.PRICE_CHANGED, wrong, version=3))

    harness.deliver(an_envelope(inventory.services.PRICE_CHANGED, service, version=3))

    assert harness.dashboard().costs[0].monthly == money("10")
    assert harness.differences() == []


def test_an_active_service_that_never_was_activated_is_refused(
    harness: BillingHarness,
) -> None:
    service = a_service(harness.company_id, activated_at=None)

    with pytest.raises(InvalidInput) as refusal:
        harness.add_service(service)

    assert refusal.value.code == "malformed_message"


def test_events_that_come_together_cost_few_statements(harness: BillingHarness) -> None:
    services = [a_service(uuid4(), "1", Period.DAY) for _ in range(EVENTS_AT_ONCE)]
    for service in services:
        harness.open_wallet(company_id=service.company_id)
    envelopes = [
        an_envelope(inventory.services.SERVICE_ACTIVATED, each) for each in services
    ]
    statements: list[str] = []
    engine = harness.service.database.engine

    @event.listens_for(engine, "before_cursor_execute")
    def note(*execution: Any) -> None:
        statements.append(execution[2])

    harness.deliver(*envelopes)

    event.remove(engine, "before_cursor_execute", note)
    assert len(statements) <= MOST_STATEMENTS
    assert harness.dashboard(services[-1].company_id).costs[0].daily == money("1")


def test_events_of_one_company_may_come_at_the_same_time(
    harness: BillingHarness,
) -> None:
    services = [a_service(harness.company_id, "1", Period.DAY) for _ in range(10)]
    envelopes: Envelopes = [
        an_envelope(
            inventory.services.PRICE_CHANGED,
            msgspec.structs.replace(service, price=money(str(version))),
            version,
        )
        for version in (1, 2, 3)
        for service in services
    ]
    for version, zone in enumerate(ZONES, start=1):
        envelopes.insert(version * 6, a_company(harness.company_id, zone, version))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(harness.deliver, envelopes))

    assert harness.differences() == []
    assert harness.dashboard().costs[0].daily == money("30")
