"""Services: plain classes whose methods are bound to a contract.

It knows no transport. `shared.rpc.dispatch` calls it, `shared.rpc.nameko_runtime` and
`shared.rpc.local_client` bring the calls.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.contract import (
    BodyT,
    CheckReadiness,
    Effect,
    Event,
    Method,
    Nothing,
    RequestT,
    ResponseT,
    ServiceContract,
)
from shared.db.database import Database
from shared.db.events import Envelope
from shared.principal import system
from shared.rpc.activity import record_activity
from shared.rpc.call import Call
from shared.rpc.change import Change
from shared.rpc.intake import Intake
from shared.runtime import Runtime

ServiceT = TypeVar("ServiceT", bound="Service")


@dataclass(frozen=True)
class MethodHandler:
    method: Method[Any, Any]
    function: Callable[..., Any]
    in_transaction: bool
    spans_companies: bool = False


@dataclass(frozen=True)
class EventHandler:
    """A handler; ``function`` gets the service, the session and envelopes.

    The list has at most ``most_at_once`` of them.
    """

    event: Event[Any]
    name: str
    function: Callable[..., None]
    most_at_once: int = 1


@dataclass(frozen=True)
class Job:
    """Repeated work; safe to run in several instances at once.

    ``run`` is given the request id of this run; what it returns is dropped. ``wake`` is
    set to run the job before its interval is over.
    """

    name: str
    every: timedelta
    run: Callable[[str], object]
    wake: threading.Event | None = None


def in_transaction(
    method: Method[RequestT, ResponseT], *, spans_companies: bool = False
) -> Callable[
    [Callable[[ServiceT, Session, Call, RequestT], ResponseT]],
    Callable[[ServiceT, Session, Call, RequestT], ResponseT],
]:
    """Answer ``method`` inside one transaction.

    The session is narrowed to the principal's company, or open to the system for
    methods that need `Permission.OPERATE`, and for a person's own where that
    ``spans_companies``. A method that changes something takes effect once per
    idempotency key.
    """

    def mark(
        function: Callable[[ServiceT, Session, Call, RequestT], ResponseT],
    ) -> Callable[[ServiceT, Session, Call, RequestT], ResponseT]:
        handler = MethodHandler(
            method, function, in_transaction=True, spans_companies=spans_companies
        )
        function.__handler__ = handler  # type: ignore[attr-defined]
        return function

    return mark


def handles(
    method: Method[RequestT, ResponseT],
) -> Callable[
    [Callable[[ServiceT, Call, RequestT], ResponseT]],
    Callable[[ServiceT, Call, RequestT], ResponseT],
]:
    """Answer ``method``, which opens its own transactions (for example to hash)."""
    if method.effect is Effect.CHANGE:
        raise TypeError(f"{method} needs @in_transaction for its idempotency key")

    def mark(
        function: Callable[[ServiceT, Call, RequestT], ResponseT],
    ) -> Callable[[ServiceT, Call, RequestT], ResponseT]:
        handler = MethodHandler(method, function, in_transaction=False)
        function.__handler__ = handler  # type: ignore[attr-defined]
        return function

    return mark


def on_event(
    *events: Event[BodyT],
) -> Callable[
    [Callable[[ServiceT, Session, Envelope[BodyT]], None]],
    Callable[[ServiceT, Session, Envelope[BodyT]], None],
]:
    """Handle each of ``events`` once, in its own system transaction."""

    def mark(
        function: Callable[[ServiceT, Session, Envelope[BodyT]], None],
    ) -> Callable[[ServiceT, Session, Envelope[BodyT]], None]:
        def process_each(
            service: ServiceT, session: Session, envelopes: Sequence[Envelope[BodyT]]
        ) -> None:
            for envelope in envelopes:
                function(service, session, envelope)

        function.__handlers__ = _handlers(  # type: ignore[attr-defined]
            events, function.__name__, process_each, most_at_once=1
        )
        return function

    return mark


def on_events(
    *events: Event[BodyT], most_at_once: int
) -> Callable[
    [Callable[[ServiceT, Session, Sequence[Envelope[BodyT]]], None]],
    Callable[[ServiceT, Session, Sequence[Envelope[BodyT]]], None],
]:
    """Handle each of ``events`` once, waiting ones together in one transaction.

    They come in the order in which they arrived. If one of them fails, none has been
    taken in, and each is tried alone: no event suffers from another one's fault.
    """

    def mark(
        function: Callable[[ServiceT, Session, Sequence[Envelope[BodyT]]], None],
    ) -> Callable[[ServiceT, Session, Sequence[Envelope[BodyT]]], None]:
        function.__handlers__ = _handlers(  # type: ignore[attr-defined]
            events, function.__name__, function, most_at_once=most_at_once
        )
        return function

    return mark


def _handlers(
    events: Sequence[Event[Any]],
    name: str,
    function: Callable[..., None],
    *,
    most_at_once: int,
) -> tuple[EventHandler, ...]:
    return tuple(EventHandler(each, name, function, most_at_once) for each in events)


class Service:
    """Base of the services; checks that the whole contract is answered.

    A subclass with ``is_part=True`` answers some of the methods of a service that
    inherits from it.
    """

    contract: ClassVar[ServiceContract]
    methods: ClassVar[Mapping[str, MethodHandler]]
    event_handlers: ClassVar[tuple[EventHandler, ...]]

    def __init_subclass__(cls, *, is_part: bool = False) -> None:
        super().__init_subclass__()
        if is_part:
            return
        if "contract" not in vars(cls):
            raise TypeError(f"{cls.__name__} names no contract, and is no part")
        members = _members(cls)
        handlers = [m.__handler__ for m in members if hasattr(m, "__handler__")]
        _check_answered(cls, [handler.method for handler in handlers])
        ready = MethodHandler(
            cls.contract.readiness, Service.check_readiness, in_transaction=False
        )
        cls.methods = {each.method.name: each for each in (*handlers, ready)}
        cls.event_handlers = tuple(
            handler
            for member in members
            for handler in getattr(member, "__handlers__", ())
        )

    def __init__(self, database: Database, runtime: Runtime) -> None:
        self.database = database
        self.runtime = runtime
        self.intake = Intake(runtime.clock)

    def check_readiness(self, _call: Call, _request: CheckReadiness) -> Nothing:
        """Answer the contract's `readiness`."""
        with self.database.system() as session:
            session.execute(select(1))
        return Nothing()

    def change(self, db: Session, call: Call) -> Change:
        """Return the context of a method's change."""
        return Change(db, self.runtime, call)

    def change_by(self, db: Session, envelope: Envelope[Any], who: str) -> Change:
        """Return the context of an event's change; the history names ``who``."""
        now = self.runtime.clock.now()
        return self.change(db, Call(system(who), envelope.request_id, now))

    def record(self, call: Call) -> None:
        """Record a call in a transaction of its own, where its effect has several."""
        with self.database.system() as session:
            record_activity(self.change(session, call))

    def jobs(self) -> tuple[Job, ...]:
        """Return the service's own jobs."""
        return ()


def _members(service: type[Service]) -> list[Any]:
    """Return what the class and its bases define; names must be unique."""
    named: dict[str, Any] = {}
    for base in reversed(service.__mro__):
        for name, member in vars(base).items():
            known = named.get(name)
            if _is_handler(known) and known is not member:
                raise TypeError(f"{service.__name__} has {name} twice")
            named[name] = member
    return list(named.values())


def _is_handler(member: object) -> bool:
    return hasattr(member, "__handler__") or hasattr(member, "__handlers__")


def _check_answered(service: type[Service], answered: list[Method[Any, Any]]) -> None:
    """Check that each method of the contract is answered exactly once."""
    if len(answered) != len(set(answered)):
        twice = sorted({str(each) for each in answered if answered.count(each) > 1})
        raise TypeError(f"{service.__name__} answers {twice} more than once")
    promised = set(service.contract.methods)
    if promised != set(answered):
        names = sorted(str(method) for method in promised ^ set(answered))
        raise TypeError(f"{service.__name__} and its contract differ in {names}")
