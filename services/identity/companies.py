"""Companies: who owns and owes; their names, addresses and time zones."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.identity import memberships, models, users
from services.identity.places import check_country, check_time_zone
from shared import events
from shared.contracts import identity as contract
from shared.contracts.identity import Role
from shared.errors import InvalidInput, NotFound
from shared.events import News
from shared.runtime import Runtime
from shared.service import Call
from shared.text import clean_line

MAX_NAME_LENGTH = 200
MAX_ADDRESS_LINE_LENGTH = 200
MAX_FOUND = 1_000
MAX_BATCH = 1_000


def create_company(
    db: Session, runtime: Runtime, call: Call, request: contract.CreateCompany
) -> contract.Company:
    """Add a company and its owner, and tell of both.

    Raises:
        NotFound: ``no_such_user``.
        InvalidInput: as the contract lists.
    """
    owner = users.get_user(db, request.owner_id)
    company = _draft(request, runtime.new_id(), call)
    db.add(company)
    db.flush()
    body = view(company)
    events.record(
        db,
        runtime,
        contract.COMPANY_CHANGED,
        body,
        company_id=company.company_id,
        version=company.version,
        request_id=call.request_id,
    )
    ownership = contract.AddMember(
        company_id=company.company_id, user_id=owner.id, role=Role.OWNER
    )
    memberships.add_member(db, runtime, call, ownership)
    return body


def get_company(db: Session, company_id: UUID) -> models.Company:
    """Read a company.

    Raises:
        NotFound: ``no_such_company``.
    """
    company = db.get(models.Company, company_id)
    if company is None:
        raise NotFound("no_such_company")
    return company


def find_companies(
    db: Session, request: contract.FindCompanies
) -> list[contract.Company]:
    """Companies by name and id, as far as given; by name, then id."""
    query = select(models.Company)
    if request.name is not None:
        query = query.where(models.Company.name == clean_name(request.name))
    if request.company_id is not None:
        query = query.where(models.Company.company_id == request.company_id)
    ordered = query.order_by(models.Company.name, models.Company.company_id)
    return [view(company) for company in db.scalars(ordered.limit(MAX_FOUND))]


def republish_companies(
    db: Session,
    runtime: Runtime,
    request: contract.RepublishCompanies,
    request_id: str,
) -> contract.Republished:
    """Write an event of each company's present version, in the order of their ids.

    Raises:
        InvalidInput: ``bad_limit`` with ``max_limit``.
    """
    if not 1 <= request.limit <= MAX_BATCH:
        raise InvalidInput("bad_limit", "", {"max_limit": MAX_BATCH})
    query = select(models.Company)
    if request.after_company_id is not None:
        query = query.where(models.Company.company_id > request.after_company_id)
    # Locked, so that a change made meanwhile is told of after this, and not before.
    ordered = query.order_by(models.Company.company_id).limit(request.limit)
    found = db.scalars(ordered.with_for_update()).all()
    news = [
        News(
            contract.COMPANY_CHANGED,
            view(company),
            company_id=company.company_id,
            version=company.version,
        )
        for company in found
    ]
    events.record_all(db, runtime, news, request_id)
    full = len(found) == request.limit
    return contract.Republished(
        count=len(found), last_company_id=found[-1].company_id if full else None
    )


def clean_name(text: str) -> str:
    return clean_line(text, MAX_NAME_LENGTH, code="bad_name", required=True)


def view(company: models.Company) -> contract.Company:
    return contract.Company(
        id=company.company_id,
        name=company.name,
        address=contract.Address(
            street=company.street,
            postal_code=company.postal_code,
            city=company.city,
            region=company.region,
            country=company.country,
        ),
        time_zone=company.time_zone,
        is_business=company.is_business,
    )


def _draft(
    request: contract.CreateCompany, company_id: UUID, call: Call
) -> models.Company:
    address = request.address
    return models.Company(
        company_id=company_id,
        name=clean_name(request.name),
        street=_address_line(address.street),
        postal_code=_address_line(address.postal_code),
        city=_address_line(address.city),
        region=_address_line(address.region),
        country=check_country(address.country),
        time_zone=check_time_zone(request.time_zone),
        is_business=request.is_business,
        version=memberships.FIRST_VERSION,
        created_at=call.now,
    )


def _address_line(text: str) -> str:
    return clean_line(text, MAX_ADDRESS_LINE_LENGTH, code="bad_address")
