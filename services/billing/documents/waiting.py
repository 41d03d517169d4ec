"""Documents that wait: for an exchange rate, or because something is wrong."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.billing.models.documents import DocumentOrder
from services.billing.models.parties import Company
from services.billing.models.top_ups import TopUp
from shared.contracts import billing
from shared.money import Money, currency_of

MOST = 1_000
"""As many are listed."""


def issue_soon(session: Session, now: datetime) -> None:
    """Issue soon what waits for an exchange rate, as some have come."""
    waiting = update(DocumentOrder).where(DocumentOrder.waits_for != "")
    session.execute(waiting.values(try_at=now))


def list_waiting(session: Session) -> billing.documents.WaitingDocuments:
    """Documents of all companies that could not be issued yet, the oldest first."""
    query = (
        select(DocumentOrder, Company.name, TopUp)
        .join(Company, Company.company_id == DocumentOrder.company_id)
        .join(TopUp, TopUp.id == DocumentOrder.top_up_id)
        .where(DocumentOrder.failures > 0)
        .order_by(DocumentOrder.position)
        .limit(MOST)
    )
    return billing.documents.WaitingDocuments(
        documents=[
            billing.documents.WaitingDocument(
                kind=order.kind,
                company_id=order.company_id,
                company=name,
                reference=top_up.reference,
                gross=Money(order.net + order.tax, currency_of(top_up.currency)),
                ordered_at=order.ordered_at,
                failures=order.failures,
                waits_for=order.waits_for,
            )
            for order, name, top_up in session.execute(query)
        ]
    )
