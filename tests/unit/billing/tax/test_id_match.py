"""Whether the register's name and address are the profile's: loosely."""

import pytest

from services.billing.tax.id_match import compare
from shared.contracts.billing.tax import TaxIdMatch


@pytest.mark.parametrize(
    ("name", "address", "match"),
    [
        ("BOREALIS LABS SP. Z O.O.", "UL. DŁUGA 1 00-001 WARSZAWA", "matches"),
        (
            "BOREALIS LABS SPÓŁKA Z OGRANICZONĄ ODPOWIEDZIALNOŚCIĄ",
            "DŁUGA 1, 00-001 WARSZAWA",
            "matches",
        ),
        ("Borealis-Labs", "", "matches"),
        ("Borealis", "Warszawa", "matches"),
        ("", "DŁUGA 1, 00-001", "matches"),
        ("", "", "not_disclosed"),
        ("---", "---", "not_disclosed"),
        ("AURORA DIGITAL SP. Z O.O.", "UL. DŁUGA 1 00-001 WARSZAWA", "differs"),
        ("BOREALIS LABS SP. Z O.O.", "RYNEK 5 31-042 KRAKÓW", "differs"),
        ("SP. Z O.O.", "00-001 WARSZAWA", "differs"),
    ],
)
def test_names_and_places_are_compared_loosely(
    name: str, address: str, match: str
) -> None:
    found = compare(
        name,
        address,
        own_name="Borealis Labs sp. z o.o.",
        own_postal_code="00-001",
        own_city="Warszawa",
    )
    assert found is TaxIdMatch(match)


def test_accents_and_letters_with_strokes_do_not_count() -> None:
    found = compare(
        "ZOLTY SLON SP. Z O.O.",
        "90-001 LODZ",
        own_name="Żółty Słoń",
        own_postal_code="",
        own_city="Łódź",
    )
    assert found is TaxIdMatch.MATCHES
