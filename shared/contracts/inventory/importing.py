"""Importing: the catalogue and services from files, checked first, then applied."""

from uuid import UUID

from shared.contract import Effect, Method, Nothing, Request, Response
from shared.contracts.inventory.name import NAME
from shared.permissions import Permission


class CatalogRow(Request, frozen=True, kw_only=True):
    """One price of one plan, as a catalogue file states it.

    ``line`` is its position in the file. Values are text as found there, so that only
    inventory decides what is valid.
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


STAGE_CATALOG = Method(
    NAME, "stage_catalog", StageCatalog, Staged, Permission.OPERATE, Effect.CHANGE
)
"""Check a batch and put it aside; InvalidInput ``too_many_rows`` with ``max_rows``;
Conflict ``other_import`` when the id is that of an import of services.

Refused rows: ``missing``, ``too_long``, ``control_character``, ``bad_code``,
``no_such_currency``, ``currency_not_current`` (no longer in use, or not a
currency), ``currency_not_invoiced`` (more decimal places than an invoice has),
``no_such_period``, ``bad_price``, ``price_out_of_range``, ``contradiction`` (of an
earlier row, or of the family a plan has) and ``duplicate`` (the same price again, with
another amount)."""

APPLY_CATALOG = Method(
    NAME, "apply_catalog", ApplyImport, Applied, Permission.OPERATE, Effect.CHANGE
)
STAGE_SERVICES = Method(
    NAME, "stage_services", StageServices, Staged, Permission.OPERATE, Effect.CHANGE
)
"""As `STAGE_CATALOG`. Refused rows, beside those: ``bad_id``, ``no_such_state``,
``bad_time``, ``no_such_plan``, ``no_such_price``, ``wrong_state`` (not allowed
from the current state), ``suspended`` (an import can't resume a service) and
``fixed`` (a service keeps its currency and period)."""

APPLY_SERVICES = Method(
    NAME, "apply_services", ApplyImport, Applied, Permission.OPERATE, Effect.CHANGE
)
"""Applying is all or nothing: NotFound ``no_such_import``; Conflict
``changed_meanwhile`` when a row that was accepted no longer fits."""

DISCARD_IMPORT = Method(
    NAME, "discard_import", ApplyImport, Nothing, Permission.OPERATE, Effect.CHANGE
)

METHODS = (
    STAGE_CATALOG,
    APPLY_CATALOG,
    STAGE_SERVICES,
    APPLY_SERVICES,
    DISCARD_IMPORT,
)
