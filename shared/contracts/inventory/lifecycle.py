"""The life of a service: operators create, change, suspend and end services."""

from uuid import UUID

from shared.contract import Effect, Method, Request, RequestT
from shared.contracts.inventory.name import NAME
from shared.contracts.inventory.services import (
    Period,
    Service,
    SuspensionReason,
    TerminationTime,
)
from shared.money import Money
from shared.permissions import Permission


class CreateService(Request, frozen=True, kw_only=True):
    """``reference`` is the operator's own name for the service, unique per company.

    Without a price, the plan's for that currency and period holds.
    """

    company_id: UUID
    reference: str
    name: str
    plan_code: str
    currency: str
    period: Period
    price: Money | None = None


class ChangeState(Request, frozen=True, kw_only=True):
    """The customer sees ``why`` in the history."""

    service_id: UUID
    why: str = ""


class Suspend(ChangeState, frozen=True, kw_only=True):
    reason: SuspensionReason


class RequestTermination(ChangeState, frozen=True, kw_only=True):
    time: TerminationTime = TerminationTime.END_OF_PERIOD


class ChangePlan(ChangeState, frozen=True, kw_only=True):
    """The new plan's price for the service's currency and period takes effect."""

    plan_code: str


class ChangePrice(ChangeState, frozen=True, kw_only=True):
    price: Money


def _operation(
    name: str, request: type[RequestT], *recorded: str
) -> Method[RequestT, Service]:
    """Define an operator's change of one service.

    NotFound ``no_such_service``, ``no_such_plan``, ``no_such_price``; Conflict
    ``wrong_state`` (parameters: ``state``), ``reference_taken``, ``wrong_currency``,
    ``already_requested``, ``not_requested``; InvalidInput ``bad_name``,
    ``bad_reference``, ``bad_reason``, ``price_out_of_range``, ``currency_not_current``.
    """
    return Method(
        NAME,
        name,
        request,
        Service,
        Permission.OPERATE,
        Effect.CHANGE,
        recorded=recorded,
    )


CREATE_SERVICE = _operation("create_service", CreateService, "id", "plan_code")
ACTIVATE_SERVICE = _operation("activate_service", ChangeState, "service_id")
SUSPEND_SERVICE = _operation("suspend_service", Suspend, "service_id", "reason")
RESUME_SERVICE = _operation("resume_service", ChangeState, "service_id")
TERMINATE_SERVICE = _operation("terminate_service", ChangeState, "service_id")
CANCEL_SERVICE = _operation("cancel_service", ChangeState, "service_id")
REQUEST_TERMINATION = _operation(
    "request_termination", RequestTermination, "service_id", "time"
)
WITHDRAW_TERMINATION = _operation("withdraw_termination", ChangeState, "service_id")
CHANGE_PLAN = _operation("change_plan", ChangePlan, "service_id", "plan_code")
CHANGE_PRICE = _operation("change_price", ChangePrice, "service_id", "price")

METHODS = (
    CREATE_SERVICE,
    ACTIVATE_SERVICE,
    SUSPEND_SERVICE,
    RESUME_SERVICE,
    TERMINATE_SERVICE,
    CANCEL_SERVICE,
    REQUEST_TERMINATION,
    WITHDRAW_TERMINATION,
    CHANGE_PLAN,
    CHANGE_PRICE,
)
