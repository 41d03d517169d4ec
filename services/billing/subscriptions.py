"""Billing's own picture of inventory's services, fed by their events.

Events may come twice, late or in any order: each carries the full state, and one that
is older than what is known is dropped. The same version again is taken, so that a
replay mends a picture that has been damaged.
"""

from sqlalchemy.orm import Session

from services.billing import rollups
from services.billing.companies import keep_company, lock_company, time_zone_of
from services.billing.models import Subscription
from shared.contracts import identity, inventory
from shared.contracts.inventory import ServiceState
from shared.errors import InvalidInput
from shared.events import Envelope


def take_in_service(session: Session, envelope: Envelope[inventory.Service]) -> None:
    """Keep a service's state and what it adds to the roll-ups.

    Raises:
        InvalidInput: ``malformed_message``; it is active but never was activated.
    """
    body = envelope.body
    if body.state is ServiceState.ACTIVE and body.activated_at is None:
        raise InvalidInput("malformed_message", "active without activated_at")
    lock_company(session, body.company_id)
    known = session.get(Subscription, body.id)
    if known is not None and envelope.version < known.version:
        return
    zone = time_zone_of(session, body.company_id)
    before = list(rollups.contributions(known, zone)) if known else []
    subscription = session.merge(_subscription(envelope))
    session.flush()
    rollups.replace(session, before, rollups.contributions(subscription, zone))


def take_in_company(session: Session, envelope: Envelope[identity.Company]) -> set[str]:
    """Keep a company; when its time zone moves, so do its services' periods.

    Returns the names of the columns that are others now.
    """
    lock_company(session, envelope.body.id)
    changed = keep_company(session, envelope)
    if "time_zone" in changed:
        rollups.rebuild(session, envelope.body.id)
    return changed


def _subscription(envelope: Envelope[inventory.Service]) -> Subscription:
    body = envelope.body
    request = body.termination_request
    return Subscription(
        service_id=body.id,
        company_id=body.company_id,
        version=envelope.version,
        family_code=body.family_code,
        family_name=body.family_name,
        state=body.state,
        suspension_reason=body.suspension_reason,
        currency=body.price.currency.code,
        price=body.price.amount,
        period=body.period,
        activated_at=body.activated_at,
        ends=request.time if request else None,
    )
