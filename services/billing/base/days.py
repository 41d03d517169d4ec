"""Days that a list may be narrowed to. Pure: no session, no clock."""

from datetime import date

from shared.errors import InvalidInput

_FIRST_YEAR, _LAST_YEAR = 1970, 9998


def check_day(day: date | None) -> None:
    """Whether a day, and a zone's offset, can be added to it.

    Raises:
        InvalidInput: ``bad_day`` with ``value``.
    """
    if day is not None and not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise InvalidInput("bad_day", parameters={"value": day.isoformat()})
