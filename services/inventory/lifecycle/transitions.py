"""A service's life: ordered, activated, suspended, resumed, ended; plans and prices."""

from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from services.inventory import models
from services.inventory.catalogue import get_plan
from services.inventory.lifecycle import changes, states
from services.inventory.lifecycle.changes import FIRST_VERSION, Snapshot
from services.inventory.lifecycle.states import Transition
from services.inventory.prices import check_price, get_price
from shared.contract import Event
from shared.contracts import inventory
from shared.contracts.actors import actor_of
from shared.contracts.inventory.services import ServiceState
from shared.contracts.notes import NO_NOTE, Note, own_words
from shared.errors import Conflict, InvalidInput
from shared.money import Money, is_current
from shared.rpc.change import Change
from shared.text import clean_line, clean_reason

MICROSECOND = timedelta(microseconds=1)
MAX_NAME_LENGTH = 200
MAX_REFERENCE_LENGTH = 100


def create_service(
    change: Change, request: inventory.lifecycle.CreateService
) -> inventory.services.Service:
    """Add a pending service; see the contract for its refusals."""
    plan = get_plan(change.db, request.plan_code)
    price = request.price
    if price is None:
        price = get_price(change.db, plan, request.currency, request.period)
    elif price.currency.code != request.currency:
        raise Conflict("wrong_currency", price.currency.code)
    if not is_current(request.currency):
        raise InvalidInput("currency_not_current", request.currency)
    service = _draft(change, request, plan, check_price(price))
    try:
        return changes.finish(
            change, service, None, NO_NOTE, inventory.services.SERVICE_CREATED
        )
    except IntegrityError as error:
        if "services_reference" in str(error.orig):
            raise Conflict("reference_taken") from error
        raise


def activate_service(
    change: Change, request: inventory.lifecycle.ChangeState
) -> inventory.services.Service:
    return _move(change, request, states.ACTIVATE, inventory.services.SERVICE_ACTIVATED)


def suspend_service(
    change: Change, request: inventory.lifecycle.Suspend, note: Note | None = None
) -> inventory.services.Service:
    """Suspend; the note is our own reason, unless a person typed one."""
    event = inventory.services.SERVICE_SUSPENDED
    return _move(change, request, states.SUSPEND, event, note)


def resume_service(
    change: Change, request: inventory.lifecycle.ChangeState, note: Note | None = None
) -> inventory.services.Service:
    event = inventory.services.SERVICE_RESUMED
    return _move(change, request, states.RESUME, event, note)


def terminate_service(
    change: Change, request: inventory.lifecycle.ChangeState, note: Note | None = None
) -> inventory.services.Service:
    event = inventory.services.SERVICE_TERMINATED
    return _move(change, request, states.TERMINATE, event, note)


def cancel_service(
    change: Change, request: inventory.lifecycle.ChangeState, note: Note | None = None
) -> inventory.services.Service:
    event = inventory.services.SERVICE_CANCELLED
    return _move(change, request, states.CANCEL, event, note)


def request_termination(
    change: Change, request: inventory.lifecycle.RequestTermination
) -> inventory.services.Service:
    """Mark a service for termination; it continues until it is terminated."""
    change, service = changes.lock_service(change, request.service_id)
    states.require(service.state, states.MARKABLE)
    if service.termination_requested_at is not None:
        raise Conflict("already_requested")
    reason = clean_reason(request.why)
    before = Snapshot.of(service)
    service.termination_requested_at = change.call.now
    service.termination_requested_by = change.call.principal.name
    actor = actor_of(change.call.principal)
    service.termination_actor_kind = actor.kind.value
    service.termination_actor_name = actor.name
    service.termination_reason = reason
    service.termination_time = request.time
    event = inventory.services.TERMINATION_REQUESTED
    return changes.finish(change, service, before, own_words(reason), event)


def withdraw_termination(
    change: Change, request: inventory.lifecycle.ChangeState
) -> inventory.services.Service:
    change, service = changes.lock_service(change, request.service_id)
    if service.termination_requested_at is None:
        raise Conflict("not_requested")
    before = Snapshot.of(service)
    _clear_termination(service)
    event = inventory.services.TERMINATION_WITHDRAWN
    return changes.finish(change, service, before, _typed(request), event)


def change_plan(
    change: Change, request: inventory.lifecycle.ChangePlan
) -> inventory.services.Service:
    """Move a service to another plan, at that plan's present price."""
    change, service = changes.lock_service(change, request.service_id)
    states.require(service.state, states.LIVE)
    plan = get_plan(change.db, request.plan_code)
    price = get_price(change.db, plan, service.currency, service.period)
    before = Snapshot.of(service)
    service.plan_code, service.plan_name = plan.code, plan.name
    service.family_code = plan.family_code
    service.price = price.amount
    event = inventory.services.PLAN_CHANGED
    return changes.finish(change, service, before, _typed(request), event)


def change_price(
    change: Change, request: inventory.lifecycle.ChangePrice
) -> inventory.services.Service:
    change, service = changes.lock_service(change, request.service_id)
    states.require(service.state, states.LIVE)
    if request.price.currency.code != service.currency:
        raise Conflict("wrong_currency", request.price.currency.code)
    before = Snapshot.of(service)
    service.price = check_price(request.price).amount
    event = inventory.services.PRICE_CHANGED
    return changes.finish(change, service, before, _typed(request), event)


def _move(
    change: Change,
    request: inventory.lifecycle.ChangeState,
    transition: Transition,
    event: Event[inventory.services.Service],
    note: Note | None = None,
) -> inventory.services.Service:
    change, service = changes.lock_service(change, request.service_id)
    states.require(service.state, transition.sources)
    before = Snapshot.of(service)
    if service.state is ServiceState.SUSPENDED:
        service.suspended_us += (change.call.now - service.state_since) // MICROSECOND
    service.state = transition.target
    service.state_since = change.call.now
    service.suspension_reason = None
    if isinstance(request, inventory.lifecycle.Suspend):
        service.suspension_reason = request.reason
    if service.activated_at is None and service.state is ServiceState.ACTIVE:
        service.activated_at = change.call.now
    if service.state not in states.LIVE:
        _clear_termination(service)
    return changes.finish(change, service, before, note or _typed(request), event)


def _typed(request: inventory.lifecycle.ChangeState) -> Note:
    """What the operator typed.

    Raises:
        InvalidInput: ``bad_reason``.
    """
    return own_words(clean_reason(request.why))


def _clear_termination(service: models.Service) -> None:
    service.termination_requested_at = None
    service.termination_requested_by = None
    service.termination_actor_kind = service.termination_actor_name = ""
    service.termination_reason = None
    service.termination_time = None


def _draft(
    change: Change,
    request: inventory.lifecycle.CreateService,
    plan: models.Plan,
    price: Money,
) -> models.Service:
    return models.Service(
        id=change.runtime.new_id(),
        company_id=request.company_id,
        reference=clean_line(
            request.reference, MAX_REFERENCE_LENGTH, code="bad_reference", required=True
        ),
        name=clean_line(request.name, MAX_NAME_LENGTH, code="bad_name", required=True),
        plan_code=plan.code,
        plan_name=plan.name,
        family_code=plan.family_code,
        currency=request.currency,
        period=request.period,
        price=price.amount,
        state=ServiceState.PENDING,
        created_at=change.call.now,
        state_since=change.call.now,
        version=FIRST_VERSION,
    )
