"""Importing companies' services: what is new, what changes, what is refused."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from shared.contracts import inventory
from shared.contracts.inventory.reading import ListServices
from shared.contracts.inventory.services import Service, ServiceState, SuspensionReason
from shared.contracts.notes import NoteCode
from shared.errors import Conflict
from shared.money import Money
from tests.fixtures.inventory.harness import (
    START,
    STRANGER,
    InventoryHarness,
    catalog_row,
    service_row,
)


def services_of(harness: InventoryHarness) -> dict[str, Service]:
    page = harness.ask(inventory.reading.LIST_SERVICES, ListServices(limit=100))
    return {service.reference: service for service in page.services}


def test_new_services_come_with_state_history_counters_and_events(
    harness: InventoryHarness,
) -> None:
    active_since = START - timedelta(days=400)
    applied = harness.import_services(
        service_row("A", activated_at=active_since.isoformat()),
        service_row("B", state="pending", price="7.123"),
        service_row("C", state="suspended"),
        service_row("A", company_id=str(STRANGER)),
    )

    assert (applied.created, applied.changed, applied.unchanged) == (4, 0, 0)
    found = services_of(harness)
    assert found["A"].activated_at == found["A"].created_at == active_since
    assert found["A"].state_since == active_since
    assert (found["B"].state, found["B"].activated_at) == (ServiceState.PENDING, None)
    assert found["B"].price == Money("7.123", "EUR")
    assert found["C"].suspension_reason is SuspensionReason.POLICY
    rows = harness.history_of(found["A"])
    assert [(r.what, r.before, r.after, r.note.code) for r in rows] == [
        ("state", None, "active", NoteCode.IMPORTED)
    ]
    events = harness.events()
    assert [e["name"] for e in events] == ["service_created"] * 4
    assert {e["version"] for e in events} == {1}
    board = harness.ask(inventory.reading.DASHBOARD, inventory.reading.Dashboard())
    assert (board.pending, board.active, board.suspended) == (1, 1, 1)
    assert harness.counter_differences() == []


def test_one_that_was_pending_here_was_not_active_before(
    harness: InventoryHarness,
) -> None:
    since = (START - timedelta(days=90)).isoformat()
    harness.import_services(service_row("known", state="pending"))

    harness.import_services(
        service_row("known", state="active", activated_at=since),
        service_row("new", state="active", activated_at=since),
    )

    found = services_of(harness)
    assert found["known"].activated_at == START
    assert found["new"].activated_at == START - timedelta(days=90)


def test_the_same_services_again_change_nothing(harness: InventoryHarness) -> None:
    rows = [service_row(f"S-{number}") for number in range(5)]
    harness.import_services(*rows)
    harness.import_catalog(catalog_row("lxc-s", price="77"))

    again = harness.import_services(*rows)

    assert (again.created, again.changed, again.unchanged) == (0, 0, 5)
    assert len(harness.events()) == 5
    assert services_of(harness)["S-0"].price == Money("4.50", "EUR")


def test_services_are_brought_to_what_the_file_says(harness: InventoryHarness) -> None:
    harness.import_services(
        *(service_row(name) for name in ("plan", "price", "name", "stop", "same")),
        service_row("start", state="pending"),
        service_row("held", state="suspended"),
    )
    before = len(harness.events())

    applied = harness.import_services(
        service_row("plan", plan_code="web-pro"),
        service_row("price", price="1"),
        service_row("name", name="Renamed"),
        service_row("stop", state="suspended"),
        service_row("same"),
        service_row("start", state="active"),
        service_row("held", state="suspended", price="2"),
    )

    assert (applied.created, applied.changed, applied.unchanged) == (0, 6, 1)
    found = services_of(harness)
    assert found["plan"].price == Money("9.90", "EUR")
    assert found["plan"].family_code == "hosting"
    assert found["stop"].suspension_reason is SuspensionReason.POLICY
    assert found["start"].activated_at == START
    told = {e["body"]["reference"]: e for e in harness.events()[before:]}
    assert {name: (e["name"], e["version"]) for name, e in told.items()} == {
        "plan": ("plan_changed", 2),
        "price": ("price_changed", 2),
        "name": ("service_renamed", 2),
        "stop": ("service_suspended", 2),
        "start": ("service_activated", 2),
        "held": ("price_changed", 2),
    }
    rows = harness.history_of(found["held"])[1:]
    assert [(r.what, r.before, r.after) for r in rows] == [
        ("price", "4.50 EUR", "2.00 EUR")
    ]
    assert harness.counter_differences() == []


@pytest.mark.parametrize("reason", SuspensionReason)
def test_a_row_without_a_state_leaves_the_state_as_it_is(
    harness: InventoryHarness, reason: SuspensionReason
) -> None:
    harness.import_services(service_row("held"), service_row("new", state="pending"))
    suspend = inventory.lifecycle.Suspend(
        service_id=services_of(harness)["held"].id, reason=reason
    )
    harness.operate(inventory.lifecycle.SUSPEND_SERVICE, suspend)
    before = services_of(harness)

    again = harness.import_services(service_row("held"), service_row("new"))
    renamed = harness.import_services(service_row("held", name="Renamed"))

    assert (again.changed, again.unchanged, renamed.changed) == (0, 2, 1)
    found = services_of(harness)
    assert found["new"] == before["new"]
    assert found["held"].name == "Renamed"
    assert found["held"].state is ServiceState.SUSPENDED
    assert found["held"].suspension_reason is reason


@pytest.mark.parametrize("reason", SuspensionReason)
def test_no_import_lifts_a_suspension(
    harness: InventoryHarness, reason: SuspensionReason
) -> None:
    rows = [service_row("held", state="active"), service_row("too", state="active")]
    harness.import_services(*rows)
    for service in services_of(harness).values():
        suspend = inventory.lifecycle.Suspend(service_id=service.id, reason=reason)
        harness.operate(inventory.lifecycle.SUSPEND_SERVICE, suspend)
    before = services_of(harness)

    staged, applied = harness.try_services(
        *rows, service_row("too", state="pending", line="2")
    )

    refused = [(row.field, row.code, row.value) for row in staged.refused]
    assert refused == [
        ("state", "suspended", "active"),
        ("state", "suspended", "active"),
        ("state", "suspended", "pending"),
    ]
    assert (applied.created, applied.changed, applied.unchanged) == (0, 0, 0)
    assert services_of(harness) == before


def test_a_service_suspended_after_the_check_stops_the_import(
    harness: InventoryHarness,
) -> None:
    harness.import_services(service_row("held"))
    import_id = uuid4()
    rows = [service_row("held", state="active", name="Renamed")]
    stage = inventory.importing.StageServices(import_id=import_id, rows=rows)
    assert harness.operate(inventory.importing.STAGE_SERVICES, stage).refused == []
    suspend = inventory.lifecycle.Suspend(
        service_id=services_of(harness)["held"].id, reason=SuspensionReason.POLICY
    )
    harness.operate(inventory.lifecycle.SUSPEND_SERVICE, suspend)

    with pytest.raises(Conflict, match="changed_meanwhile"):
        harness.operate(
            inventory.importing.APPLY_SERVICES,
            inventory.importing.ApplyImport(import_id=import_id),
        )


REFUSED: list[tuple[dict[str, str], str, str]] = [
    ({"company_id": ""}, "company", "missing"),
    ({"company_id": "Aurora"}, "company", "bad_id"),
    ({"reference": " "}, "reference", "missing"),
    ({"reference": "x" * 101}, "reference", "too_long"),
    ({"name": "\u202e"}, "name", "control_character"),
    ({"plan_code": "nothing"}, "plan", "no_such_plan"),
    ({"currency": "XYZ"}, "currency", "no_such_currency"),
    ({"currency": "PLN"}, "price", "no_such_price"),
    ({"period": "year"}, "price", "no_such_price"),
    ({"period": ""}, "period", "missing"),
    ({"state": "terminated"}, "state", "no_such_state"),
    ({"state": "gone"}, "state", "no_such_state"),
    ({"price": "-1"}, "price", "price_out_of_range"),
    ({"activated_at": "yesterday"}, "activated_at", "bad_time"),
    ({"activated_at": "2026-01-01T00:00:00"}, "activated_at", "bad_time"),
    ({"activated_at": "2999-01-01T00:00:00Z"}, "activated_at", "bad_time"),
    ({"activated_at": "0001-01-01T00:00:00+14:00"}, "activated_at", "bad_time"),
    (
        {"state": "pending", "activated_at": "2026-01-01T00:00:00Z"},
        "activated_at",
        "bad_time",
    ),
    ({"reference": "ended"}, "state", "wrong_state"),
    ({"reference": "active", "state": "pending"}, "state", "wrong_state"),
    ({"reference": "active", "currency": "PLN", "price": "1"}, "currency", "fixed"),
    ({"reference": "active", "period": "day", "price": "1"}, "period", "fixed"),
]


def test_every_bad_row_is_refused_with_its_line_field_and_code(
    harness: InventoryHarness,
) -> None:
    harness.activate(harness.add_service("active"))
    ended = inventory.lifecycle.ChangeState(service_id=harness.add_service("ended").id)
    harness.operate(inventory.lifecycle.CANCEL_SERVICE, ended)
    rows = [
        service_row(f"R-{number}", line=str(number), **values)
        if "reference" not in values
        else service_row(**(values | {"line": str(number)}))
        for number, (values, _, _) in enumerate(REFUSED)
    ]

    staged, applied = harness.try_services(*rows, service_row("good"))

    expected = [
        (str(number), field, code) for number, (_, field, code) in enumerate(REFUSED)
    ]
    found = [(row.line, row.field, row.code) for row in staged.refused]
    assert sorted(found) == sorted(expected)
    assert (staged.accepted, applied.created) == (1, 1)


def test_a_service_named_twice_must_be_the_same(harness: InventoryHarness) -> None:
    staged, applied = harness.try_services(
        service_row("S", line="1"),
        service_row("S", line="2"),
        service_row("S", line="3", price="2"),
    )

    assert [(r.line, r.code) for r in staged.refused] == [("3", "duplicate")]
    assert applied.created == 1


def test_a_row_that_no_longer_fits_stops_the_whole_import(
    harness: InventoryHarness,
) -> None:
    existing = harness.activate(harness.add_service("S-2"))
    import_id = uuid4()
    rows = [service_row(f"S-{number}") for number in range(4)]
    stage = inventory.importing.StageServices(import_id=import_id, rows=rows)
    assert harness.operate(inventory.importing.STAGE_SERVICES, stage).refused == []
    end = inventory.lifecycle.ChangeState(service_id=existing.id)
    harness.operate(inventory.lifecycle.TERMINATE_SERVICE, end)
    before = len(harness.events())

    with pytest.raises(Conflict, match="changed_meanwhile"):
        harness.operate(
            inventory.importing.APPLY_SERVICES,
            inventory.importing.ApplyImport(import_id=import_id),
        )

    assert services_of(harness) == {}
    assert len(harness.events()) == before
    assert harness.counter_differences() == []


def test_a_failure_in_the_last_batch_leaves_nothing(harness: InventoryHarness) -> None:
    import_id = uuid4()
    rows = [service_row(f"S-{number:04}") for number in range(1_100)]
    stage = inventory.importing.StageServices(import_id=import_id, rows=rows)
    harness.operate(inventory.importing.STAGE_SERVICES, stage)
    with harness.database.system() as db:
        db.execute(
            text("ALTER TABLE services ADD CONSTRAINT c CHECK (reference <> 'S-1099')")
        )

    with pytest.raises(Exception, match="fault in inventory"):
        harness.operate(
            inventory.importing.APPLY_SERVICES,
            inventory.importing.ApplyImport(import_id=import_id),
        )

    tables = ("services", "service_history", "service_counters")
    assert [harness.count(table) for table in tables] == [0, 0, 0]
    assert harness.events() == []
