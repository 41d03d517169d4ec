"""Importing a catalogue: line by line what is refused, and all or nothing."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from shared.contracts import inventory
from shared.contracts.inventory.importing import CatalogRow
from shared.contracts.inventory.services import Period
from shared.errors import Conflict, InvalidInput, NotFound
from shared.money import Money
from shared.rpc.jobs import run_job
from tests.fixtures.inventory.harness import (
    PLANS,
    InventoryHarness,
    catalog_row,
    service_row,
)

TABLES = ("families", "plans", "plan_prices")
STAGED = ("imports", "staged_families", "staged_plans", "staged_prices")


def counts(harness: InventoryHarness) -> list[int]:
    return [harness.count(table) for table in TABLES]


def test_the_same_catalogue_again_changes_nothing(
    empty_harness: InventoryHarness,
) -> None:
    rows = [catalog_row(plan) for plan in PLANS]

    first = empty_harness.import_catalog(*rows)
    again = empty_harness.import_catalog(*rows)

    assert (first.created, first.changed, first.unchanged) == (4, 0, 0)
    assert (again.created, again.changed, again.unchanged) == (0, 0, 4)
    assert [empty_harness.count(table) for table in STAGED] == [0, 0, 0, 0]


def test_families_have_the_order_of_the_file(harness: InventoryHarness) -> None:
    harness.import_catalog(
        catalog_row("dns", family_code="a-dns", family_name="DNS", icon="world"),
        catalog_row("vpn-5", price="3"),
    )
    for plan in ("dns", "vpn-5", "web-pro", "lxc-s"):
        harness.add_service(plan, plan=plan)

    board = harness.ask(inventory.reading.DASHBOARD, inventory.reading.Dashboard())

    assert [(family.code, family.icon) for family in board.families] == [
        ("lxc", "box"),
        ("hosting", "box"),
        ("vpn", "box"),
        ("a-dns", "world"),
    ]
    positions = [family.position for family in board.families]
    assert positions == sorted(set(positions))


def test_a_new_price_of_a_plan_leaves_services_at_theirs(
    harness: InventoryHarness,
) -> None:
    old = harness.add_service("old")

    applied = harness.import_catalog(catalog_row("lxc-s", price="5.25"))

    assert (applied.created, applied.changed, applied.unchanged) == (0, 1, 0)
    details = inventory.reading.GetService(service_id=old.id)
    assert harness.ask(inventory.reading.GET_SERVICE, details).service == old
    assert harness.add_service("new").price == Money("5.25", "EUR")


def test_services_follow_the_names_of_their_plan_and_family(
    harness: InventoryHarness,
) -> None:
    service = harness.add_service()
    other = harness.add_service("S-2", plan="lxc-l")

    applied = harness.import_catalog(
        catalog_row("lxc-s", plan_name="LXC Small", family_name="Containers")
    )

    assert applied.changed == 1
    details = inventory.reading.GetService(service_id=service.id)
    renamed = harness.ask(inventory.reading.GET_SERVICE, details)
    assert renamed.service.plan_name == "LXC Small"
    assert renamed.service.family_name == "Containers"
    row = renamed.history[0]
    assert (row.what, row.before, row.after) == ("plan", "LXC S", "LXC Small")
    told = {e["body"]["id"]: e for e in harness.events()[2:]}
    assert {e["name"] for e in told.values()} == {"service_renamed"}
    assert {e["version"] for e in told.values()} == {2}
    assert told[str(other.id)]["body"]["family_name"] == "Containers"
    assert told[str(other.id)]["body"]["plan_name"] == "LXC L"


REFUSED: list[tuple[dict[str, str], str, str]] = [
    ({"family_code": ""}, "family", "missing"),
    ({"family_code": "Web Space"}, "family", "bad_code"),
    ({"plan_code": "a" * 101}, "plan", "too_long"),
    ({"plan_code": "../etc"}, "plan", "bad_code"),
    ({"plan_code": "straße"}, "plan", "bad_code"),
    ({"family_name": " "}, "family_name", "missing"),
    ({"plan_name": "x" * 10_000}, "plan_name", "too_long"),
    ({"plan_name": "a\x00b"}, "plan_name", "control_character"),
    ({"plan_name": "\u202eevil"}, "plan_name", "control_character"),
    ({"icon": "x" * 51}, "icon", "too_long"),
    ({"currency": ""}, "currency", "missing"),
    ({"currency": "EURO"}, "currency", "no_such_currency"),
    ({"currency": "ABC"}, "currency", "no_such_currency"),
    ({"currency": "KWD"}, "currency", "currency_not_invoiced"),
    ({"currency": "XXX"}, "currency", "currency_not_current"),
    ({"currency": "HRK"}, "currency", "currency_not_current"),
    ({"period": "fortnight"}, "period", "no_such_period"),
    ({"price": ""}, "price", "missing"),
    ({"price": "free"}, "price", "bad_price"),
    ({"price": "4,50"}, "price", "bad_price"),
    ({"price": "1_000"}, "price", "bad_price"),
    ({"price": "NaN"}, "price", "bad_price"),
    ({"price": "Infinity"}, "price", "bad_price"),
    ({"price": "٣"}, "price", "bad_price"),
    ({"price": "-0.01"}, "price", "price_out_of_range"),
    ({"price": "1e10"}, "price", "price_out_of_range"),
    ({"price": "1e999999999"}, "price", "bad_price"),
]


def test_every_bad_value_is_refused_with_its_line_field_and_code(
    empty_harness: InventoryHarness,
) -> None:
    rows = [
        catalog_row(**(values | {"line": str(number)}))
        for number, (values, _, _) in enumerate(REFUSED)
    ]
    good = catalog_row("web-pro", line="good", price="1e-3", currency="eur")

    staged, applied = empty_harness.try_catalog(*rows, good)

    assert [(r.line, r.field, r.code) for r in staged.refused] == [
        (str(number), field, code) for number, (_, field, code) in enumerate(REFUSED)
    ]
    assert (staged.accepted, applied.created) == (1, 1)
    assert all(len(row.value) <= 80 for row in staged.refused)


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_lines_that_contradict_an_earlier_one_are_refused(
    harness: InventoryHarness, *, in_one_batch: bool
) -> None:
    rows = [
        catalog_row("new", line="1"),
        catalog_row("new", line="2"),
        catalog_row("new", line="3", price="2"),
        catalog_row("new", line="4", price="1.000"),
        catalog_row("new", line="5", plan_name="Newer"),
        catalog_row("new", line="6", family_code="vpn", family_name="VPN"),
        catalog_row("more", line="7", family_name="Lexc"),
        catalog_row("web-pro", line="8", family_code="vpn", family_name="VPN"),
        catalog_row("new", line="9", period="hour", icon="server"),
        catalog_row("new", line="10", period="day", icon="cloud"),
    ]
    import_id = uuid4()
    refused = []
    for batch in [rows] if in_one_batch else [[row] for row in rows]:
        stage = inventory.importing.StageCatalog(import_id=import_id, rows=batch)
        refused += harness.operate(inventory.importing.STAGE_CATALOG, stage).refused
    apply = inventory.importing.ApplyImport(import_id=import_id)
    applied = harness.operate(inventory.importing.APPLY_CATALOG, apply)

    assert [(r.line, r.field, r.code) for r in refused] == [
        ("3", "price", "duplicate"),
        ("5", "plan_name", "contradiction"),
        ("6", "family", "contradiction"),
        ("7", "family_name", "contradiction"),
        ("8", "family", "contradiction"),
        ("10", "icon", "contradiction"),
    ]
    assert applied.created == 2


def test_prices_are_kept_to_twelve_places_rounded_half_up(
    harness: InventoryHarness,
) -> None:
    harness.import_catalog(
        catalog_row("tiny", price="0.00012222222222222221"),
        catalog_row("half", price="0.0000000000005"),
        catalog_row("huge", price="1000000000"),
    )

    prices = [
        harness.add_service(plan, plan=plan).price.amount
        for plan in ("tiny", "half", "huge")
    ]

    assert [f"{price:f}" for price in prices] == [
        "0.000122222222",
        "0.000000000001",
        "1000000000.00",
    ]


def test_a_failure_while_applying_leaves_nothing(harness: InventoryHarness) -> None:
    before = counts(harness)
    import_id = uuid4()
    rows = [
        catalog_row("fresh", family_code="fresh", family_name="Fresh"),
        catalog_row("lxc-s", price="99"),
    ]
    stage = inventory.importing.StageCatalog(import_id=import_id, rows=rows)
    harness.operate(inventory.importing.STAGE_CATALOG, stage)
    with harness.database.system() as db:
        # The last of the three statements now fails on the second row.
        db.execute(text("ALTER TABLE plan_prices ADD CONSTRAINT c CHECK (price <> 99)"))

    apply = inventory.importing.ApplyImport(import_id=import_id)
    with pytest.raises(Exception, match="fault in inventory"):
        harness.operate(inventory.importing.APPLY_CATALOG, apply)

    assert counts(harness) == before
    assert harness.count("imports") == 1


def test_a_plan_that_moved_meanwhile_stops_the_whole_import(
    harness: InventoryHarness,
) -> None:
    slow, quick = uuid4(), catalog_row("new", family_code="vpn", family_name="VPN")
    rows = [catalog_row("new"), catalog_row("other")]
    stage = inventory.importing.StageCatalog(import_id=slow, rows=rows)
    harness.operate(inventory.importing.STAGE_CATALOG, stage)
    harness.import_catalog(quick)
    before = counts(harness)

    with pytest.raises(Conflict, match="changed_meanwhile"):
        harness.operate(
            inventory.importing.APPLY_CATALOG,
            inventory.importing.ApplyImport(import_id=slow),
        )

    assert counts(harness) == before


def test_an_import_is_applied_once_and_can_be_discarded(
    harness: InventoryHarness,
) -> None:
    import_id = uuid4()
    stage = inventory.importing.StageCatalog(
        import_id=import_id, rows=[catalog_row("new")]
    )
    apply = inventory.importing.ApplyImport(import_id=import_id)

    harness.operate(inventory.importing.STAGE_CATALOG, stage)
    harness.operate(inventory.importing.DISCARD_IMPORT, apply)
    harness.operate(inventory.importing.DISCARD_IMPORT, apply)

    with pytest.raises(NotFound, match="no_such_import"):
        harness.operate(inventory.importing.APPLY_CATALOG, apply)
    assert [harness.count(table) for table in STAGED] == [0, 0, 0, 0]


def test_an_import_of_services_is_none_of_a_catalogue(
    harness: InventoryHarness,
) -> None:
    import_id = uuid4()
    rows = inventory.importing.StageServices(import_id=import_id, rows=[service_row()])
    harness.operate(inventory.importing.STAGE_SERVICES, rows)

    with pytest.raises(NotFound, match="no_such_import"):
        harness.operate(
            inventory.importing.APPLY_CATALOG,
            inventory.importing.ApplyImport(import_id=import_id),
        )
    stage = inventory.importing.StageCatalog(import_id=import_id, rows=[catalog_row()])
    with pytest.raises(Conflict, match="other_import"):
        harness.operate(inventory.importing.STAGE_CATALOG, stage)


def test_a_batch_has_at_most_2000_rows(harness: InventoryHarness) -> None:
    rows: list[CatalogRow] = [catalog_row()] * 2_001
    stage = inventory.importing.StageCatalog(import_id=uuid4(), rows=rows)

    with pytest.raises(InvalidInput) as refusal:
        harness.operate(inventory.importing.STAGE_CATALOG, stage)

    assert refusal.value.parameters == {"max_rows": 2_000}


def test_what_is_left_lying_about_is_forgotten_after_a_day(
    harness: InventoryHarness,
) -> None:
    stage = inventory.importing.StageCatalog(
        import_id=uuid4(), rows=[catalog_row("new")]
    )
    harness.operate(inventory.importing.STAGE_CATALOG, stage)
    (forget,) = (job for job in harness.service.jobs())

    harness.later(minutes=24 * 60)
    run_job(forget, harness.service.runtime)
    kept = harness.count("imports")
    harness.later(minutes=1)
    run_job(forget, harness.service.runtime)

    assert (kept, harness.count("imports")) == (1, 0)


def test_a_plan_has_a_price_per_currency_and_period(harness: InventoryHarness) -> None:
    harness.import_catalog(
        catalog_row("lxc-s", currency="PLN", period="hour", price="0.0293")
    )
    request = inventory.lifecycle.CreateService(
        company_id=uuid4(),
        reference="S",
        name="S",
        plan_code="lxc-s",
        currency="PLN",
        period=Period.HOUR,
    )

    service = harness.operate(inventory.lifecycle.CREATE_SERVICE, request)

    assert service.price == Money("0.0293", "PLN")
