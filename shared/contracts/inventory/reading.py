"""Reading: the dashboard's counters, the list of services, one with its history."""

from datetime import datetime
from enum import Enum
from uuid import UUID

from shared.contract import Method, Request, Response
from shared.contracts.actors import Actor
from shared.contracts.inventory.name import NAME
from shared.contracts.inventory.services import (
    Period,
    Service,
    ServiceState,
    SuspensionReason,
)
from shared.contracts.notes import Note
from shared.permissions import Permission


class StateFilter(Enum):
    """What the service list can be narrowed to, as in its address."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"
    TERMINATION_REQUESTED = "termination-requested"


class ServiceSort(Enum):
    NAME = "name"
    CREATED = "created"
    STATE = "state"
    PRICE = "price"


class HistoryRow(Response, frozen=True, kw_only=True):
    """One change: ``before`` and ``after`` are values as text, None where none was.

    ``what`` is ``state``, ``plan``, ``price``, ``termination_request``, ``name`` or
    ``company`` (it was handed over); ``actor`` made it, and ``note`` is why, as a code
    with parameters.
    """

    at: datetime
    what: str
    before: str | None
    after: str | None
    actor: Actor
    note: Note


class Dashboard(Request, frozen=True, kw_only=True):
    pass


class FamilyCounters(Response, frozen=True, kw_only=True):
    """Services of one family by state. ``termination_requested`` overlaps them.

    ``position`` is the family's place in the catalogue, which never changes.
    """

    code: str
    name: str
    icon: str
    position: int
    pending: int
    active: int
    suspended: int
    termination_requested: int

    @property
    def total(self) -> int:
        return self.pending + self.active + self.suspended


class DashboardCounters(Response, frozen=True, kw_only=True):
    """Counters per family, in the menu's order, with at least one service."""

    families: list[FamilyCounters]

    @property
    def pending(self) -> int:
        return sum(family.pending for family in self.families)

    @property
    def active(self) -> int:
        return sum(family.active for family in self.families)

    @property
    def suspended(self) -> int:
        return sum(family.suspended for family in self.families)

    @property
    def termination_requested(self) -> int:
        return sum(family.termination_requested for family in self.families)

    @property
    def total(self) -> int:
        return sum(family.total for family in self.families)


class ListServices(Request, frozen=True, kw_only=True):
    """Without a state: pending, active and suspended, as Total Services counts.

    ``search`` matches words by their beginning. ``cursor`` is one that an earlier page
    returned for the same filters and sorting. ``period``, ``currency`` and
    ``suspension_reason`` narrow further, to what a figure elsewhere is made of.
    """

    state: StateFilter | None = None
    family: str | None = None
    search: str = ""
    sort: ServiceSort = ServiceSort.NAME
    descending: bool = False
    cursor: str | None = None
    limit: int = 25
    period: Period | None = None
    currency: str | None = None
    suspension_reason: SuspensionReason | None = None


class ServicePage(Response, frozen=True, kw_only=True):
    """``previous`` and ``next`` are cursors, None at either end.

    ``total`` comes from the counters, which know states and families: None when
    anything else narrows the list.
    """

    services: list[Service]
    previous: str | None
    next: str | None
    total: int | None


class GetService(Request, frozen=True, kw_only=True):
    service_id: UUID


class ServiceDetails(Response, frozen=True, kw_only=True):
    """A service and its history, newest first (at most 200 rows)."""

    service: Service
    history: list[HistoryRow]


class NameServices(Request, frozen=True, kw_only=True):
    """At most 100 ids, known from elsewhere: from billing's charges, say."""

    service_ids: list[UUID]


class NamedService(Response, frozen=True, kw_only=True):
    """``state_since`` is when it came into its state."""

    id: UUID
    name: str
    state: ServiceState
    state_since: datetime
    activated_at: datetime | None


class ServiceNames(Response, frozen=True, kw_only=True):
    """In no order; ids of other companies' services are left out."""

    services: list[NamedService]

    @property
    def by_id(self) -> dict[UUID, str]:
        return {service.id: service.name for service in self.services}


DASHBOARD = Method(
    NAME, "dashboard", Dashboard, DashboardCounters, Permission.READ_SERVICES
)
LIST_SERVICES = Method(
    NAME, "list_services", ListServices, ServicePage, Permission.READ_SERVICES
)
"""InvalidInput ``bad_cursor``, ``search_too_long`` with ``max_length``, ``bad_limit``
with ``max_limit``, ``no_such_currency``; NotFound ``no_such_family``.

Names are sorted without regard to case, prices within each currency by what a year of
the service costs."""

GET_SERVICE = Method(
    NAME, "get_service", GetService, ServiceDetails, Permission.READ_SERVICES
)
"""NotFound ``no_such_service``."""

NAME_SERVICES = Method(
    NAME, "name_services", NameServices, ServiceNames, Permission.READ_SERVICES
)
"""InvalidInput ``too_many_ids`` with ``max_ids``."""

METHODS = (
    DASHBOARD,
    LIST_SERVICES,
    GET_SERVICE,
    NAME_SERVICES,
)
