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
from tests.fixtures.inventory.warehouse import START, STRANGER, Warehouse

ALICE = Actor(kind=ActorKind.SUPPORT, name="Alice Example")


def test_a_new_service_is_pending_at_its_plans_price(warehouse: Warehouse) -> None:
    service = warehouse.add_service()

    assert service.state is ServiceState.PENDING
    assert service.price == Money("4.50", "EUR")
    assert (service.family_name, service.plan_name) == ("LXC", "LXC S")
    assert (service.created_at, service.activated_at) == (START, None)


def test_the_dashboard_counts_per_family_in_the_catalogues_order(
    warehouse: Warehouse,
) -> None:
    warehouse.activate(warehouse.add_service("S-1", plan="vpn-5"))
    warehouse.add_service("S-2", plan="lxc-s")
    warehouse.add_service("S-3", plan="lxc-l", company_id=STRANGER)

    board = warehouse.ask(inventory.reading.DASHBOARD, inventory.reading.Dashboard())

    assert [(f.code, f.pending, f.active) for f in board.families] == [
        ("lxc", 1, 0),
        ("vpn", 0, 1),
    ]
    assert board.total == 2


def test_each_change_leaves_history_and_an_event_of_the_next_version(
    warehouse: Warehouse,
) -> None:
    service = warehouse.activate(warehouse.add_service())
    suspend = inventory.lifecycle.Suspend(
        service_id=service.id, why="Spam", reason=SuspensionReason.POLICY
    )
    warehouse.later()
    suspended = warehouse.operate(inventory.lifecycle.SUSPEND_SERVICE, suspend)

    assert suspended.suspension_reason is SuspensionReason.POLICY
    assert suspended.state_since == warehouse.clock.now()
    rows = warehouse.history_of(service)
    assert [(r.what, r.before, r.after, r.note) for r in rows] == [
        ("state", None, "pending", NO_NOTE),
        ("state", "pending", "active", NO_NOTE),
        ("state", "active", "suspended", own_words("Spam")),
    ]
    assert rows[-1].actor == ALICE
    events = warehouse.events()
    assert [(e["name"], e["version"]) for e in events] == [
        ("service_created", 1),
        ("service_activated", 2),
        ("service_suspended", 3),
    ]
    assert events[-1]["body"]["suspension_reason"] == "policy"
    assert events[-1]["company_id"] == str(service.company_id)


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
    warehouse: Warehouse, who: str, actor: Actor
) -> None:
    service = warehouse.add_service()
    values = {"company": service.company_id, "service": service.id, "at": START}
    why = "The balance covers the service again."
    with warehouse.database.system() as session:
        session.execute(text(OF_BEFORE), values | {"who": who, "why": why})

    row = warehouse.history_of(service)[-1]

    assert (row.actor, row.note) == (actor, Note(as_written=why))


@pytest.mark.parametrize(
    "method",
    [inventory.lifecycle.RESUME_SERVICE, inventory.lifecycle.TERMINATE_SERVICE],
)
def test_what_ends_a_suspension_says_how_long_it_was(
    warehouse: Warehouse,
    method: Method[inventory.lifecycle.ChangeState, inventory.services.Service],
) -> None:
    service = warehouse.activate(warehouse.add_service())
    suspend = inventory.lifecycle.Suspend(
        service_id=service.id, reason=SuspensionReason.POLICY
    )
    warehouse.operate(inventory.lifecycle.SUSPEND_SERVICE, suspend)
    since = warehouse.clock.now()
    warehouse.later()

    after = warehouse.operate(
        method, inventory.lifecycle.ChangeState(service_id=service.id)
    )

    slept = warehouse.clock.now() - since
    assert after.suspended_us == slept // timedelta(microseconds=1) > 0


def test_resuming_clears_the_suspension_and_keeps_the_first_activation(
    warehouse: Warehouse,
) -> None:
    service = warehouse.activate(warehouse.add_service())
    suspend = inventory.lifecycle.Suspend(
        service_id=service.id, reason=SuspensionReason.PAYMENT
    )
    warehouse.operate(inventory.lifecycle.SUSPEND_SERVICE, suspend)
    warehouse.later()

    resumed = warehouse.operate(
        inventory.lifecycle.RESUME_SERVICE,
        inventory.lifecycle.ChangeState(service_id=service.id),
    )

    assert (resumed.state, resumed.suspension_reason) == (ServiceState.ACTIVE, None)
    assert (resumed.activated_at, resumed.state_since) == (
        START,
        warehouse.clock.now(),
    )


def test_a_termination_request_overlaps_the_state_and_ends_with_the_service(
    warehouse: Warehouse,
) -> None:
    service = warehouse.activate(warehouse.add_service())
    request = inventory.lifecycle.RequestTermination(
        service_id=service.id, why="Too big", time=TerminationTime.AT_ONCE
    )

    marked = warehouse.operate(inventory.lifecycle.REQUEST_TERMINATION, request)
    board = warehouse.ask(inventory.reading.DASHBOARD, inventory.reading.Dashboard())

    assert marked.termination_request == inventory.services.TerminationRequest(
        requested_at=START,
        actor=ALICE,
        reason="Too big",
        time=TerminationTime.AT_ONCE,
    )
    assert (board.total, board.active, board.termination_requested) == (1, 1, 1)
    with pytest.raises(Conflict, match="already_requested"):
        warehouse.operate(inventory.lifecycle.REQUEST_TERMINATION, request)

    ended = warehouse.operate(
        inventory.lifecycle.TERMINATE_SERVICE,
        inventory.lifecycle.ChangeState(service_id=service.id),
    )

    assert ended.termination_request is None
    board = warehouse.ask(inventory.reading.DASHBOARD, inventory.reading.Dashboard())
    assert board.families == []
    terminated = inventory.reading.ListServices(state=StateFilter.TERMINATED)
    assert warehouse.ask(inventory.reading.LIST_SERVICES, terminated).total == 1
    assert warehouse.history_of(service)[-1].after == "terminated"
    assert warehouse.counter_differences() == []


def test_a_withdrawn_request_leaves_the_service_as_it_was(
    warehouse: Warehouse,
) -> None:
    service = warehouse.activate(warehouse.add_service())
    ask = inventory.lifecycle.RequestTermination(service_id=service.id)
    warehouse.operate(inventory.lifecycle.REQUEST_TERMINATION, ask)
    withdraw = inventory.lifecycle.ChangeState(
        service_id=service.id, why="Changed our mind"
    )

    assert (
        warehouse.operate(inventory.lifecycle.WITHDRAW_TERMINATION, withdraw) == service
    )
    last = warehouse.history_of(service)[-1]
    assert (last.what, last.before, last.after) == (
        "termination_request",
        "end_of_period",
        None,
    )
    with pytest.raises(Conflict, match="not_requested"):
        warehouse.operate(inventory.lifecycle.WITHDRAW_TERMINATION, withdraw)


def test_another_plan_brings_its_price_and_moves_the_family(
    warehouse: Warehouse,
) -> None:
    service = warehouse.activate(warehouse.add_service())
    change = inventory.lifecycle.ChangePlan(service_id=service.id, plan_code="web-pro")

    moved = warehouse.operate(inventory.lifecycle.CHANGE_PLAN, change)

    assert (moved.family_code, moved.price) == ("hosting", Money("9.90", "EUR"))
    rows = warehouse.history_of(service)[-2:]
    assert [(r.what, r.before, r.after) for r in rows] == [
        ("plan", "LXC S", "Web Pro"),
        ("price", "4.50 EUR", "9.90 EUR"),
    ]
    assert warehouse.events()[-1]["name"] == "plan_changed"
    assert warehouse.counter_differences() == []


def test_a_price_is_rounded_half_up_to_twelve_places(warehouse: Warehouse) -> None:
    service = warehouse.add_service()
    price = Money(Decimal("0.0000000000015"), "EUR")
    change = inventory.lifecycle.ChangePrice(service_id=service.id, price=price)

    changed = warehouse.operate(inventory.lifecycle.CHANGE_PRICE, change)

    assert changed.price.amount == Decimal("0.000000000002")


def test_a_change_that_changes_nothing_leaves_no_trace(warehouse: Warehouse) -> None:
    service = warehouse.add_service()
    change = inventory.lifecycle.ChangePrice(service_id=service.id, price=service.price)

    assert warehouse.operate(inventory.lifecycle.CHANGE_PRICE, change) == service
    assert len(warehouse.events()) == 1
    assert len(warehouse.history_of(service)) == 1


@pytest.mark.parametrize("amount", ["-0.01", "1000000000.01"])
def test_a_price_out_of_range_is_refused(warehouse: Warehouse, amount: str) -> None:
    with pytest.raises(InvalidInput, match="price_out_of_range"):
        warehouse.add_service(price=Money(amount, "EUR"))


def test_a_price_in_another_currency_is_refused(warehouse: Warehouse) -> None:
    service = warehouse.add_service()
    change = inventory.lifecycle.ChangePrice(
        service_id=service.id, price=Money("1", "PLN")
    )

    with pytest.raises(Conflict, match="wrong_currency"):
        warehouse.operate(inventory.lifecycle.CHANGE_PRICE, change)


def test_a_reference_names_one_service_of_a_company(warehouse: Warehouse) -> None:
    warehouse.add_service("S-1")
    warehouse.add_service("S-1", company_id=STRANGER)

    with pytest.raises(Conflict, match="reference_taken"):
        warehouse.add_service("S-1")


@pytest.mark.parametrize(
    ("name", "problem"),
    [(" ", "empty"), ("x" * 10_000, "too_long"), ("a\x00b", "control_character")],
)
def test_a_name_that_is_none_is_refused(
    warehouse: Warehouse, name: str, problem: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        warehouse.add_service(name=name)

    assert refusal.value.code == "bad_name"
    assert refusal.value.parameters["problem"] == problem


def test_unknown_plans_and_prices_are_refused(warehouse: Warehouse) -> None:
    service = warehouse.add_service()

    for plan in ("nothing", "", "\x00"):
        with pytest.raises(NotFound, match="no_such_plan"):
            warehouse.add_service("S-2", plan=plan)
    change = inventory.lifecycle.ChangePlan(service_id=service.id, plan_code="nothing")
    with pytest.raises(NotFound, match="no_such_plan"):
        warehouse.operate(inventory.lifecycle.CHANGE_PLAN, change)
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
            warehouse.operate(inventory.lifecycle.CREATE_SERVICE, create)


def test_another_companys_service_is_as_good_as_none(warehouse: Warehouse) -> None:
    service = warehouse.add_service()

    for service_id in (service.id, uuid4()):
        request = inventory.reading.GetService(service_id=service_id)
        with pytest.raises(NotFound, match="no_such_service"):
            warehouse.ask(inventory.reading.GET_SERVICE, request, STRANGER)
    page = warehouse.ask(
        inventory.reading.LIST_SERVICES, inventory.reading.ListServices(), STRANGER
    )
    assert (page.services, page.total) == ([], 0)


def test_only_operators_change_services(warehouse: Warehouse) -> None:
    service = warehouse.add_service()

    for method in (
        inventory.lifecycle.ACTIVATE_SERVICE,
        inventory.lifecycle.CANCEL_SERVICE,
    ):
        with pytest.raises(Forbidden):
            warehouse.ask(
                method, inventory.lifecycle.ChangeState(service_id=service.id)
            )


def test_the_same_key_changes_a_service_once(warehouse: Warehouse) -> None:
    service = warehouse.add_service()
    request = inventory.lifecycle.ChangeState(service_id=service.id)
    operator = warehouse.principals.operator()

    first = warehouse.call(
        inventory.lifecycle.ACTIVATE_SERVICE, request, operator, key="k"
    )
    again = warehouse.call(
        inventory.lifecycle.ACTIVATE_SERVICE, request, operator, key="k"
    )

    assert first == again
    assert len(warehouse.events()) == 2


def test_projections_are_rebuilt_page_by_page(warehouse: Warehouse) -> None:
    services = [warehouse.add_service(f"S-{n}") for n in range(5)]
    warehouse.activate(services[0])
    before = len(warehouse.events())
    request = inventory.upkeep.RepublishServices(limit=3)

    first = warehouse.operate(inventory.upkeep.REPUBLISH_SERVICES, request)
    request = inventory.upkeep.RepublishServices(
        limit=3, after_service_id=first.last_service_id
    )
    second = warehouse.operate(inventory.upkeep.REPUBLISH_SERVICES, request)

    assert (first.count, second.count, second.last_service_id) == (3, 2, None)
    again = warehouse.events()[before:]
    assert sorted(e["body"]["id"] for e in again) == sorted(str(s.id) for s in services)
    (active,) = (e for e in again if e["body"]["id"] == str(services[0].id))
    assert (active["name"], active["version"]) == ("service_activated", 2)
