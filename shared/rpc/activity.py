"""Record what people do, in the transaction in which they do it.

`shared.rpc.dispatch` records each call of a method that is answered in a transaction.
A method that opens its own (`Effect.ONCE`) records itself: `record_activity` in the
transaction that has its effect.
"""

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from shared.contract import Activity, Method, Request, Response, activity_event
from shared.money import Money
from shared.permissions import Permission
from shared.principal import NOBODY_ID, Kind, Principal
from shared.rpc.change import Change

OWN_ACCOUNT = frozenset({Permission.PUBLIC, Permission.READ_ACCOUNT})
"""What methods need that are about a person's own account, not about a company."""

VERSION = 1
"""Of each activity: what was done never changes."""


def record_activity(change: Change, result: Response | None = None) -> None:
    """Write the event of the change's call; nothing for jobs and events.

    The call's principal is who did it. Before signing in, give it that of
    the person who turned out to call (`shared.principal.person`).
    """
    call = change.call
    principal, method, request = call.principal, call.method, call.request
    if principal.kind is Kind.SYSTEM or method is None or request is None:
        return
    body = Activity(
        method=method.name,
        user_id=_user_of(principal, request, result),
        actor_kind=principal.kind.value,
        actor_name=principal.shown_name,
        recorded=_recorded(method, request, result),
        session_id=_unless_nil(principal.session_id),
    )
    change.emit(
        activity_event(method.service),
        body,
        company_id=_company_of(principal, method, request, result) or NOBODY_ID,
        version=VERSION,
    )


def _company_of(
    principal: Principal,
    method: Method[Any, Any],
    request: Request,
    result: Response | None,
) -> UUID | None:
    """Return the company acted for; an operator names it, or the result does."""
    if principal.kind is Kind.USER:
        is_own = method.permission in OWN_ACCOUNT
        return None if is_own else principal.company_id
    return principal.company_id or _named("company_id", request, result)


def _user_of(
    principal: Principal, request: Request, result: Response | None
) -> UUID | None:
    if principal.kind is Kind.USER:
        return principal.user_id
    return _named("user_id", request, result)


def _named(name: str, *messages: Request | Response | None) -> UUID | None:
    """Return the first id of this name in the messages."""
    found = (getattr(message, name, None) for message in messages)
    return next((each for each in found if isinstance(each, UUID)), None)


def _unless_nil(session_id: UUID) -> UUID | None:
    return None if session_id == NOBODY_ID else session_id


def _recorded(
    method: Method[Any, Any], request: Request, result: Response | None
) -> dict[str, str]:
    recorded = {}
    for name in method.recorded:
        found = (getattr(message, name, None) for message in (request, result))
        value = next((each for each in found if each is not None), None)
        if value is not None:
            recorded[name] = _text(value)
    return recorded


def _text(value: Any) -> str:
    """Write a value as `web` reads it; an amount is followed by its currency."""
    match value:
        case Enum():
            return str(value.value)
        case Money():
            return f"{value.amount:f} {value.currency.code}"
        case Decimal():
            return f"{value:f}"
        case date():
            return value.isoformat()
        case bool():
            return "yes" if value else "no"
        case str() | int() | UUID():
            return str(value)
        case _:
            raise TypeError(f"{type(value).__name__} has no place in an activity")
