"""The way of calls, replies and events, on which they are late, doubled and lost.

Calls and replies may be lost. Events may not, since they leave with the broker's
confirmation: they come at least once, in any order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import msgspec
from sqlalchemy import Column, MetaData, Table, Text, Uuid, insert
from sqlalchemy.orm import Session

from shared.clock import Clock
from shared.db.events import Envelope
from shared.errors import ContractError, RemoteFault, Unavailable
from shared.rpc.dispatch import Dispatcher, Headers
from shared.rpc.jobs import run_job
from shared.rpc.messages import decode_call, decode_reply, encode_call
from shared.rpc.service import EventHandler, Job, Service
from tests.simulation.intents import Intent
from tests.simulation.scheduler import Broken, Scheduler, Task
from tests.simulation.weather import Weather

WORKERS = 8
"""What a service is at in the same moment."""

CALL_LIVES_FOR = timedelta(minutes=5)
COPY_LIVES_FOR = timedelta(days=7)
"""An event that was taken in does not come again after this: keys are kept longer."""

tally = Table(
    "simulation_tally",
    MetaData(),
    Column("handler", Text, nullable=False),
    Column("event_id", Uuid, nullable=False),
)
"""A row for each time that a handler's work on an event was committed."""


@dataclass
class Wire:
    """One try of an intent, and who waits for its answer."""

    intent: Intent
    caller: Task
    expires_at: datetime
    reply: bytes | None = None
    is_awaited: bool = True


@dataclass(frozen=True)
class CallMessage:
    wire: Wire
    service: str

    def __str__(self) -> str:
        return f"call {self.wire.intent}"


@dataclass(frozen=True)
class ReplyMessage:
    wire: Wire
    reply: bytes
    service: None = None

    def __str__(self) -> str:
        return f"reply to {self.wire.intent}"


@dataclass(frozen=True)
class EventMessage:
    handler: EventHandler
    data: Any
    service: str

    @property
    def effect(self) -> tuple[str, str]:
        return self.handler.name, self.data["id"]

    def __str__(self) -> str:
        return (
            f"event {self.data['name']} {self.data['id'][:8]} v{self.data['version']}"
        )


Message = CallMessage | ReplyMessage | EventMessage


class Network:
    def __init__(
        self,
        dispatchers: Mapping[str, Dispatcher],
        scheduler: Scheduler,
        random: Random,
        clock: Clock,
    ) -> None:
        self.weather = Weather()
        self.published: dict[str, Any] = {}
        self.down: set[str] = set()
        self._dispatchers = dispatchers
        self._scheduler = scheduler
        self._random = random
        self._clock = clock
        self._in_transit: list[Message] = []
        self._awaited: list[Wire] = []
        self._processed: dict[tuple[str, str], datetime] = {}
        self._numbers = 0

    def send(self, intent: Intent, caller: Task) -> Wire:
        """Send a call on its way, once more."""
        wire = Wire(intent, caller, self._clock.now() + CALL_LIVES_FOR)
        self._awaited.append(wire)
        self._in_transit.append(CallMessage(wire, intent.method.service))
        return wire

    def publish(self, name: str, envelope: Any) -> None:
        """Take an event over, as the broker does; the confirmation may be lost."""
        self._scheduler.pause(f"publishes {name}")
        if self._happens(self.weather.loss):
            raise Unavailable("broker_unreachable", "not sent")
        data = msgspec.json.decode(msgspec.json.encode(envelope))
        self.published[data["id"]] = data
        for service, dispatcher in self._dispatchers.items():
            for handler in dispatcher.service.event_handlers:
                if (handler.event.source, handler.event.name) == (data["source"], name):
                    event = EventMessage(_counted(handler), data, service)
                    self._in_transit.append(event)
        if self._happens(self.weather.loss):
            raise Unavailable("broker_unreachable", "not confirmed")

    def start_job(self, service: str, job: Job, waiting: Task | None = None) -> None:
        """Run a job inside its service; ``waiting`` is woken when it has ended."""

        def work() -> None:
            try:
                run_job(job, self._dispatchers[service].service.runtime)
            except ContractError as refusal:
                self._scheduler.note(f"{service} {job.name}: {refusal.code}")

        def then(task: Task) -> None:
            _expect_no_fault(task)
            if waiting is not None:
                self._scheduler.wake(waiting)

        self._scheduler.start(self._name(service, job.name), service, work, then)

    def deliverable(self) -> list[Message]:
        """What could arrive next."""
        room = {
            name: name not in self.down and self._scheduler.working_in(name) < WORKERS
            for name in self._dispatchers
        }
        return [m for m in self._in_transit if m.service is None or room[m.service]]

    def impatient(self) -> list[Wire]:
        """Calls whose callers could give up waiting."""
        return self._awaited

    def deliver(self, message: Message) -> None:
        """Let a message arrive, if the weather will have it."""
        self._in_transit.remove(message)
        if not isinstance(message, EventMessage) and self._happens(self.weather.loss):
            self._scheduler.note(f"lost: {message}")
            return
        if self._is_too_old(message):
            self._scheduler.note(f"expired: {message}")
            return
        match message:
            case ReplyMessage():
                self._scheduler.note(f"arrives: {message}")
                self._answer(message.wire, message.reply)
                return
            case CallMessage():
                self._execute(message)
            case EventMessage():
                self._process(message)
        if self._happens(self.weather.double):
            self._scheduler.note(f"doubled: {message}")
            self._in_transit.append(message)

    def give_up(self, wire: Wire) -> None:
        """Let a caller wait no longer."""
        self._scheduler.note(f"no answer: {wire.intent}")
        self._answer(wire, None)

    def _answer(self, wire: Wire, reply: bytes | None) -> None:
        if wire.is_awaited:
            wire.is_awaited = False
            wire.reply = reply
            self._awaited.remove(wire)
            self._scheduler.wake(wire.caller)

    def _execute(self, message: CallMessage) -> None:
        intent = message.wire.intent
        dispatcher = self._dispatchers[message.service]
        replies: list[bytes] = []

        def work() -> None:
            headers = Headers(intent.principal, intent.request_id, intent.key)
            arguments = decode_call(encode_call(intent.request))
            replies.append(dispatcher.answer(intent.method.name, arguments, headers))

        def then(task: Task) -> None:
            _expect_no_fault(task)
            if task.has_crashed:
                # It was not acknowledged, and so comes again unless it expires.
                intent.executions.append(RemoteFault("crashed"))
                self._in_transit.append(message)
                return
            result = _read(intent, replies[0])
            if isinstance(result, RemoteFault) and not task.was_cancelled:
                raise Broken(f"{intent}: {result}")
            intent.executions.append(result)
            self._in_transit.append(ReplyMessage(message.wire, replies[0]))

        name = self._name(message.service, intent.method.name)
        self._scheduler.note(f"arrives: {message} at {name}")
        self._scheduler.start(name, message.service, work, then)

    def _process(self, message: EventMessage) -> None:
        dispatcher = self._dispatchers[message.service]
        together = [message, *self._arrive_with(message)]
        batch = [each.data for each in together]
        work = partial(dispatcher.process_events, message.handler, batch)

        def then(task: Task) -> None:
            _expect_no_fault(task)
            if task.has_crashed or task.error is not None:
                self._in_transit += together
                return
            for each in together:
                self._processed.setdefault(each.effect, self._clock.now())

        name = self._name(message.service, message.handler.name)
        self._scheduler.note(f"arrives: {message} at {name}")
        self._scheduler.start(name, message.service, work, then)

    def _arrive_with(self, message: EventMessage) -> list[EventMessage]:
        """Some of the events that the same handler can take in together with this."""
        others = [
            each
            for each in self._in_transit
            if isinstance(each, EventMessage)
            and (each.handler.name, each.handler.event)
            == (message.handler.name, message.handler.event)
            and not self._is_too_old(each)
        ]
        most = min(len(others), message.handler.most_at_once - 1)
        if most < 1:
            return []
        arriving = self._random.sample(others, self._random.randint(0, most))
        for each in arriving:
            self._scheduler.note(f"arrives with it: {each}")
            self._in_transit.remove(each)
        return arriving

    def _is_too_old(self, message: Message) -> bool:
        now = self._clock.now()
        match message:
            case CallMessage():
                return now > message.wire.expires_at
            case EventMessage():
                processed = self._processed.get(message.effect, now)
                return now > processed + COPY_LIVES_FOR
            case _:
                return False

    def _happens(self, odds: float) -> bool:
        return self._random.random() < odds

    def _name(self, service: str, what: str) -> str:
        self._numbers += 1
        return f"{service}/{what}.{self._numbers}"


def read_reply(wire: Wire) -> Any:
    """What the caller was answered: a response, or an exception."""
    if wire.reply is None:
        return Unavailable("no_answer")
    return _read(wire.intent, wire.reply)


def _read(intent: Intent, reply: bytes) -> Any:
    try:
        return decode_reply(reply, intent.method.response)
    except (ContractError, RemoteFault) as error:
        return error


def _expect_no_fault(task: Task) -> None:
    if task.error is not None and not task.was_cancelled:
        raise Broken(f"{task.name} failed at {task.at}") from task.error


def _counted(handler: EventHandler) -> EventHandler:
    """The same handler, counting what it does in the transaction that it does it in."""

    def function(
        service: Service, session: Session, envelopes: Sequence[Envelope[Any]]
    ) -> None:
        rows = [
            {"handler": handler.name, "event_id": envelope.id} for envelope in envelopes
        ]
        session.execute(insert(tally).values(rows))
        handler.function(service, session, envelopes)

    return replace(handler, function=function)
