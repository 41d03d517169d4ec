"""The catalogue: families, their plans, and the plans' prices."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.inventory import models
from shared.contracts.inventory import Period
from shared.errors import NotFound
from shared.money import Money, currency_of


def get_plan(db: Session, code: str) -> models.Plan:
    """Read a plan.

    Raises:
        NotFound: ``no_such_plan``.
    """
    plan = db.scalar(select(models.Plan).where(models.Plan.code == code))
    if plan is None:
        raise NotFound("no_such_plan", code[:100])
    return plan


def get_price(db: Session, plan: models.Plan, currency: str, period: Period) -> Money:
    """What a plan costs at present, per period.

    Raises:
        NotFound: ``no_such_price``.
    """
    price = db.scalar(
        select(models.PlanPrice.price).where(
            models.PlanPrice.plan_code == plan.code,
            models.PlanPrice.currency == currency,
            models.PlanPrice.period == period,
        )
    )
    if price is None:
        raise NotFound("no_such_price", f"{plan.code} {currency} {period.value}"[:100])
    return Money(price, currency_of(currency))


def get_family(db: Session, code: str) -> models.Family:
    """Read a family.

    Raises:
        NotFound: ``no_such_family``.
    """
    # PostgreSQL takes no NUL in a text, and no code has one.
    known = select(models.Family).where(models.Family.code == code)
    family = db.scalar(known) if "\0" not in code else None
    if family is None:
        raise NotFound("no_such_family", code[:100])
    return family
