"""Stub until the tax branch lands."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from services.billing.tax import Taxed
from shared.contracts.billing.top_ups import TaxLine, TaxReason
from shared.money import Money, round_to_minor_unit


def tax_on(session: Session, company_id: UUID, net: Money, now: datetime) -> Taxed:
    tax = round_to_minor_unit(net * Decimal("0.19"))
    line = TaxLine(category="S", rate_percent=Decimal(19), base=net, tax=tax)
    return Taxed(
        [line], TaxReason(code="x", parameters={}, fields=[]), net, tax, net + tax
    )
