"""Whatever operators try in whatever order, services do what a simple model says."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from shared.contract import Method
from shared.contracts import inventory
from shared.contracts.inventory.services import (
    Service,
    ServiceState,
    SuspensionReason,
    TerminationTime,
)
from shared.errors import Conflict
from shared.money import Money
from tests.fixtures.inventory.harness import PLANS, InventoryHarness
from tests.fixtures.properties import over_database

LIVE = {"pending", "active", "suspended"}
MARKABLE = {"active", "suspended"}
MOVES: dict[
    str, tuple[Method[inventory.lifecycle.ChangeState, Service], set[str], str]
] = {
    "activate": (inventory.lifecycle.ACTIVATE_SERVICE, {"pending"}, "active"),
    "resume": (inventory.lifecycle.RESUME_SERVICE, {"suspended"}, "active"),
    "terminate": (inventory.lifecycle.TERMINATE_SERVICE, MARKABLE, "terminated"),
    "cancel": (inventory.lifecycle.CANCEL_SERVICE, {"pending"}, "cancelled"),
}
FAMILY = {plan: family for plan, (family, _, _) in PLANS.items()}
PRICE = {plan: price for plan, (_, _, price) in PLANS.items()}


@dataclass
class Model:
    """A service as the page about states describes it, and nothing more."""

    id: UUID
    plan: str
    price: str
    state: str = "pending"
    reason: SuspensionReason | None = None
    mark: TerminationTime | None = None
    version: int = 1
    was_active: bool = False
    history: list[tuple[str, str | None, str | None]] = field(default_factory=list)

    def note(self, what: str, before: str | None, after: str | None) -> None:
        if before != after:
            self.history.append((what, before, after))

    def go(self, state: str) -> None:
        self.note("state", self.state, state)
        self.state, self.reason = state, None
        self.was_active |= state == "active"
        if state not in LIVE:
            self.mark = None


class Provider(RuleBasedStateMachine):
    harness: InventoryHarness

    services = Bundle("services")

    def __init__(self) -> None:
        super().__init__()
        self.company_id = uuid4()
        self.models: list[Model] = []
        self.touched: Model | None = None

    @contextmanager
    def change(self, model: Model, *, allowed: bool) -> Iterator[None]:
        """A change that must be refused unless it is ``allowed``."""
        self.touched = model
        if not allowed:
            with pytest.raises(Conflict):
                yield
            return
        rows = len(model.history)
        yield
        model.version += len(model.history) > rows

    @rule(target=services, plan=st.sampled_from(sorted(PLANS)))
    def create(self, plan: str) -> Model:
        reference = f"S-{len(self.models)}"
        service = self.harness.add_service(
            reference, plan=plan, company_id=self.company_id
        )
        model = Model(service.id, plan, PRICE[plan])
        model.history.append(("state", None, "pending"))
        self.models.append(model)
        self.touched = model
        return model

    @rule(model=services, name=st.sampled_from(sorted(MOVES)))
    def move(self, model: Model, name: str) -> None:
        method, sources, target = MOVES[name]
        request = inventory.lifecycle.ChangeState(service_id=model.id)
        with self.change(model, allowed=model.state in sources):
            self.harness.operate(method, request)
            model.go(target)

    @rule(model=services, reason=st.sampled_from(SuspensionReason))
    def suspend(self, model: Model, reason: SuspensionReason) -> None:
        with self.change(model, allowed=model.state == "active"):
            request = inventory.lifecycle.Suspend(service_id=model.id, reason=reason)
            self.harness.operate(inventory.lifecycle.SUSPEND_SERVICE, request)
            model.go("suspended")
            model.reason = reason

    @rule(model=services, time=st.sampled_from(TerminationTime))
    def ask_for_termination(self, model: Model, time: TerminationTime) -> None:
        with self.change(model, allowed=model.state in MARKABLE and model.mark is None):
            request = inventory.lifecycle.RequestTermination(
                service_id=model.id, time=time
            )
            self.harness.operate(inventory.lifecycle.REQUEST_TERMINATION, request)
            model.note("termination_request", None, time.value)
            model.mark = time

    @rule(model=services)
    def withdraw(self, model: Model) -> None:
        with self.change(model, allowed=model.mark is not None):
            request = inventory.lifecycle.ChangeState(service_id=model.id)
            self.harness.operate(inventory.lifecycle.WITHDRAW_TERMINATION, request)
            assert model.mark
            model.note("termination_request", model.mark.value, None)
            model.mark = None

    @rule(model=services, plan=st.sampled_from(sorted(PLANS)))
    def change_plan(self, model: Model, plan: str) -> None:
        with self.change(model, allowed=model.state in LIVE):
            request = inventory.lifecycle.ChangePlan(
                service_id=model.id, plan_code=plan
            )
            self.harness.operate(inventory.lifecycle.CHANGE_PLAN, request)
            model.note("plan", PLANS[model.plan][1], PLANS[plan][1])
            model.note("price", f"{model.price} EUR", f"{PRICE[plan]} EUR")
            model.plan, model.price = plan, PRICE[plan]

    @rule(model=services, price=st.sampled_from(["0.00", "4.50", "0.0255"]))
    def change_price(self, model: Model, price: str) -> None:
        with self.change(model, allowed=model.state in LIVE):
            request = inventory.lifecycle.ChangePrice(
                service_id=model.id, price=Money(price, "EUR")
            )
            self.harness.operate(inventory.lifecycle.CHANGE_PRICE, request)
            model.note("price", f"{model.price} EUR", f"{price} EUR")
            model.price = price

    @invariant()
    def the_service_is_as_the_model_says(self) -> None:
        if self.touched is not None:
            self.compare(self.touched)

    def compare(self, model: Model) -> None:
        request = inventory.reading.GetService(service_id=model.id)
        details = self.harness.ask(
            inventory.reading.GET_SERVICE, request, self.company_id
        )
        service = details.service
        assert service.state is ServiceState(model.state)
        assert service.suspension_reason is model.reason
        assert (service.activated_at is not None) == model.was_active
        mark = service.termination_request
        assert (mark.time if mark else None) is model.mark
        assert service.plan_code == model.plan
        assert service.price == Money(model.price, "EUR")
        rows = [(row.what, row.before, row.after) for row in details.history]
        assert rows[::-1] == model.history

    @invariant()
    def the_counters_are_the_models(self) -> None:
        board = self.harness.ask(
            inventory.reading.DASHBOARD, inventory.reading.Dashboard(), self.company_id
        )
        expected = Counter(
            (FAMILY[m.plan], m.state) for m in self.models if m.state in LIVE
        )
        found = {
            (family.code, state): count
            for family in board.families
            for state in sorted(LIVE)
            if (count := getattr(family, state))
        }
        assert found == expected
        assert board.termination_requested == sum(bool(m.mark) for m in self.models)

    def teardown(self) -> None:
        for model in self.models:
            self.compare(model)
        assert self.harness.counter_differences() == []
        versions: dict[str, int] = {}
        for event in self.harness.events():
            # What is announced to people is of no one service.
            if "id" in event["body"]:
                versions[event["body"]["id"]] = event["version"]
        assert [versions[str(model.id)] for model in self.models] == [
            model.version for model in self.models
        ]


@pytest.mark.property
def test_services_do_what_the_model_says(harness: InventoryHarness) -> None:
    class OnThisHarness(Provider):
        pass

    OnThisHarness.harness = harness
    run_state_machine_as_test(
        OnThisHarness,
        settings=settings(over_database(5), stateful_step_count=25),
    )
