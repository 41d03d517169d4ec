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


@pytest.mark.parametrize(
    ("name", "own_name"),
    [
        ("Müller GmbH", "Mueller GmbH"),
        ("Müller GmbH", "Muller"),
        ("Groß & Söhne OHG", "Gross und Soehne"),
        ("Aalborg Værft ApS", "Ålborg Vaerft"),
        ("ΑΦΟΙ ΠΑΠΑΔΟΠΟΥΛΟΙ ΑΕ", "Afoi Papadopouloi A.E."),
        ("ΕΥΑΓΓΕΛΟΥ ΧΡΗΣΤΟΣ ΜΟΝΟΠΡΟΣΩΠΗ ΙΚΕ", "Evangelou Christos IKE"),
        ("ΕΥΑΓΓΕΛΟΥ ΧΡΗΣΤΟΣ", "Evangelou Hristos"),
        ("ΜΠΟΡΕΑΣ ΕΡΓΑΣΤΗΡΙΑ Ε.Π.Ε.", "Boreas Ergastiria"),
        ("БОРЕАЛИС ЛАБС ЕООД", "Borealis Labs EOOD"),
        ("ЮЛИЯ ЩЕРЕВА ЕТ", "Yulia Shtereva"),
        ("ЦВЕТКОВ И СИНОВЕ ООД", "Tzvetkov i Sinove OOD"),
    ],
)
def test_a_name_in_another_alphabet_or_spelling_is_the_same(
    name: str, own_name: str
) -> None:
    for one, other in ((name, own_name), (own_name, name)):
        found = compare(one, "", own_name=other, own_postal_code="", own_city="")
        assert found is TaxIdMatch.MATCHES


@pytest.mark.parametrize(
    ("name", "own_name"),
    [
        ("ΒΟΡΕΑΣ ΕΠΕ", "Notos EPE"),
        ("БОРЕАЛИС ЕООД", "Aurora EOOD"),
        ("Müller GmbH", "Möller GmbH"),
        ("ΑΕ", "Aurora AE"),
    ],
)
def test_another_name_stays_another_in_any_alphabet(name: str, own_name: str) -> None:
    found = compare(name, "", own_name=own_name, own_postal_code="", own_city="")
    assert found is TaxIdMatch.DIFFERS


@pytest.mark.parametrize(
    ("address", "postal_code", "city", "match"),
    [
        ("гр.София 1000, бул. Витоша 1", "", "Sofia", "matches"),
        ("ΑΘΗΝΑ", "", "Athina", "matches"),
        ("ΠΑΝΕΠΙΣΤΗΜΙΟΥ 10 105 57 ΑΘΗΝΑ", "10557", "Athens", "matches"),
        ("LV-1050 RĪGA", "LV-1050", "", "matches"),
        ("Hauptstr. 1, 50667 KÖLN", "1", "Bonn", "differs"),
        ("Hauptstr. 1, 50667 KÖLN", "0667", "Bonn", "differs"),
        ("Hauptstr. 1, 50667 KÖLN", "5066", "Bonn", "differs"),
        ("Hauptstr. 1, 50667 KÖLN", "", "Koeln", "matches"),
    ],
)
def test_an_address_agrees_by_its_whole_postal_code_or_its_city(
    address: str, postal_code: str, city: str, match: str
) -> None:
    found = compare(
        "", address, own_name="", own_postal_code=postal_code, own_city=city
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
