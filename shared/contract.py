"""Define contracts: methods, events, and the services that offer them."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from shared.permissions import Permission


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Arguments of a call. Unknown fields are refused."""


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a call or the body of an event.

    Unknown fields are passed over, so that a service may add one before its callers
    know it.
    """


class Nothing(Response, frozen=True, kw_only=True):
    """The result of a call without a result."""


RequestT = TypeVar("RequestT", bound=Request)
ResponseT = TypeVar("ResponseT", bound=Response)
BodyT = TypeVar("BodyT", bound=Response)


class Effect(Enum):
    READ = "read"
    """Changes nothing; safe to repeat."""
    CHANGE = "change"
    """Changes something, once per idempotency key; safe to repeat with the key."""
    ONCE = "once"
    """Changes something and has no key (signing in); never repeated by a client."""


@dataclass(frozen=True)
class Method(Generic[RequestT, ResponseT]):
    service: str
    name: str
    request: type[RequestT]
    response: type[ResponseT]
    permission: Permission
    effect: Effect = Effect.READ
    carries_secret: bool = False
    """Its call holds a password or token, and so must never reach a disk."""
    needs_proof: bool = False
    """A user must have proved who they are lately, else ``step_up_required``."""
    recorded: tuple[str, ...] = ()
    """Fields of the request, or else of the result, that its `Activity` keeps.

    They say what it was about: ids, codes, amounts and days. Never a secret, a text
    that somebody typed, or a person's name, email or address.
    """

    def __post_init__(self) -> None:
        known = (*self.request.__struct_fields__, *self.response.__struct_fields__)
        if unknown := set(self.recorded).difference(known):
            raise TypeError(f"{self} can't record {sorted(unknown)}")

    def __str__(self) -> str:
        return f"{self.service}.{self.name}"


@dataclass(frozen=True)
class Event(Generic[BodyT]):
    """An event of ``source``; its body is the full state afterwards.

    ``is_large``: a body may hold a file, so it is not kept for long once it is sent.
    """

    source: str
    name: str
    body: type[BodyT]
    is_large: bool = False

    def __str__(self) -> str:
        return f"{self.source}.{self.name}"


class Activity(Response, frozen=True, kw_only=True):
    """What a person did: a call of a method that changes something.

    Its id, time, company and request are those of its envelope; the company is nil
    for what concerns a person's own account. ``user_id`` is who did it or, for an
    operator, whom it was about, if anybody. ``actor_kind`` is ``user`` or
    ``operator``; ``actor_name`` is as customers may see it. ``recorded`` has the
    method's `Method.recorded` as texts. ``session_id`` is None for an operator.
    """

    method: str
    user_id: UUID | None
    actor_kind: str
    actor_name: str
    recorded: dict[str, str]
    session_id: UUID | None


class CheckReadiness(Request, frozen=True, kw_only=True):
    """Ask whether the service can work now; see `ServiceContract.readiness`."""


ACTIVITY_RECORDED = "activity_recorded"


def activity_event(service: str) -> Event[Activity]:
    """Return a service's event of what people do; see `ServiceContract.activity`."""
    return Event(service, ACTIVITY_RECORDED, Activity)


@dataclass(frozen=True)
class ServiceContract:
    """A service's own ``methods`` and ``events``.

    Every service also has `readiness` and `activity`.
    """

    name: str
    methods: tuple[Method[Any, Any], ...]
    events: tuple[Event[Any], ...] = ()

    @property
    def readiness(self) -> Method[CheckReadiness, Nothing]:
        """The public method that a working service answers.

        Unavailable ``database_unreachable``.
        """
        return Method(
            self.name, "check_readiness", CheckReadiness, Nothing, Permission.PUBLIC
        )

    @property
    def activity(self) -> Event[Activity]:
        """The event of each change that a person makes, written with the change."""
        return activity_event(self.name)

    def method(self, name: str) -> Method[Any, Any] | None:
        return next((m for m in self.methods if m.name == name), None)
