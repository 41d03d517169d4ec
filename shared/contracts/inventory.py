"""What inventory offers: the catalogue, services and their history."""

from datetime import datetime
from enum import Enum
from uuid import UUID

from shared.contract import (
    Effect,
    Event,
    Method,
    Nothing,
    Request,
    RequestT,
    Response,
    ServiceContract,
)
from shared.money import Money
from shared.permissions import Permission

NAME = "inventory"


class ServiceState(Enum):
    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"
    CANCELLED = "cancelled"


class StateFilter(Enum):
    """What the service list can be narrowed to, as in its address."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"
    TERMINATION_REQUESTED = "termination-requested"


class SuspensionReason(Enum):
    PAYMENT = "payment"
    """Lifted by itself once the money is there."""
    POLICY = "policy"
    """Lifted by the operator only."""


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


class ServiceSort(Enum):
    NAME = "name"
    CREATED = "created"
    STATE = "state"
    PRICE = "price"


class TerminationRequest(Response, frozen=True, kw_only=True):
    """The mark on an active or suspended service."""

    requested_at: datetime
    requested_by: str
    reason: str
    time: TerminationTime


class Service(Response, frozen=True, kw_only=True):
    """A service's full state; also the body of every event about it.

    ``price`` is per ``period``, with up to 12 decimal places. ``activated_at`` is when
    it first became active (UTC), and anchors its periods. ``suspended_us`` is how long
    it was suspended in all, the present suspension apart, in microseconds.
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


class HistoryRow(Response, frozen=True, kw_only=True):
    """One change: ``before`` and ``after`` are values as text, None where none was.

    ``what`` is ``state``, ``plan``, ``price``, ``termination_request`` or ``name``.
    """

    at: datetime
    what: str
    before: str | None
    after: str | None
    who: str
    why: str


class Dashboard(Request, frozen=True, kw_only=True):
    pass


class FamilyCounters(Response, frozen=True, kw_only=True):
    """Services of one family by state. ``termination_requested`` overlaps them."""

    code: str
    name: str
    icon: str
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
    id: UUID
    name: str


class ServiceNames(Response, frozen=True, kw_only=True):
    """In no order; an id that is none of the company's services is left out."""

    services: list[NamedService]

    @property
    def by_id(self) -> dict[UUID, str]:
        return {service.id: service.name for service in self.services}


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
    """``why`` is told to the customer in the history."""

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


class CatalogRow(Request, frozen=True, kw_only=True):
    """One price of one plan, as a catalogue file states it.

    ``line`` is where it stands in the file. Values are text as found there, so that
    inventory alone decides what is acceptable.
    """

    line: str
    family_code: str
    family_name: str
    plan_code: str
    plan_name: str
    currency: str
    period: str
    price: str
    icon: str = ""


class ServiceRow(Request, frozen=True, kw_only=True):
    """One service of a company, as a file states it; see `CatalogRow`.

    ``state`` is pending, active or suspended; when it is empty, a new service becomes
    active and one that exists stays as it is. ``price`` may be empty for the plan's.
    ``activated_at`` is an ISO 8601 time with its offset, or empty for now.
    """

    line: str
    company_id: str
    reference: str
    name: str
    plan_code: str
    currency: str
    period: str
    state: str = ""
    price: str = ""
    activated_at: str = ""


class StageCatalog(Request, frozen=True, kw_only=True):
    """A batch of at most 2000 rows of one import."""

    import_id: UUID
    rows: list[CatalogRow]


class StageServices(Request, frozen=True, kw_only=True):
    """A batch of at most 2000 rows of one import."""

    import_id: UUID
    rows: list[ServiceRow]


class RefusedRow(Response, frozen=True, kw_only=True):
    """A row that was not taken; ``field`` and ``code`` say why."""

    line: str
    field: str
    code: str
    value: str = ""


class Staged(Response, frozen=True, kw_only=True):
    accepted: int
    refused: list[RefusedRow]


class ApplyImport(Request, frozen=True, kw_only=True):
    import_id: UUID


class Applied(Response, frozen=True, kw_only=True):
    """What one import changed, all in one transaction."""

    created: int
    changed: int
    unchanged: int
    refused: list[RefusedRow]


class Verified(Response, frozen=True, kw_only=True):
    """What a check of derived figures found; empty when all is right."""

    differences: list[str]


class VerifyCounters(Request, frozen=True, kw_only=True):
    pass


class RebuildCounters(Request, frozen=True, kw_only=True):
    """Of ``company_id`` alone, or else of the next ``limit`` companies by their ids.

    Safe while services change, and to be repeated.
    """

    company_id: UUID | None = None
    after_company_id: UUID | None = None
    limit: int = 20


class RebuiltCounters(Response, frozen=True, kw_only=True):
    """``last_company_id`` is None when there were no more."""

    count: int
    last_company_id: UUID | None


class RepublishServices(Request, frozen=True, kw_only=True):
    """Send the present state of services again, to rebuild others' projections."""

    after_service_id: UUID | None = None
    limit: int = 1000


class Republished(Response, frozen=True, kw_only=True):
    """``last_service_id`` is None when there were no more."""

    count: int
    last_service_id: UUID | None


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


def _operation(name: str, request: type[RequestT]) -> Method[RequestT, Service]:
    """An operator's change of one service.

    NotFound ``no_such_service``, ``no_such_plan``, ``no_such_price``; Conflict
    ``wrong_state`` (parameters: ``state``), ``reference_taken``, ``wrong_currency``,
    ``already_requested``, ``not_requested``; InvalidInput ``bad_name``,
    ``bad_reference``, ``bad_reason``, ``price_out_of_range``.
    """
    return Method(NAME, name, request, Service, Permission.OPERATE, Effect.CHANGE)


CREATE_SERVICE = _operation("create_service", CreateService)
ACTIVATE_SERVICE = _operation("activate_service", ChangeState)
SUSPEND_SERVICE = _operation("suspend_service", Suspend)
RESUME_SERVICE = _operation("resume_service", ChangeState)
TERMINATE_SERVICE = _operation("terminate_service", ChangeState)
CANCEL_SERVICE = _operation("cancel_service", ChangeState)
REQUEST_TERMINATION = _operation("request_termination", RequestTermination)
WITHDRAW_TERMINATION = _operation("withdraw_termination", ChangeState)
CHANGE_PLAN = _operation("change_plan", ChangePlan)
CHANGE_PRICE = _operation("change_price", ChangePrice)

STAGE_CATALOG = Method(
    NAME, "stage_catalog", StageCatalog, Staged, Permission.OPERATE, Effect.CHANGE
)
"""Check a batch and put it aside; InvalidInput ``too_many_rows`` with ``max_rows``;
Conflict ``other_import`` when the id is that of an import of services.

Refused rows: ``missing``, ``too_long``, ``control_character``, ``bad_code``,
``no_such_currency``, ``currency_not_invoiced`` (more decimal places than an invoice
has), ``no_such_period``, ``bad_price``, ``price_out_of_range``, ``contradiction`` (of
an earlier row, or of the family a plan has) and ``duplicate`` (the same price again,
with another amount)."""

APPLY_CATALOG = Method(
    NAME, "apply_catalog", ApplyImport, Applied, Permission.OPERATE, Effect.CHANGE
)
STAGE_SERVICES = Method(
    NAME, "stage_services", StageServices, Staged, Permission.OPERATE, Effect.CHANGE
)
"""As `STAGE_CATALOG`. Refused rows, beside those: ``bad_id``, ``no_such_state``,
``bad_time``, ``no_such_plan``, ``no_such_price``, ``wrong_state`` (no way leads there
from the service's present state), ``suspended`` (no import lifts a suspension) and
``fixed`` (a service keeps its currency and period)."""

APPLY_SERVICES = Method(
    NAME, "apply_services", ApplyImport, Applied, Permission.OPERATE, Effect.CHANGE
)
"""Applying is all or nothing: NotFound ``no_such_import``; Conflict
``changed_meanwhile`` when a row that was accepted no longer fits."""

DISCARD_IMPORT = Method(
    NAME, "discard_import", ApplyImport, Nothing, Permission.OPERATE, Effect.CHANGE
)
VERIFY_COUNTERS = Method(
    NAME, "verify_counters", VerifyCounters, Verified, Permission.OPERATE
)
REBUILD_COUNTERS = Method(
    NAME,
    "rebuild_counters",
    RebuildCounters,
    RebuiltCounters,
    Permission.OPERATE,
    Effect.CHANGE,
)
"""InvalidInput ``bad_limit`` with ``max_limit``."""

REPUBLISH_SERVICES = Method(
    NAME,
    "republish_services",
    RepublishServices,
    Republished,
    Permission.OPERATE,
    Effect.CHANGE,
)

SERVICE_CREATED = Event(NAME, "service_created", Service)
SERVICE_ACTIVATED = Event(NAME, "service_activated", Service)
SERVICE_SUSPENDED = Event(NAME, "service_suspended", Service)
SERVICE_RESUMED = Event(NAME, "service_resumed", Service)
PLAN_CHANGED = Event(NAME, "plan_changed", Service)
PRICE_CHANGED = Event(NAME, "price_changed", Service)
SERVICE_RENAMED = Event(NAME, "service_renamed", Service)
"""Its own name, its plan's or its family's was changed by an import."""

TERMINATION_REQUESTED = Event(NAME, "termination_requested", Service)
TERMINATION_WITHDRAWN = Event(NAME, "termination_withdrawn", Service)
SERVICE_TERMINATED = Event(NAME, "service_terminated", Service)
SERVICE_CANCELLED = Event(NAME, "service_cancelled", Service)

SERVICE_EVENTS = (
    SERVICE_CREATED,
    SERVICE_ACTIVATED,
    SERVICE_SUSPENDED,
    SERVICE_RESUMED,
    PLAN_CHANGED,
    PRICE_CHANGED,
    SERVICE_RENAMED,
    TERMINATION_REQUESTED,
    TERMINATION_WITHDRAWN,
    SERVICE_TERMINATED,
    SERVICE_CANCELLED,
)
"""Each carries the service's full state, so a projection needs no other source."""

CONTRACT = ServiceContract(
    name=NAME,
    methods=(
        DASHBOARD,
        LIST_SERVICES,
        GET_SERVICE,
        NAME_SERVICES,
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
        STAGE_CATALOG,
        APPLY_CATALOG,
        STAGE_SERVICES,
        APPLY_SERVICES,
        DISCARD_IMPORT,
        VERIFY_COUNTERS,
        REBUILD_COUNTERS,
        REPUBLISH_SERVICES,
    ),
    events=SERVICE_EVENTS,
)
