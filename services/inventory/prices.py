"""What a plan costs, and what a price may be."""

import re
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.inventory import models
from shared.contracts.inventory.services import Period
from shared.errors import InvalidInput, NotFound
from shared.money import Money, currency_of, round_price

MAX_PRICE = Decimal(1_000_000_000)

# Decimal() itself would also take underscores and the digits of other scripts.
_NUMBER = re.compile(
    r"[+-]?(\d{1,20}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,2})?", re.ASCII
)


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
    # PostgreSQL can't even be asked for NUL.
    price = db.scalar(known) if "\0" not in currency else None
    if price is None:
        raise NotFound("no_such_price", f"{plan.code} {currency} {period.value}"[:100])
    return Money(price, currency_of(currency))


def parse_price(text: str, currency: str) -> Money:
    """Read a price as a file states it; rounded half up to twelve decimal places.

    ``currency`` must exist.

    Raises:
        InvalidInput: ``bad_price`` if it is not a number, otherwise as `check_price`.
    """
    if not _NUMBER.fullmatch(text):
        raise InvalidInput("bad_price", "not a number")
    return check_price(Money(Decimal(text), currency))


def check_price(price: Money) -> Money:
    """Return the price as it is kept.

    Raises:
        InvalidInput: ``price_out_of_range``; it is below zero or above 10^9.
    """
    if not 0 <= price.amount <= MAX_PRICE:
        raise InvalidInput("price_out_of_range")
    return round_price(price)


def price_text(price: Money) -> str:
    """Format a price for the history: ``4.90 EUR``."""
    rounded = round_price(price)
    return f"{rounded.amount:f} {rounded.currency.code}"
