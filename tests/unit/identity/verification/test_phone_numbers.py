"""Which numbers a code is sent to."""

import pytest

from services.identity.verification.phone_numbers import (
    DEFAULT_COUNTRIES,
    read_countries,
    read_mobile_number,
)
from shared.errors import InvalidInput
from shared.settings import SettingError


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("+49 151 23456789", "+4915123456789"),
        ("0151/2345-6789", "+4915123456789"),
        ("0049 151 23456789", "+4915123456789"),
        ("+48 512 345 678", "+48512345678"),
        ("tel:+49-151-23456789", "+4915123456789"),
        ("\u202d+49 151 23456789\u202c", "+4915123456789"),
    ],
)
def test_a_number_is_read_as_people_type_it(typed: str, number: str) -> None:
    assert read_mobile_number(typed, DEFAULT_COUNTRIES, "DE").e164 == number


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "bad_phone"),
        ("my phone", "bad_phone"),
        ("+49 151", "bad_phone"),
        ("1" * 5000, "bad_phone"),
        ("\ud800", "bad_phone"),
        ("+49 151 23456789 ext. 5", "bad_phone"),
        ("+49 30 901820", "phone_not_mobile"),
        ("+49 900 1234567", "phone_not_mobile"),
        ("+44 870 123 4567", "phone_not_mobile"),
        ("+1 900 234 5678", "phone_country_not_offered"),
        ("+882 16 50 600000", "phone_not_mobile"),
        ("+7 912 345 67 89", "phone_country_not_offered"),
    ],
)
def test_other_numbers_are_refused(typed: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_mobile_number(typed, DEFAULT_COUNTRIES, "DE")
    assert refused.value.code == code


def test_where_numbers_dont_show_it_either_kind_counts() -> None:
    assert read_mobile_number("+1 202 456 1111", ("US",), "DE").country == "US"


def test_the_setting_names_countries() -> None:
    assert read_countries(" de  PL ") == ("DE", "PL")
    assert read_countries("") == DEFAULT_COUNTRIES
    with pytest.raises(SettingError, match="XX"):
        read_countries("DE XX")
