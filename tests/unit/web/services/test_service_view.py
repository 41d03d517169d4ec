"""What the page of a service makes of its history and of how it is paid."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from msgspec.structs import replace

from shared.contracts.actors import UNNAMED
from shared.contracts.billing.charging import Subscription
from shared.contracts.inventory.reading import HistoryRow, ServiceDetails
from shared.contracts.inventory.services import (
    Period,
    Service,
    ServiceState,
    SuspensionReason,
)
from shared.contracts.notes import own_words
from tests.fixtures.documents import money
from tests.fixtures.fake_services import OURS, START
from web.services.service_view import EVENTS_SHOWN, PriceStep, ServiceView

SERVICE = Service(
    id=UUID(int=5),
    company_id=OURS,
    reference="AU-1",
    name="web-01",
    family_code="lxc",
    family_name="LXC",
    plan_code="s",
    plan_name="LXC S",
    state=ServiceState.ACTIVE,
    suspension_reason=None,
    price=money("10"),
    period=Period.MONTH,
    created_at=START,
    activated_at=START,
    state_since=START,
    termination_request=None,
)
SUSPENDED = replace(
    SERVICE, state=ServiceState.SUSPENDED, suspension_reason=SuspensionReason.PAYMENT
)
NOTHING = money("0")
PAID = Subscription(
    service_id=SERVICE.id,
    paid_through=START + timedelta(days=30),
    renewal=money("10"),
    owed=NOTHING,
    new_period=NOTHING,
    all_owed=NOTHING,
    available=money("3"),
    missing=NOTHING,
)
OWED = {"owed": money("12"), "all_owed": money("12")}


@pytest.fixture(autouse=True)
def in_a_request(pieces_app: Flask) -> Iterator[None]:
    with pieces_app.test_request_context():
        yield


def row(what: str, before: str | None, after: str | None, minutes: int) -> HistoryRow:
    return HistoryRow(
        at=START + timedelta(minutes=minutes),
        what=what,
        before=before,
        after=after,
        actor=UNNAMED,
        note=own_words("because"),
    )


def test_a_plan_and_its_price_are_one_event() -> None:
    rows = [
        row("price", "2.00 EUR", "0.219 EUR", 9),
        row("price", "1.00 EUR", "2.00 EUR", 5),
        row("plan", "S", "L", 5),
        row("plan", "XS", "S", 4),
        row("price", "0.50 EUR", "1.00 EUR", 3),
    ]

    view = ServiceView.of(ServiceDetails(service=SERVICE, history=rows), None)

    step = PriceStep(money("1.00"), money("2.00"))
    assert [(it.at.minute, it.icon, it.price) for it in view.latest] == [
        (9, "coins", PriceStep(money("2.00"), money("0.219"))),
        (5, "refresh", step),
        (4, "refresh", None),
        (3, "coins", PriceStep(money("0.50"), money("1.00"))),
    ]


@pytest.mark.parametrize(
    ("what", "before", "after", "title", "kind"),
    [
        ("state", None, "pending", "Created", "info"),
        ("state", None, "active", "Created: Active", "success"),
        ("state", "pending", "active", "Active", "success"),
        ("state", "active", "suspended", "Suspended", "warning"),
        ("state", "suspended", "active", "Resumed", "success"),
        ("state", "active", "of-a-later-version", "of-a-later-version", "neutral"),
        ("name", "a", "b", "Renamed: a, now b", "neutral"),
        ("of-a-later-version", "a", "b", "Changed", "neutral"),
        ("termination_request", "at_once", None, "withdrawn", "termination"),
        ("termination_request", None, "at_once", "immediately", "termination"),
        ("termination_request", None, "end_of_period", "period", "termination"),
    ],
)
def test_each_change_has_a_title_and_a_look(
    what: str, before: str | None, after: str | None, title: str, kind: str
) -> None:
    rows = [row(what, before, after, 0)]

    (event,) = ServiceView.of(
        ServiceDetails(service=SERVICE, history=rows), None
    ).latest

    assert event.title.endswith(title)
    assert event.kind == kind


def test_a_long_history_opens_in_place() -> None:
    rows = [row("name", "a", "b", n) for n in range(EVENTS_SHOWN + 3)]

    view = ServiceView.of(ServiceDetails(service=SERVICE, history=rows), None)

    assert (len(view.latest), len(view.earlier)) == (EVENTS_SHOWN, 3)


@pytest.mark.parametrize(
    ("service", "change", "shortage"),
    [
        (SERVICE, OWED, None),
        (replace(SUSPENDED, suspension_reason=SuspensionReason.POLICY), OWED, None),
        (SUSPENDED, OWED, (None, None, None)),
        (SUSPENDED, {**OWED, "new_period": money("12")}, (None, None, None)),
        (
            SUSPENDED,
            {
                **OWED,
                "new_period": money("10"),
                "all_owed": money("20"),
                "missing": money("17"),
            },
            (money("10"), money("20"), money("17")),
        ),
    ],
)
def test_a_shortage_names_what_differs(
    service: Service, change: dict[str, object], shortage: tuple[object, ...] | None
) -> None:
    details = ServiceDetails(service=service, history=[])

    it = ServiceView.of(details, replace(PAID, **change)).shortage

    assert (it and (it.new_period, it.all_owed, it.missing)) == shortage


def test_only_an_active_service_has_a_next_charge() -> None:
    active = ServiceView.of(ServiceDetails(service=SERVICE, history=[]), PAID)
    stopped = ServiceView.of(ServiceDetails(service=SUSPENDED, history=[]), PAID)
    unknown = ServiceView.of(ServiceDetails(service=SERVICE, history=[]), None)

    assert (active.paid_through, active.renewal) == (PAID.paid_through, PAID.renewal)
    assert (stopped.paid_through, stopped.owed) == (None, None)
    assert unknown.paid_through is None
