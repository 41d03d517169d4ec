"""What an operator's changes do to a service, its history, counters and events."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import text

from shared.contract import Method
from shared.contracts import inventory
from shared.contracts.actors import UNNAMED, Actor, ActorKind
from shared.contracts.inventory.reading import StateFilter
from shared.contracts.inventory.services import (
    ServiceState,
    SuspensionReason,
    TerminationTime,
)
from shared.contracts.notes import NO_NOTE, Note, own_words
from shared.errors import Conflict, Forbidden, InvalidInput, NotFound
from shared.money import Money
from tests.fixtures.inventory.harness import START, STRANGER, InventoryHarness

ALICE = Actor(kind=ActorKind.SUPPORT, name="Alice Example")


def test_a_new_service_is_pending_at_its_plans_price(harness: InventoryHarness) -> None:
    service = harness.add_service()

    assert service.state is ServiceState.PENDING
    assert service.price == Money("4.50", "EUR")
    assert (service.family_name, service.plan_name) == ("LXC", "LXC S")
    assert (service.created_at, service.activated_at) == (START, None)


def test_the_dashboard_counts_per_family_in_the_catalogues_order(
    harness: InventoryHarness,
) -> None:
    harness.activate(harness.add_service("S-1", plan="vpn-5"))
    harness.add_service("S-2", plan="lxc-s")
    harness.add_service("S-3", plan="lxc-l", company_id=STRANGER)

    board = harness.ask(inventory.reading.DASHBOARD, inventory.reading.Dashboard())

    assert [(f.code, f.pending, f.active) for f in board.families] == [
        ("lxc", 1, 0),
        ("vpn", 0, 1),
    ]
    assert board.total == 2


def test_each_change_leaves_history_and_an_event_of_the_next_version(
    harness: InventoryHarness,
) -> None:
    service = harness.activate(harness.add_service())
    suspend = inventory.lifecycle.Suspend(
        service_id=service.id, why="Spam", reason=SuspensionReason.POLICY
    )
    harness.later()
    suspended = harness.operate(inventory.lifecycle.SUSPEND_SERVICE, suspend)

    assert suspended.suspension_reason is SuspensionReason.POLICY
    assert suspended.state_since == harness.clock.now()
    rows = harness.history_of(service)
    assert [(r.what, r.before, r.after, r.note) for r in rows] == [
        ("state", None, "pending", NO_NOTE),
        ("state", "pending", "active", NO_NOTE),
        ("state", "active", "suspended", own_words("Spam")),
    ]
    assert rows[-1].actor == ALICE
    events = harness.events()
    assert [(e["name"], e["version"]) for e in events] == [
        ("service_created", 1),
        ("service_activated", 2),
        ("service_suspended", 3),
        ("services_suspended", 1),
    ]
    assert events[-2]["body"]["suspension_reason"] == "policy"
    assert events[-2]["company_id"] == str(service.company_id)
    assert events[-1]["body"] == {
        "reason": "policy",
        "count": 1,
        "services": [{"id": str(service.id), "name": service.name}],
    }


OF_BEFORE = """
INSERT INTO service_history
    (company_id, service_id, at, what, before, after, who, why)
VALUES (:company, :service, :at, 'name', 'a', 'b', :who, :why)
"""


@pytest.mark.parametrize(
    ("who", "actor"),
    [
        ("billing", Actor(kind=ActorKind.AUTOMATIC)),
        ("root", UNNAMED),
        ("Nora (support)", Actor(kind=ActorKind.PERSON, name="Nora (support)")),
    ],
)
def test_history_from_before_keeps_its_words_and_names_people_only(
    harness: InventoryHarness, who: str, actor: Actor
) -> None:
    service = harness.add_service()
    values = {"company": service.company_id, "service": service.id, "at": START}
    why = "The balance covers the service again."
    with harness.database.system() as session:
        session.execute(text(OF_BEFORE), values | {"who": who, "why": why})

    row = harness.history_of(service)[-1]

    assert (row.actor, row.note) == (actor, Note(as_written=why))


@pytest.mark.parametrize(
    "method",
    [inventory.lifecycle.RESUME_SERVICE, inventory.lifecycle.TERMINATE_SERVICE],
)
def test_what_ends_a_suspension_says_how_long_it_was(
    harness: InventoryHarness,
    method: Method[inventory.lifecycle.ChangeState, inventory.services.Service],
) -> None:
    service = harness.activate(harness.add_service())
    suspend = inventory.lifecycle.Suspend(
        service_id=service.id, reason=SuspensionReason.POLICY
    )
    harness.operate(inventory.lifecycle.SUSPEND_SERVICE, suspend)
    since = harness.clock.now()
    harness.later()

    after = harness.operate(
        method, inventory.lifecycle.ChangeState(service_id=service.id)
    )

    slept = harness.clock.now() - since
    assert after.suspended_us == slept // timedelta(microseconds=1) > 0


def test_resuming_clears_the_suspension_and_keeps_the_first_activation(
    harness: InventoryHarness,
) -> None:
    service = harness.activate(harness.add_service())
    suspend = inventory.lifecycle.Suspend(
        service_id=service.id, reason=SuspensionReason.PAYMENT
    )
    harness.operate(inventory.lifecycle.SUSPEND_SERVICE, suspend)
    harness.later()

    resumed = harness.operate(
        inventory.lifecycle.RESUME_SERVICE,
        inventory.lifecycle.ChangeState(service_id=service.id),
    )

    assert (resumed.state, resumed.suspension_reason) == (ServiceState.ACTIVE, None)
    assert (resumed.activated_at, resumed.state_since) == (
        START,
        harness.clock.now(),
    )


def test_a_termination_request_overlaps_the_state_and_ends_with_the_service(
    harness: InventoryHarness,
) -> None:
    service = harness.activate(harness.add_service())
    request = inventory.lifecycle.RequestTermination(
        service_id=service.id, why="Too big", time=TerminationTime.AT_ONCE
    )

    marked = harness.operate(inventory.lifecycle.REQUEST_TERMINATION, request)
    board = harness.ask(inventory.reading.DASHBOARD, inventory.reading.Dashboard())

    assert marked.termination_request == inventory.services.TerminationRequest(
        requested_at=START,
        actor=ALICE,
        reason="Too big",
        time=TerminationTime.AT_ONCE,
    )
    assert (board.total, board.active, board.termination_requested) == (1, 1, 1)
    with pytest.raises(Conflict, match="already_requested"):
        harness.operate(inventory.lifecycle.REQUEST_TERMINATION, request)

    ended = harness.operate(
        inventory.lifecycle.TERMINATE_SERVICE,
        inventory.lifecycle.ChangeState(service_id=service.id),
    )

    assert ended.termination_request is None
    board = harness.ask(inventory.reading.DASHBOARD, inventory.reading.Dashboard())
    assert board.families == []
    terminated = inventory.reading.ListServices(state=StateFilter.TERMINATED)
    assert harness.ask(inventory.reading.LIST_SERVICES, terminated).total == 1
    assert harness.history_of(service)[-1].after == "terminated"
    assert harness.counter_differences() == []


def test_a_withdrawn_request_leaves_the_service_as_it_was(
    harness: InventoryHarness,
) -> None:
    service = harness.activate(harness.add_service())
    ask = inventory.lifecycle.RequestTermination(service_id=service.id)
    harness.operate(inventory.lifecycle.REQUEST_TERMINATION, ask)
    withdraw = inventory.lifecycle.ChangeState(
        service_id=service.id, why="Changed our mind"
    )

    assert (
        harness.operate(inventory.lifecycle.WITHDRAW_TERMINATION, withdraw) == service
    )
    last = harness.history_of(service)[-1]
    assert (last.what, last.before, last.after) == (
        "termination_request",
        "end_of_period",
        None,
    )
    with pytest.raises(Conflict, match="not_requested"):
        harness.operate(inventory.lifecycle.WITHDRAW_TERMINATION, withdraw)


def test_another_plan_brings_its_price_and_moves_the_family(
    harness: InventoryHarness,
) -> None:
    service = harness.activate(harness.add_service())
    change = inventory.lifecycle.ChangePlan(service_id=service.id, plan_code="web-pro")

    moved = harness.operate(inventory.lifecycle.CHANGE_PLAN, change)

    assert (moved.family_code, moved.price) == ("hosting", Money("9.90", "EUR"))
    rows = harness.history_of(service)[-2:]
    assert [(r.what, r.before, r.after) for r in rows] == [
        ("plan", "LXC S", "Web Pro"),
        ("price", "4.50 EUR", "9.90 EUR"),
    ]
    assert harness.events()[-1]["name"] == "plan_changed"
    assert harness.counter_differences() == []


def test_a_price_is_rounded_half_up_to_twelve_places(harness: InventoryHarness) -> None:
    service = harness.add_service()
    price = Money(Decimal("0.0000000000015"), "EUR")
    change = inventory.lifecycle.ChangePrice(service_id=service.id, price=price)

    changed = harness.operate(inventory.lifecycle.CHANGE_PRICE, change)

    assert changed.price.amount == Decimal("0.000000000002")


def test_a_change_that_changes_nothing_leaves_no_trace(
    harness: InventoryHarness,
) -> None:
    service = harness.add_service()
    change = inventory.lifecycle.ChangePrice(service_id=service.id, price=service.price)

    assert harness.operate(inventory.lifecycle.CHANGE_PRICE, change) == service
    assert len(harness.events()) == 1
    assert len(harness.history_of(service)) == 1


@pytest.mark.parametrize("amount", ["-0.01", "1000000000.01"])
def test_a_price_out_of_range_is_refused(
    harness: InventoryHarness, amount: str
) -> None:
    with pytest.raises(InvalidInput, match="price_out_of_range"):
        harness.add_service(price=Money(amount, "EUR"))


def test_a_price_in_another_currency_is_refused(harness: InventoryHarness) -> None:
    service = harness.add_service()
    change = inventory.lifecycle.ChangePrice(
        service_id=service.id, price=Money("1", "PLN")
    )

    with pytest.raises(Conflict, match="wrong_currency"):
        harness.operate(inventory.lifecycle.CHANGE_PRICE, change)


def test_a_reference_names_one_service_of_a_company(harness: InventoryHarness) -> None:
    harness.add_service("S-1")
    harness.add_service("S-1", company_id=STRANGER)

    with pytest.raises(Conflict, match="reference_taken"):
        harness.add_service("S-1")


@pytest.mark.parametrize(
    ("name", "problem"),
    [(" ", "empty"), ("x" * 10_000, "too_long"), ("a\x00b", "control_character")],
)
def test_a_name_that_is_none_is_refused(
    harness: InventoryHarness, name: str, problem: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        harness.add_service(name=name)

    assert refusal.value.code == "bad_name"
    assert refusal.value.parameters["problem"] == problem


def test_unknown_plans_and_prices_are_refused(harness: InventoryHarness) -> None:
    service = harness.add_service()

    for plan in ("nothing", "", "\x00"):
        with pytest.raises(NotFound, match="no_such_plan"):
            harness.add_service("S-2", plan=plan)
    change = inventory.lifecycle.ChangePlan(service_id=service.id, plan_code="nothing")
    with pytest.raises(NotFound, match="no_such_plan"):
        harness.operate(inventory.lifecycle.CHANGE_PLAN, change)
    for currency in ("PLN", "eur", "\x00"):
        create = inventory.lifecycle.CreateService(
            company_id=STRANGER,
            reference="S",
            name="S",
            plan_code="lxc-s",
            currency=currency,
            period=inventory.services.Period.MONTH,
        )
        with pytest.raises(NotFound, match="no_such_price"):
            harness.operate(inventory.lifecycle.CREATE_SERVICE, create)


def test_another_companys_service_is_as_good_as_none(harness: InventoryHarness) -> None:
    service = harness.add_service()

    for service_id in (service.id, uuid4()):
        request = inventory.reading.GetService(service_id=service_id)
        with pytest.raises(NotFound, match="no_such_service"):
            harness.ask(inventory.reading.GET_SERVICE, request, STRANGER)
    page = harness.ask(
        inventory.reading.LIST_SERVICES, inventory.reading.ListServices(), STRANGER
    )
    assert (page.services, page.total) == ([], 0)


def test_only_operators_change_services(harness: InventoryHarness) -> None:
    service = harness.add_service()

    for method in (
        inventory.lifecycle.ACTIVATE_SERVICE,
        inventory.lifecycle.CANCEL_SERVICE,
    ):
        with pytest.raises(Forbidden):
            harness.ask(method, inventory.lifecycle.ChangeState(service_id=service.id))


def test_the_same_key_changes_a_service_once(harness: InventoryHarness) -> None:
    service = harness.add_service()
    request = inventory.lifecycle.ChangeState(service_id=service.id)
    operator = harness.principals.operator()

    first = harness.call(
        inventory.lifecycle.ACTIVATE_SERVICE, request, operator, key="k"
    )
    again = harness.call(
        inventory.lifecycle.ACTIVATE_SERVICE, request, operator, key="k"
    )

    assert first == again
    assert len(harness.events()) == 2


def test_projections_are_rebuilt_page_by_page(harness: InventoryHarness) -> None:
    services = [harness.add_service(f"S-{n}") for n in range(5)]
    harness.activate(services[0])
    before = len(harness.events())
    request = inventory.upkeep.RepublishServices(limit=3)

    first = harness.operate(inventory.upkeep.REPUBLISH_SERVICES, request)
    request = inventory.upkeep.RepublishServices(
        limit=3, after_service_id=first.last_service_id
    )
    second = harness.operate(inventory.upkeep.REPUBLISH_SERVICES, request)

    assert (first.count, second.count, second.last_service_id) == (3, 2, None)
    again = harness.events()[before:]
    assert sorted(e["body"]["id"] for e in again) == sorted(str(s.id) for s in services)
    (active,) = (e for e in again if e["body"]["id"] == str(services[0].id))
    assert (active["name"], active["version"]) == ("service_activated", 2)
