"""The books: verify the ledger and the roll-ups, rebuild the roll-ups."""

from uuid import UUID

from shared.contract import Effect, Method, Request, Response
from shared.contracts.billing.name import NAME
from shared.permissions import Permission


class VerifyBooks(Request, frozen=True, kw_only=True):
    pass


class Verified(Response, frozen=True, kw_only=True):
    """What a check of the ledger and the roll-ups found; empty when all is right."""

    differences: list[str]


class RebuildRollups(Request, frozen=True, kw_only=True):
    """Of ``company_id`` alone, or else of the next ``limit`` companies by their ids.

    Safe while services change, and to be repeated.
    """

    company_id: UUID | None = None
    after_company_id: UUID | None = None
    limit: int = 20


class RebuiltRollups(Response, frozen=True, kw_only=True):
    """``last_company_id`` is None when there were no more."""

    count: int
    last_company_id: UUID | None


VERIFY_BOOKS = Method(NAME, "verify_books", VerifyBooks, Verified, Permission.OPERATE)

REBUILD_ROLLUPS = Method(
    NAME,
    "rebuild_rollups",
    RebuildRollups,
    RebuiltRollups,
    Permission.OPERATE,
    Effect.CHANGE,
)
"""InvalidInput ``bad_limit`` with ``max_limit``."""

METHODS = (
    VERIFY_BOOKS,
    REBUILD_ROLLUPS,
)
