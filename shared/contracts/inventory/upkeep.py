"""Upkeep: verify and rebuild the counters, send all services' state again."""

from uuid import UUID

from shared.contract import Effect, Method, Request, Response
from shared.contracts.inventory.name import NAME
from shared.permissions import Permission


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

METHODS = (
    VERIFY_COUNTERS,
    REBUILD_COUNTERS,
    REPUBLISH_SERVICES,
)
