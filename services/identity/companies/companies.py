"""Companies: who owns and owes; their names, addresses and time zones."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from services.identity import levels, memberships
from services.identity.limits import Limit, Limits
from services.identity.models.companies import Company
from services.identity.people import users
from services.identity.people.verification import put_back
from services.identity.places import check_country, check_time_zone
from shared.contracts import identity
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.people import VerificationStep
from shared.db.events import OutboxEvent
from shared.db.paging import MAX_BATCH, check_limit
from shared.errors import Conflict, InvalidInput, NotFound
from shared.postal_codes import completed
from shared.rpc.change import Change
from shared.text import check_field, clean_line

MAX_NAME_LENGTH = 200
MAX_ADDRESS_LINE_LENGTH = 200
MAX_FOUND = 1_000

SHOWN_BY_DOCUMENT = frozenset(
    {"name", "street", "postal_code", "city", "region", "country", "is_business"}
)
"""What a company's document verifies."""

PER_USER = Limit("companies of user", "too_many_companies", 5, timedelta(days=1))
"""More than anybody has, and so few that nobody fills our books with them."""

TIME_ZONE_STAYS = timedelta(days=1)
"""How long a company keeps a time zone at least."""


def create_company(
    change: Change, request: identity.companies.CreateCompany
) -> identity.companies.Company:
    """Add a company and its owner, and tell of both.

    Raises:
        NotFound: ``no_such_user``.
        InvalidInput: as the contract lists.
    """
    owner = users.get_user(change.db, request.owner_id)
    company = Company(
        company_id=change.runtime.new_id(),
        **_checked(request),
        version=memberships.FIRST_VERSION,
        created_at=change.call.now,
    )
    change.db.add(company)
    body = publish_change(change, company)
    ownership = identity.memberships.AddMember(
        company_id=company.company_id, user_id=owner.id, role=Role.OWNER
    )
    memberships.add_member(change, ownership)
    return body


def create_own_company(
    change: Change, limits: Limits, request: identity.companies.CreateOwnCompany
) -> identity.companies.Company:
    """Add a company that the caller owns.

    Raises:
        NotFound: ``no_such_user``.
        InvalidInput: as the contract lists.
        Throttled: ``too_many_companies`` with ``retry_after_s``.
    """
    owner_id = change.call.principal.user_id
    limits.take(change.db, PER_USER, str(owner_id), change.call.now)
    wanted = identity.companies.CreateCompany(
        name=request.name,
        address=request.address,
        owner_id=owner_id,
        time_zone=request.time_zone,
        is_business=request.is_business,
    )
    return create_company(change, wanted)


def change_company(
    change: Change, request: identity.companies.ChangeCompany
) -> identity.companies.Company:
    """Change the principal's company, and publish it if anything differs.

    Raises:
        InvalidInput: as the contract lists, with ``field``.
        Conflict: ``company_changed_meanwhile``.
    """
    db, now = change.db, change.call.now
    wanted = _checked(request)
    company_id = change.call.principal.require_company()
    company = get_company(db, company_id, lock=True)
    changed = {name for name in wanted if getattr(company, name) != wanted[name]}
    if not changed:
        return view(company)
    if request.version != company.version:
        raise Conflict("company_changed_meanwhile")
    if "time_zone" in changed:
        _check_time_zone(db, company, request.time_zone, now)
        company.time_zone_changed_at = now
    for name in changed:
        setattr(company, name, wanted[name])
    company.version += 1
    if changed & SHOWN_BY_DOCUMENT:
        step = VerificationStep.COMPANY_DOCUMENT
        put_back(change, company_id, step, "company_changed")
    return publish_change(change, company)


def shown_by_document(company: Company) -> dict[str, Any]:
    """Return the details that a company's document verifies."""
    return {name: getattr(company, name) for name in SHOWN_BY_DOCUMENT}


def get_company(db: Session, company_id: UUID, *, lock: bool = False) -> Company:
    """Read a company; with ``lock``, to change it.

    Raises:
        NotFound: ``no_such_company``.
    """
    company = db.get(Company, company_id, with_for_update=lock)
    if company is None:
        raise NotFound("no_such_company")
    return company


def find_companies(
    db: Session, request: identity.companies.FindCompanies
) -> list[identity.companies.Company]:
    """Companies by name and id, as far as given; by name, then id."""
    query = select(Company)
    if request.name is not None:
        query = query.where(Company.name == clean_name(request.name))
    if request.company_id is not None:
        query = query.where(Company.company_id == request.company_id)
    ordered = query.order_by(Company.name, Company.company_id)
    return [view(company) for company in db.scalars(ordered.limit(MAX_FOUND))]


def republish_companies(
    change: Change, request: identity.companies.RepublishCompanies
) -> identity.companies.Republished:
    """Write events of each company's present state, in the order of their ids.

    The first page begins another epoch.

    Raises:
        InvalidInput: ``bad_limit`` with ``max_limit``.
    """
    check_limit(request.limit, MAX_BATCH)
    if request.after_company_id is None:
        change.begin_replay()
    query = select(Company)
    if request.after_company_id is not None:
        query = query.where(Company.company_id > request.after_company_id)
    # Locked, so that a concurrent change is published after this, not before.
    ordered = query.order_by(Company.company_id).limit(request.limit)
    found = change.db.scalars(ordered.with_for_update()).all()
    change.emit_all(*(_company_changed(company) for company in found))
    levels.republish(change, [company.company_id for company in found])
    full = len(found) == request.limit
    return identity.companies.Republished(
        count=len(found), last_company_id=found[-1].company_id if full else None
    )


def clean_name(text: str) -> str:
    return clean_line(text, MAX_NAME_LENGTH, code="bad_name", required=True)


def view(company: Company) -> identity.companies.Company:
    return identity.companies.Company(
        id=company.company_id,
        name=company.name,
        address=identity.companies.Address(
            street=company.street,
            postal_code=company.postal_code,
            city=company.city,
            region=company.region,
            country=company.country,
        ),
        time_zone=company.time_zone,
        is_business=company.is_business,
        version=company.version,
        requires_two_factor=company.requires_two_factor,
        standing=memberships.standing_of(company.closed_at, company.locked_at),
        closed_at=company.closed_at,
    )


def publish_change(change: Change, company: Company) -> identity.companies.Company:
    """Write the event of what the company is now; returns its body."""
    change.db.flush()
    event = _company_changed(company)
    change.emit_all(event)
    return event.body


def _company_changed(
    company: Company,
) -> OutboxEvent[identity.companies.Company]:
    return OutboxEvent(
        identity.companies.COMPANY_CHANGED,
        view(company),
        company_id=company.company_id,
        version=company.version,
    )


def _checked(
    request: identity.companies.CreateCompany | identity.companies.ChangeCompany,
) -> dict[str, Any]:
    """Return a company's columns as they are stored."""
    address = request.address
    country = check_field("country", check_country, address.country)
    return {
        "name": check_field("name", clean_name, request.name),
        "street": check_field("street", _address_line, address.street),
        "postal_code": check_field(
            "postal_code", partial(_postal_code, country), address.postal_code
        ),
        "city": check_field("city", _address_line, address.city),
        "region": check_field("region", _address_line, address.region),
        "country": country,
        "time_zone": check_field("time_zone", check_time_zone, request.time_zone),
        "is_business": request.is_business,
    }


def _address_line(text: str) -> str:
    return clean_line(text, MAX_ADDRESS_LINE_LENGTH, code="bad_address")


def _postal_code(country: str, text: str) -> str:
    """Restore the leading zeros that a spreadsheet removed from a postal code."""
    line = _address_line(text)
    try:
        return completed(country, line)
    except ValueError as error:
        about = {"country": country, "example": str(error)}
        raise InvalidInput("bad_postal_code", f"like {error}", about) from error


def _check_time_zone(
    db: Session, company: Company, time_zone: str, now: datetime
) -> None:
    """Refuse another zone so soon: billing recounts all of the company's services."""
    last = company.time_zone_changed_at
    if last is not None and now - last < TIME_ZONE_STAYS:
        about = {"field": "time_zone"}
        raise InvalidInput("time_zone_changed_lately", parameters=about)
    _check_database_knows(db, time_zone, now)


def _check_database_knows(db: Session, time_zone: str, now: datetime) -> None:
    """Refuse a zone that is newer than the database.

    Billing also counts periods there and can't charge in a zone that its PostgreSQL
    doesn't know.
    """
    try:
        with db.begin_nested():
            db.scalar(select(func.timezone(time_zone, now)))
    except DataError as error:
        about = {"field": "time_zone"}
        raise InvalidInput("bad_time_zone", parameters=about) from error
