"""Services: their states and prices, and the events that carry them."""

from datetime import datetime
from enum import Enum
from uuid import UUID

from shared.contract import Event, Response
from shared.contracts.actors import UNNAMED, Actor
from shared.contracts.inventory.name import NAME
from shared.money import Money


class ServiceState(Enum):
    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"
    CANCELLED = "cancelled"


class SuspensionReason(Enum):
    PAYMENT = "payment"
    """Ends automatically once the money is there."""
    POLICY = "policy"
    """Only the operator can end it."""


class TerminationTime(Enum):
    AT_ONCE = "at_once"
    END_OF_PERIOD = "end_of_period"


class Period(Enum):
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    ONCE = "once"


class TerminationRequest(Response, frozen=True, kw_only=True):
    """The mark on an active or suspended service; ``reason`` is as it was typed."""

    requested_at: datetime
    actor: Actor = UNNAMED
    reason: str
    time: TerminationTime


class Service(Response, frozen=True, kw_only=True):
    """A service's full state; also the body of every event about it.

    ``price`` is per ``period``, with up to 12 decimal places. ``activated_at`` is when
    it first became active (UTC), and anchors its periods. ``suspended_us`` is how long
    it was suspended in total, without the present suspension, in microseconds.
    """

    id: UUID
    company_id: UUID
    reference: str
    name: str
    family_code: str
    family_name: str
    plan_code: str
    plan_name: str
    state: ServiceState
    suspension_reason: SuspensionReason | None
    price: Money
    period: Period
    created_at: datetime
    activated_at: datetime | None
    state_since: datetime
    termination_request: TerminationRequest | None
    suspended_us: int = 0


SERVICE_CREATED = Event(NAME, "service_created", Service)
SERVICE_ACTIVATED = Event(NAME, "service_activated", Service)
SERVICE_SUSPENDED = Event(NAME, "service_suspended", Service)
SERVICE_RESUMED = Event(NAME, "service_resumed", Service)
PLAN_CHANGED = Event(NAME, "plan_changed", Service)
PRICE_CHANGED = Event(NAME, "price_changed", Service)
SERVICE_RENAMED = Event(NAME, "service_renamed", Service)
"""An import changed its name, or its plan's or family's."""

TERMINATION_REQUESTED = Event(NAME, "termination_requested", Service)
TERMINATION_WITHDRAWN = Event(NAME, "termination_withdrawn", Service)
SERVICE_HANDED_OVER = Event(NAME, "service_handed_over", Service)
"""It belongs to another company, that of the event, from now on."""

SERVICE_TERMINATED = Event(NAME, "service_terminated", Service)
SERVICE_CANCELLED = Event(NAME, "service_cancelled", Service)


class NamedService(Response, frozen=True, kw_only=True):
    id: UUID
    name: str


class ServicesNews(Response, frozen=True, kw_only=True):
    """Services that were suspended or resumed together, for one cause.

    ``count`` is how many, ``services`` the first `MOST_NAMED` of them. ``reason`` is
    that of a suspension.
    """

    reason: SuspensionReason | None
    count: int
    services: list[NamedService]


MOST_NAMED = 10

SERVICES_SUSPENDED = Event(NAME, "services_suspended", ServicesNews)
"""In addition to each one's own event, for people."""
SERVICES_RESUMED = Event(NAME, "services_resumed", ServicesNews)

SERVICE_LEFT = Event(NAME, "service_left", NamedService)
"""To the company that it no longer belongs to."""

ANNOUNCEMENTS = (SERVICES_SUSPENDED, SERVICES_RESUMED, SERVICE_LEFT)

SERVICE_EVENTS = (
    SERVICE_CREATED,
    SERVICE_ACTIVATED,
    SERVICE_SUSPENDED,
    SERVICE_RESUMED,
    PLAN_CHANGED,
    PRICE_CHANGED,
    SERVICE_RENAMED,
    SERVICE_HANDED_OVER,
    TERMINATION_REQUESTED,
    TERMINATION_WITHDRAWN,
    SERVICE_TERMINATED,
    SERVICE_CANCELLED,
)
"""Each carries the service's full state, so a projection needs no other source."""
