"""Stub until the tax branch lands."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from services.billing.seller import Seller
from services.billing.tax import Customer, Rate, decide
from shared.contracts.billing.tax import TaxDecision


def decide_for(
    session: Session, seller: Seller, company_id: UUID, now: datetime
) -> TaxDecision:
    rates = [Rate("DE", "", Decimal(19), now.date())]
    return decide(seller, Customer("DE", is_business=True), rates, now.date())
