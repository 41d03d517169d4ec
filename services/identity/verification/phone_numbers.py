"""Mobile numbers: how they are read, and of which countries they are accepted.

Google's numbering plans, as the package ``phonenumbers`` has them, call a premium-rate
number valid. A code is sent to a mobile one only, and to countries that the provider
does business in: what attackers earn from are messages to expensive numbers.
"""

from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType

from shared import places
from shared.errors import InvalidInput
from shared.settings import SettingError

MAX_LENGTH = 40
_BLOCK_DIGITS = 3
"""The last digits of a number, which differ within a block of numbers."""

# In North America and some more countries a number doesn't show which it is.
_MOBILE = frozenset(
    {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE},
)

DEFAULT_COUNTRIES = (
    *("AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB"),
    *("GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO"),
    *("PL", "PT", "RO", "SE", "SI", "SK"),
)
"""The European Economic Area, Switzerland and the United Kingdom."""


@dataclass(frozen=True)
class MobileNumber:
    """``e164`` is the number as it is stored, such as ``+4915123456789``.

    ``block`` names the thousand numbers that it belongs to.
    """

    e164: str
    country: str

    @property
    def block(self) -> str:
        return self.e164[:-_BLOCK_DIGITS]


def read_mobile_number(
    text: str, countries: tuple[str, ...], home: str
) -> MobileNumber:
    """Read a number as somebody typed it.

    ``home`` is the country of one without a country code.

    Raises:
        InvalidInput: ``bad_phone``, ``phone_not_mobile``,
            ``phone_country_not_offered`` with ``country``.
    """
    number = _parse(text, home)
    country = phonenumbers.region_code_for_number(number) or ""
    if country not in places.countries():
        raise InvalidInput("phone_not_mobile")  # of no country, such as a satellite's
    if country not in countries:
        about = {"country": country}
        raise InvalidInput("phone_country_not_offered", parameters=about)
    if phonenumbers.number_type(number) not in _MOBILE:
        raise InvalidInput("phone_not_mobile")
    form = phonenumbers.PhoneNumberFormat.E164
    return MobileNumber(phonenumbers.format_number(number, form), country)


def read_countries(text: str) -> tuple[str, ...]:
    """Read ``PHONE_COUNTRIES``: codes with spaces between them.

    Raises:
        SettingError: one of them is not a country.
    """
    countries = tuple(text.upper().split()) or DEFAULT_COUNTRIES
    if unknown := [code for code in countries if code not in places.countries()]:
        raise SettingError(
            f"PHONE_COUNTRIES has {', '.join(unknown)}. Use codes such as DE PL."
        )
    return countries


def _parse(text: str, home: str) -> PhoneNumber:
    if len(text) > MAX_LENGTH:
        raise InvalidInput("bad_phone")
    try:
        number = phonenumbers.parse(text, home)
    except NumberParseException as error:
        raise InvalidInput("bad_phone") from error
    if not phonenumbers.is_valid_number(number) or number.extension:
        raise InvalidInput("bad_phone")
    return number
