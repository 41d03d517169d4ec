"""What each service adds to the roll-ups.

Keeping, rebuilding and verifying them all go by `contributions`, so they can't
disagree.
"""

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.billing.charging import rollups
from services.billing.charging.rollups import (
    BATCH,
    Contribution,
    CostKey,
    RenewalKey,
    Sum,
    Sums,
)
from services.billing.charging.slots import slots_of
from services.billing.charging.standing import charge_of, costs, renews
from services.billing.models.charging import Subscription
from services.billing.parties.companies import lock_company, time_zone_of


def contributions(service: Subscription, zone: ZoneInfo) -> Iterator[Contribution]:
    """What the service adds to the roll-ups; nothing when it neither runs nor owes."""
    for standing, amount in costs(service):
        key = CostKey(
            service.company_id,
            service.currency,
            service.family_code,
            service.family_name,
            service.period,
            standing,
        )
        yield key, Sum(1, amount)
    if renews(service):
        anchor = service.anchor or service.activated_at
        assert anchor is not None
        charge = Sum(1, charge_of(service))
        for grain, slot in slots_of(anchor, service.period, zone).items():
            renewal = RenewalKey(
                service.company_id,
                service.currency,
                service.period,
                grain,
                slot,
                service.family_code,
            )
            yield renewal, charge


def rebuild(session: Session, company_id: UUID) -> None:
    """Make one company's roll-ups again, from its subscriptions."""
    lock_company(session, company_id)
    rollups.write(session, company_id, expected_sums(session, company_id))


def expected_sums(session: Session, company_id: UUID) -> Sums:
    """What a company's roll-ups must be, by its subscriptions."""
    zone = time_zone_of(session, company_id)
    sums: Sums = defaultdict(Sum)
    wanted = (
        select(Subscription)
        .where(Subscription.company_id == company_id)
        .order_by(Subscription.service_id)
        .limit(BATCH)
    )
    page = session.scalars(wanted).all()
    while page:
        for service in page:
            for key, amount in contributions(service, zone):
                sums[key] += amount
        last_id = page[-1].service_id
        session.expunge_all()
        page = session.scalars(wanted.where(Subscription.service_id > last_id)).all()
    return sums
