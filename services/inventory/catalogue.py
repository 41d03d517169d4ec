"""The catalogue: families, their plans, and the plans' prices."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.inventory import models
from shared.contracts.inventory.services import Period
from shared.errors import NotFound
from shared.money import Money, currency_of


def get_plan(db: Session, code: str) -> models.Plan:
    """Read a plan.

    Raises:
        NotFound: ``no_such_plan``.
    """
    known = select(models.Plan).where(models.Plan.code == code)
    plan = db.scalar(known) if _is_storable(code) else None
    if plan is None:
        raise NotFound("no_such_plan", code[:100])
    return plan


def get_price(db: Session, plan: models.Plan, currency: str, period: Period) -> Money:
    """What a plan costs at present, per period.

    Raises:
        NotFound: ``no_such_price``.
    """
    known = select(models.PlanPrice.price).where(
        models.PlanPrice.plan_code == plan.code,
        models.PlanPrice.currency == currency,
        models.PlanPrice.period == period,
    )
    price = db.scalar(known) if _is_storable(currency) else None
    if price is None:
        raise NotFound("no_such_price", f"{plan.code} {currency} {period.value}"[:100])
    return Money(price, currency_of(currency))


def get_family(db: Session, code: str) -> models.Family:
    """Read a family.

    Raises:
        NotFound: ``no_such_family``.
    """
    known = select(models.Family).where(models.Family.code == code)
    family = db.scalar(known) if _is_storable(code) else None
    if family is None:
        raise NotFound("no_such_family", code[:100])
    return family


def _is_storable(text: str) -> bool:
    """Whether PostgreSQL could have such a text: it can't even be asked for NUL."""
    return "\0" not in text
