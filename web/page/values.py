"""Values from an address or a form, which may be anything."""

from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import TypeVar
from uuid import UUID

from shared.errors import InvalidInput, NotFound

Choice = TypeVar("Choice", bound=Enum)


def read_uuid(text: str | None) -> UUID:
    """Read an id.

    Raises:
        NotFound: ``no_such_page``; nothing can bear such an id.
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


def read_days(address: Mapping[str, str]) -> tuple[date | None, date | None]:
    """Read the days ``from`` and ``to`` of a list's address; either may be absent.

    Whichever was entered where, the days between them are meant.

    Raises:
        InvalidInput: ``bad_day`` with ``value``.
    """
    first, last = (_read_day(address.get(name, "")) for name in ("from", "to"))
    if first and last and last < first:
        return last, first
    return first, last


def write_days(first: date | None, last: date | None) -> dict[str, str | None]:
    """The parameters that `read_days` reads."""
    return {
        "from": first.isoformat() if first else None,
        "to": last.isoformat() if last else None,
    }


def _read_day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidInput("bad_day", parameters={"value": text[:20]}) from error
