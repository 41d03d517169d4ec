"""National numbers that people type where a VAT ID belongs."""

import pytest

from services.billing.parties.national_numbers import vat_id_like


@pytest.mark.parametrize(
    ("country", "typed", "example"),
    [
        ("DE", "21/815/08150", "DE123456789"),
        ("DE", "DE 21/815/08150", "DE123456789"),
        ("DE", "86 095 742 719", "DE123456789"),
        ("DE", "HRB 12345", "DE123456789"),
        ("FR", "552 008 443", "FR12345678901"),
        ("FR", "732 829 320 00074", "FR12345678901"),
        ("IT", "RCCMNL83S18D969H", "IT12345678901"),
        ("SE", "556036-0793", "SE123456789001"),
        ("HU", "12892312-2-41", "HU12345678"),
        ("AT", "fn 122119m", "ATU12345678"),
        ("AT", "59-119/9013", "ATU12345678"),
        ("NL", "12345678", "NL123456789B01"),
        ("RO", "J40/1234/2005", "RO12345678"),
        ("PL", "12", None),
        ("DE", "DE123456789", None),
        ("CZ", "12345678", None),
    ],
)
def test_a_national_number_is_distinguished_from_a_vat_id(
    country: str, typed: str, example: str | None
) -> None:
    assert vat_id_like(typed, country) == example
