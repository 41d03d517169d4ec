"""A small service that has one of everything, for the tests of calls and events."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from shared.contract import (
    Effect,
    Event,
    Method,
    Nothing,
    Request,
    Response,
    ServiceContract,
)
from shared.money import Money
from shared.permissions import Permission

NAME = "parcel"


class Values(Request, frozen=True, kw_only=True):
    """One value of each kind that travels."""

    text: str = ""
    number: int = 0
    amount: Decimal = Decimal(0)
    money: Money | None = None
    moment: datetime | None = None
    identifier: UUID | None = None
    texts: tuple[str, ...] = ()


class EchoedValues(Response, frozen=True, kw_only=True):
    text: str
    number: int
    amount: Decimal
    money: Money | None
    moment: datetime | None
    identifier: UUID | None
    texts: tuple[str, ...]
    request_id: str
    """The one that the service was called with."""


class Refuse(Request, frozen=True, kw_only=True):
    refusal: str
    code: str
    detail: str = ""
    parameters: dict[str, str]


class Wait(Request, frozen=True, kw_only=True):
    seconds: float


class Compute(Request, frozen=True, kw_only=True):
    rounds: int


class Fail(Request, frozen=True, kw_only=True):
    pass


class Twist(Request, frozen=True, kw_only=True):
    pass


class Send(Request, frozen=True, kw_only=True):
    label: str


class Sent(Response, frozen=True, kw_only=True):
    id: UUID
    label: str


class ListSent(Request, frozen=True, kw_only=True):
    pass


class SentList(Response, frozen=True, kw_only=True):
    labels: list[str]


ECHO = Method(NAME, "echo", Values, EchoedValues, Permission.PUBLIC)
REFUSE = Method(NAME, "refuse", Refuse, Nothing, Permission.PUBLIC)
WAIT = Method(NAME, "wait", Wait, Nothing, Permission.PUBLIC, Effect.ONCE)
COMPUTE = Method(NAME, "compute", Compute, Nothing, Permission.PUBLIC)
"""Computes for long, off the threads that answer calls."""
FAIL = Method(NAME, "fail", Fail, Nothing, Permission.PUBLIC)
TWIST = Method(NAME, "twist", Twist, Nothing, Permission.PUBLIC)
"""Its result can't be sent."""
SEND = Method(NAME, "send", Send, Sent, Permission.MANAGE_SERVICES, Effect.CHANGE)
SEND_SLOWLY = Method(
    NAME, "send_slowly", Send, Sent, Permission.MANAGE_SERVICES, Effect.CHANGE
)
LIST_SENT = Method(NAME, "list_sent", ListSent, SentList, Permission.READ_SERVICES)
LIST_RECEIVED = Method(
    NAME, "list_received", ListSent, SentList, Permission.READ_SERVICES
)
"""What the service's own event handler has taken in."""
UNKNOWN = Method(NAME, "unknown", Fail, Nothing, Permission.PUBLIC)
"""Not part of the contract."""
ASLEEP = Method("asleep", "echo", Fail, Nothing, Permission.PUBLIC)
"""Of a service that has a queue and answers nothing."""

PARCEL_SENT = Event(NAME, "parcel_sent", Sent)

CONTRACT = ServiceContract(
    NAME,
    methods=(
        ECHO,
        REFUSE,
        WAIT,
        COMPUTE,
        FAIL,
        TWIST,
        SEND,
        SEND_SLOWLY,
        LIST_SENT,
        LIST_RECEIVED,
    ),
    events=(PARCEL_SENT,),
)
