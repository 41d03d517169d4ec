"""Imports of companies' services."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Text,
    Uuid,
    and_,
    cast,
    column,
    func,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.inventory import counters
from services.inventory.importing import staging
from services.inventory.importing.rows import (
    RowRefused,
    line_of,
    read_choice,
    read_code,
    read_currency,
    read_id,
    read_moment,
    read_price,
    read_text,
)
from services.inventory.lifecycle import states
from services.inventory.lifecycle.changes import (
    FIRST_VERSION,
    ServiceChange,
    Snapshot,
    differences,
    finish_all,
)
from services.inventory.lifecycle.states import Transition
from services.inventory.lifecycle.transitions import (
    MAX_NAME_LENGTH,
    MAX_REFERENCE_LENGTH,
)
from services.inventory.models import Family, Plan, PlanPrice, Service, StagedService
from shared.contract import Event
from shared.contracts import inventory
from shared.contracts.inventory.services import Period, ServiceState, SuspensionReason
from shared.contracts.notes import Note, NoteCode
from shared.errors import Conflict
from shared.rpc.change import Change
from shared.runtime import Runtime

_BATCH = 1_000

# No import lifts a suspension: a file knows neither of a policy nor of a payment.
_TRANSITIONS: dict[Transition, Event[inventory.services.Service]] = {
    states.ACTIVATE: inventory.services.SERVICE_ACTIVATED,
    states.SUSPEND: inventory.services.SERVICE_SUSPENDED,
}

_STATED = (
    "name",
    "plan_code",
    "currency",
    "period",
    "state",
    "price",
    "activated_at",
)

Key = tuple[UUID, str]


@dataclass(frozen=True)
class _ExistingData:
    """What rows refer to: plans, their prices, and the services that exist."""

    plans: dict[str, tuple[Plan, str]]
    prices: dict[tuple[str, str, Period], Decimal]
    services: dict[Key, Service]

    @classmethod
    def load(
        cls, db: Session, rows: Sequence[StagedService], *, lock: bool
    ) -> "_ExistingData":
        codes = {row.plan_code for row in rows}
        plans = db.execute(
            select(Plan, Family.name)
            .join(Family, Family.code == Plan.family_code)
            .where(Plan.code.in_(codes))
        )
        prices = db.scalars(select(PlanPrice).where(PlanPrice.plan_code.in_(codes)))
        services = select(Service).join(*_on_keys_of(rows, Service))
        if lock:
            ordered = services.order_by(Service.company_id, Service.reference)
            services = ordered.with_for_update(of=Service)
        return cls(
            plans={plan.code: (plan, family_name) for plan, family_name in plans},
            prices={(p.plan_code, p.currency, p.period): p.price for p in prices},
            services={(s.company_id, s.reference): s for s in db.scalars(services)},
        )

    def check(self, row: StagedService) -> None:
        """Refuse a row that fits neither the catalogue nor the service it names.

        Raises:
            RowRefused: ``no_such_plan``, ``no_such_price``, ``fixed``, ``wrong_state``,
                ``suspended``.
        """
        service = self.services.get(_key(row))
        if row.plan_code not in self.plans:
            raise RowRefused("plan", "no_such_plan", row.plan_code)
        if service is not None:
            if service.currency != row.currency:
                raise RowRefused("currency", "fixed", row.currency)
            if service.period is not row.period:
                raise RowRefused("period", "fixed", row.period.value)
            _check_transition(service, row)
        if self.price_of(row) is None:
            price = f"{row.currency} per {row.period.value}"
            raise RowRefused("price", "no_such_price", price)

    def price_of(self, row: StagedService) -> Decimal | None:
        """Return the row's own price, else the service's, else the plan's."""
        if row.price is not None:
            return row.price
        service = self.services.get(_key(row))
        if service is not None and service.plan_code == row.plan_code:
            return service.price
        return self.prices.get((row.plan_code, row.currency, row.period))


def stage_services(
    db: Session,
    runtime: Runtime,
    request: inventory.importing.StageServices,
    now: datetime,
) -> inventory.importing.Staged:
    """Check a batch of rows and put aside those that can be taken."""
    staging.receive(db, request.import_id, staging.SERVICES, len(request.rows), now)
    refused: list[inventory.importing.RefusedRow] = []
    rows: list[StagedService] = []
    for stated in request.rows:
        line = line_of(stated.line)
        try:
            rows.append(_read(stated, request.import_id, runtime.new_id(), line, now))
        except RowRefused as refusal:
            refused.append(refusal.at(line))
    existing = _ExistingData.load(db, rows, lock=False)
    taken = _earlier_rows(db, request.import_id, rows)
    for row in rows:
        try:
            existing.check(row)
            _refuse_other(taken.setdefault(_key(row), row), row)
        except RowRefused as refusal:
            refused.append(refusal.at(row.line))
    db.add_all(row for row in rows if taken.get(_key(row)) is row)
    db.flush()
    return inventory.importing.Staged(
        accepted=len(request.rows) - len(refused), refused=refused
    )


def apply_services(change: Change, import_id: UUID) -> inventory.importing.Applied:
    """Bring services to what an import says, in one transaction.

    Services that it does not name stay as they are. New ones come with their state:
    one history row and one event each. ``activated_at`` counts when a service is new
    or becomes active. Suspended by an import means for ``policy``.
    """
    staging.begin_to_apply(change.db, import_id, staging.SERVICES)
    created = changed = total = 0
    moves = counters.Moves()
    for rows in _batches(change.db, import_id):
        existing = _ExistingData.load(change.db, rows, lock=True)
        change = change.as_of_now()
        done = [*_apply(change, existing, rows)]
        moves.update(finish_all(change, done, Note(code=NoteCode.IMPORTED)))
        total += len(rows)
        created += sum(each.before is None for each in done)
        changed += sum(each.before is not None for each in done)
        change.db.expunge_all()
    counters.move(change.db, moves)
    staging.discard(change.db, import_id)
    unchanged = total - created - changed
    return inventory.importing.Applied(
        created=created, changed=changed, unchanged=unchanged, refused=[]
    )


def _apply(
    change: Change, existing: _ExistingData, rows: Iterable[StagedService]
) -> Iterator[ServiceChange]:
    for row in rows:
        try:
            existing.check(row)
        except RowRefused as refusal:
            raise Conflict("changed_meanwhile", f"{row.line}: {refusal.code}") from None
        plan, family_name = existing.plans[row.plan_code]
        price = existing.price_of(row)
        assert price is not None
        service = existing.services.get(_key(row))
        if service is None:
            new = _draft(row, plan, price, change.call.now)
            yield ServiceChange(
                new, family_name, None, inventory.services.SERVICE_CREATED
            )
            continue
        before = Snapshot.of(service)
        event = _alter(service, row, plan, price, change.call.now)
        if any(differences(before, Snapshot.of(service))):
            service.version += 1
            yield ServiceChange(service, family_name, before, event)


def _alter(
    service: Service, row: StagedService, plan: Plan, price: Decimal, now: datetime
) -> Event[inventory.services.Service]:
    """Make a service what the row says; return the event that describes it best."""
    event = inventory.services.SERVICE_RENAMED
    if service.price != price:
        event = inventory.services.PRICE_CHANGED
    if service.plan_code != plan.code:
        event = inventory.services.PLAN_CHANGED
    transition = _transition_to(service, row)
    if transition is not None:
        event = _TRANSITIONS[transition]
        service.state, service.state_since = transition.target, now
        service.suspension_reason = _reason(transition.target)
        if transition.target is ServiceState.ACTIVE and service.activated_at is None:
            # Known as pending until now, so no time before was to be paid.
            service.activated_at = now
    service.name = row.name
    service.plan_code, service.plan_name = plan.code, plan.name
    service.family_code = plan.family_code
    service.price = price
    return event


def _draft(row: StagedService, plan: Plan, price: Decimal, now: datetime) -> Service:
    state, activated_at = row.state or ServiceState.ACTIVE, None
    if state is not ServiceState.PENDING:
        activated_at = row.activated_at or now
    is_suspended = state is ServiceState.SUSPENDED
    return Service(
        id=row.id,
        company_id=row.company_id,
        reference=row.reference,
        name=row.name,
        plan_code=plan.code,
        plan_name=plan.name,
        family_code=plan.family_code,
        currency=row.currency,
        period=row.period,
        price=price,
        state=state,
        suspension_reason=_reason(state),
        created_at=activated_at or now,
        activated_at=activated_at,
        state_since=now if is_suspended else activated_at or now,
        version=FIRST_VERSION,
    )


def _read(
    row: inventory.importing.ServiceRow,
    import_id: UUID,
    new_id: UUID,
    line: str,
    now: datetime,
) -> StagedService:
    currency = read_currency("currency", row.currency)
    price = read_price("price", row.price, currency) if row.price.strip() else None
    state = _read_state(row.state)
    return StagedService(
        import_id=import_id,
        company_id=read_id("company", row.company_id),
        reference=read_text("reference", row.reference, MAX_REFERENCE_LENGTH),
        id=new_id,
        line=line,
        name=read_text("name", row.name, MAX_NAME_LENGTH),
        plan_code=read_code("plan", row.plan_code),
        currency=currency,
        period=read_choice("period", row.period, Period, "no_such_period"),
        state=state,
        price=None if price is None else price.amount,
        activated_at=_read_activation(row.activated_at, state, now),
    )


def _read_state(text: str) -> ServiceState | None:
    if not text.strip():
        return None
    state = read_choice("state", text, ServiceState, "no_such_state")
    if state not in states.LIVE:
        raise RowRefused("state", "no_such_state", text)
    return state


def _read_activation(
    text: str, state: ServiceState | None, now: datetime
) -> datetime | None:
    if not text.strip():
        return None
    moment = read_moment("activated_at", text)
    if moment > now or state is ServiceState.PENDING:
        raise RowRefused("activated_at", "bad_time", text)
    return moment


def _earlier_rows(
    db: Session, import_id: UUID, rows: Sequence[StagedService]
) -> dict[Key, StagedService]:
    """Return the rows of earlier batches that name the same services."""
    query = select(StagedService).join(*_on_keys_of(rows, StagedService))
    earlier = db.scalars(query.where(StagedService.import_id == import_id))
    return {_key(row): row for row in earlier}


def _batches(db: Session, import_id: UUID) -> Iterator[Sequence[StagedService]]:
    """The staged rows, always in the same order, so that services are locked in it."""
    key = tuple_(StagedService.company_id, StagedService.reference)
    query = select(StagedService).where(StagedService.import_id == import_id)
    query = query.order_by(StagedService.company_id, StagedService.reference)
    rows = db.scalars(query.limit(_BATCH)).all()
    while rows:
        last = _key(rows[-1])
        yield rows
        rows = db.scalars(query.where(key > last).limit(_BATCH)).all()


def _refuse_other(first: StagedService, row: StagedService) -> None:
    """Two rows may name one service only if they say the same of it."""
    for field in _STATED:
        if getattr(first, field) != getattr(row, field):
            raise RowRefused("reference", "duplicate", row.reference)


def _on_keys_of(
    rows: Iterable[StagedService], model: type[Service | StagedService]
) -> tuple[FromClause, ColumnElement[bool]]:
    """What to join ``model`` with, to find the services that ``rows`` name.

    A thousand keys in a condition would be compared with every service there is.
    """
    keys = sorted({_key(row) for row in rows})
    companies = [company_id for company_id, _ in keys]
    references = [reference for _, reference in keys]
    table = (
        func.unnest(cast(companies, ARRAY(Uuid)), cast(references, ARRAY(Text)))
        .table_valued(column("company_id", Uuid), column("reference", Text))
        .render_derived("keys")
    )
    same_company = model.company_id == table.c.company_id
    return table, and_(same_company, model.reference == table.c.reference)


def _key(row: StagedService) -> Key:
    return row.company_id, row.reference


def _check_transition(service: Service, row: StagedService) -> None:
    if service.state not in states.LIVE:
        raise RowRefused("state", "wrong_state", service.state.value)
    if row.state is None or row.state is service.state:
        return
    if service.state is ServiceState.SUSPENDED:
        raise RowRefused("state", "suspended", row.state.value)
    if _transition_to(service, row) is None:
        raise RowRefused("state", "wrong_state", row.state.value)


def _transition_to(service: Service, row: StagedService) -> Transition | None:
    ways = (
        transition
        for transition in _TRANSITIONS
        if service.state in transition.sources and transition.target is row.state
    )
    return next(ways, None)


def _reason(state: ServiceState) -> SuspensionReason | None:
    return SuspensionReason.POLICY if state is ServiceState.SUSPENDED else None
