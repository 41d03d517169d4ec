"""Companies: their profiles, and the events about them for other services."""

from datetime import datetime
from uuid import UUID

from shared.contract import Effect, Event, Method, Request, Response
from shared.contracts.identity.accounts.standing import Standing
from shared.contracts.identity.name import NAME
from shared.permissions import Permission


class Address(Response, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A postal address; ``country`` is ISO 3166-1 alpha-2."""

    street: str = ""
    postal_code: str = ""
    city: str = ""
    region: str = ""
    country: str


class GetCompany(Request, frozen=True, kw_only=True):
    pass


class Company(Response, frozen=True, kw_only=True):
    """A company's full state; also the body of ``company_changed``.

    ``version`` grows with each change; it is 0 in events from before there was one.
    ``requires_two_factor``: only members with a second factor act for it.
    """

    id: UUID
    name: str
    address: Address
    time_zone: str
    is_business: bool
    version: int = 0
    requires_two_factor: bool = False
    standing: Standing = Standing.OPEN
    closed_at: datetime | None = None

    @property
    def company_id(self) -> UUID:
        return self.id


class ChangeCompany(Request, frozen=True, kw_only=True):
    """The company's new details as a whole.

    ``version`` is the one that the user saw.
    """

    version: int
    name: str
    address: Address
    time_zone: str
    is_business: bool


class CreateCompany(Request, frozen=True, kw_only=True):
    """The owner is a user that exists."""

    name: str
    address: Address
    owner_id: UUID
    time_zone: str = "UTC"
    is_business: bool = True


class CreateOwnCompany(Request, frozen=True, kw_only=True):
    """The caller becomes its owner."""

    name: str
    address: Address
    time_zone: str
    is_business: bool


class FindCompanies(Request, frozen=True, kw_only=True):
    """Companies of this exact name and this id, as far as given; at most 1000."""

    name: str | None = None
    company_id: UUID | None = None


class Companies(Response, frozen=True, kw_only=True):
    companies: list[Company]


class RepublishCompanies(Request, frozen=True, kw_only=True):
    """Send the present state of companies again, to rebuild others' projections."""

    after_company_id: UUID | None = None
    limit: int = 1000


class Republished(Response, frozen=True, kw_only=True):
    """``last_company_id`` is None when there were no more."""

    count: int
    last_company_id: UUID | None


GET_COMPANY = Method(NAME, "get_company", GetCompany, Company, Permission.READ_COMPANY)
CHANGE_COMPANY = Method(
    NAME,
    "change_company",
    ChangeCompany,
    Company,
    Permission.MANAGE_COMPANY,
    Effect.CHANGE,
)
"""Conflict ``company_changed_meanwhile``, when its version has changed;
InvalidInput ``bad_name``, ``bad_address``, ``bad_country``, ``bad_time_zone``,
``time_zone_changed_lately``, ``bad_postal_code`` with ``country`` and ``example``, each
with ``field``: ``name``, ``time_zone``, or one of the address's. A postal code gets the
zeros that it lacks, where nothing else can be meant: see `shared.postal_codes`."""

CREATE_COMPANY = Method(
    NAME, "create_company", CreateCompany, Company, Permission.OPERATE, Effect.CHANGE
)
"""NotFound ``no_such_user``; InvalidInput as `CHANGE_COMPANY`."""

CREATE_OWN_COMPANY = Method(
    NAME,
    "create_own_company",
    CreateOwnCompany,
    Company,
    Permission.READ_ACCOUNT,
    Effect.CHANGE,
)
"""InvalidInput as `CHANGE_COMPANY`; Throttled ``too_many_companies`` with
``retry_after_s``; NotFound ``no_such_user``."""

FIND_COMPANIES = Method(
    NAME, "find_companies", FindCompanies, Companies, Permission.OPERATE
)
REPUBLISH_COMPANIES = Method(
    NAME,
    "republish_companies",
    RepublishCompanies,
    Republished,
    Permission.OPERATE,
    Effect.CHANGE,
)
"""InvalidInput ``bad_limit`` with ``max_limit``."""

COMPANY_CHANGED = Event(NAME, "company_changed", Company)

METHODS = (
    GET_COMPANY,
    CHANGE_COMPANY,
    CREATE_COMPANY,
    CREATE_OWN_COMPANY,
    FIND_COMPANIES,
    REPUBLISH_COMPANIES,
)
EVENTS = (COMPANY_CHANGED,)
