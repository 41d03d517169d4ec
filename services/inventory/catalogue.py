"""The catalogue: families and their plans. Prices: `services.inventory.prices`."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.inventory import models
from shared.errors import NotFound


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
