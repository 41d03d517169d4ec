"""Time zones, countries and languages, checked against the lists that define them."""

from babel import Locale, UnknownLocaleError

from shared import places
from shared.errors import InvalidInput

_MAX_LOCALE_LENGTH = 35


def check_time_zone(name: str) -> str:
    """Return an IANA time zone's name as it is.

    Raises:
        InvalidInput: ``bad_time_zone``.
    """
    if name not in places.time_zones():
        raise InvalidInput("bad_time_zone")
    return name


def check_country(code: str) -> str:
    """Return an ISO 3166-1 alpha-2 code in capitals.

    Raises:
        InvalidInput: ``bad_country``.
    """
    country = code.strip().upper()
    # Some foreign letters become two when capitalised: "ß" is not South Sudan.
    if not code.isascii() or country not in places.countries():
        raise InvalidInput("bad_country")
    return country


def check_locale(tag: str) -> str:
    """Return a BCP 47 tag of a language we can write dates and sums in.

    Raises:
        InvalidInput: ``bad_locale``.
    """
    if not (tag.isascii() and len(tag) <= _MAX_LOCALE_LENGTH):
        raise InvalidInput("bad_locale")
    try:
        locale = Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError) as error:
        raise InvalidInput("bad_locale") from error
    return str(locale).replace("_", "-")
