"""What a price may be."""

import re
from decimal import Decimal

from shared.errors import InvalidInput
from shared.money import Money, round_price

MAX_PRICE = Decimal(1_000_000_000)

# Decimal() itself would also take underscores and the digits of other scripts.
_NUMBER = re.compile(
    r"[+-]?(\d{1,20}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,2})?", re.ASCII
)


def parse_price(text: str, currency: str) -> Money:
    """Read a price as a file states it; rounded half up to twelve decimal places.

    ``currency`` must exist.

    Raises:
        InvalidInput: ``bad_price`` when it is no number, else as `check_price`.
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
    """A price as a history row has it: ``4.90 EUR``."""
    rounded = round_price(price)
    return f"{rounded.amount:f} {rounded.currency.code}"
