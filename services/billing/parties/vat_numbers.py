"""VAT IDs as text: their official form, and whose they are. Pure."""

import stdnum.exceptions
from stdnum.eu import vat

_GREECE, _GREEK = "GR", "EL"
"""Greece's ISO code, which people write, and its prefix, which the register knows."""


def prefix_of(country: str) -> str:
    """What the VAT IDs of a member state (ISO 3166-1) begin with."""
    return _GREEK if country == _GREECE else country


def official_form(text: str) -> str | None:
    """The VAT ID of a member state without blanks and signs; None if it is none."""
    try:
        number = str(vat.validate(text))
    except stdnum.exceptions.ValidationError:
        return None
    return prefix_of(number[:2]) + number[2:]
