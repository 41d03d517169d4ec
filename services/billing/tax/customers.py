"""What tax reads of a customer: as it is known now, and as it was known before.

Tax depends on what was known when money was received; often it is booked later.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.billing.models.parties import Company
from services.billing.models.tax import KnownCustomer, TaxId
from services.billing.tax.calculation import Customer, VatId
from shared.errors import Conflict
from shared.wire import from_wire, to_wire


def get_party(session: Session, company_id: UUID) -> Company:
    """The company with its address.

    Raises:
        Conflict: ``no_billing_address``; it has not come from identity yet.
    """
    company = session.get(Company, company_id)
    if company is None or not company.country:
        raise Conflict("no_billing_address")
    return company


def find_tax_id(session: Session, company_id: UUID) -> TaxId | None:
    """The company's VAT ID, unless it never had one or has removed it."""
    tax_id = session.get(TaxId, company_id)
    return tax_id if tax_id is not None and tax_id.number else None


def customer_of(session: Session, company_id: UUID) -> Customer:
    """A company as it is known now.

    Raises:
        Conflict: ``no_billing_address``.
    """
    company = get_party(session, company_id)
    return Customer(
        country=company.country,
        is_business=company.is_business,
        postal_code=company.postal_code,
        region=company.region,
        city=company.city,
        vat_id=vat_id_of(session, company_id),
    )


def customer_at(session: Session, company_id: UUID, moment: datetime) -> Customer:
    """A company as it was known at a moment that is past, or else as it was first.

    Raises:
        Conflict: ``no_billing_address``.
    """
    its_own = select(KnownCustomer).where(KnownCustomer.company_id == company_id)
    at_the_time = its_own.where(KnownCustomer.known_from <= moment).order_by(
        KnownCustomer.known_from.desc(), KnownCustomer.position.desc()
    )
    first = its_own.order_by(KnownCustomer.known_from, KnownCustomer.position)
    row = session.scalar(at_the_time.limit(1)) or session.scalar(first.limit(1))
    if row is None:
        return customer_of(session, company_id)
    return from_wire(row.customer, Customer)


def keep_customer(session: Session, company_id: UUID, now: datetime) -> None:
    """Note what is known from now on. The company is locked."""
    company = session.get(Company, company_id)
    if company is None or not company.country:
        return
    known = KnownCustomer(
        company_id=company_id,
        known_from=now,
        customer=to_wire(customer_of(session, company_id)),
    )
    session.add(known)
    session.flush()


def vat_id_of(session: Session, company_id: UUID) -> VatId | None:
    row = find_tax_id(session, company_id)
    if row is None:
        return None
    return VatId(
        number=row.number,
        country=row.country,
        state=row.state,
        checked_on=row.checked_at.date() if row.checked_at else None,
        match=row.match,
        proof=row.proof,
        is_confirmed_by_hand=bool(row.confirmed_by),
    )
