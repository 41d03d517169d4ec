"""Values from an address or a form, which may be anything."""

from datetime import date
from enum import Enum
from typing import TypeVar
from uuid import UUID

from shared.errors import InvalidInput, NotFound

Choice = TypeVar("Choice", bound=Enum)


def read_uuid(text: str | None) -> UUID:
    """Read an id.

    Raises:
        NotFound: ``no_such_page``; it is not an id.
    """
    try:
        return UUID(text or "")
    except ValueError as error:
        raise NotFound("no_such_page") from error


def read_choice(text: str, choices: type[Choice], field: str) -> Choice:
    """Read one of an enumeration's values.

    Raises:
        InvalidInput: ``unknown_choice`` with the field, its value cut short and the
            choices there are.
    """
    try:
        return choices(text)
    except ValueError as error:
        raise InvalidInput(
            "unknown_choice",
            parameters={
                "field": field,
                "value": text[:40],
                "choices": ", ".join(str(choice.value) for choice in choices),
            },
        ) from error


NO_DAYS: dict[str, str | None] = {"from": None, "to": None}
"""The parameters of a list of any days."""


def write_days(first: date | None, last: date | None) -> dict[str, str | None]:
    """Return the parameters of a `PeriodForm`'s address."""
    return {
        "from": first.isoformat() if first else None,
        "to": last.isoformat() if last else None,
    }
