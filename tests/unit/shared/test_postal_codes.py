"""Postal codes that a spreadsheet, or a person, has changed."""

import pytest

from shared.postal_codes import code_of, completed


@pytest.mark.parametrize(
    ("country", "typed", "kept"),
    [
        ("ES", "3501", "03501"),  # Benidorm
        ("FI", "2200", "02200"),  # Espoo
        ("FI", "100", "00100"),
        ("FR", "9700", "09700"),
        ("DE", "1067", "01067"),
        ("DE", " 7826 ", "07826"),
        ("IT", "118", "00118"),
        ("ES", "E-35001", "E-35001"),
        ("ES", "\uff13\uff15\uff10\uff10\uff11", "35001"),
        ("ES", "\u0663\u0665\u0660\u0660\u0661", "35001"),
        ("EG", "\u0661\u0661\u0665\u0661\u0661", "\u0661\u0661\u0665\u0661\u0661"),
        ("GR", "630 86", "630 86"),
        ("PT", "9000-039", "9000-039"),
        ("PT", "9000", "9000"),
        ("GB", "bt1 5gs", "bt1 5gs"),
        ("GB", "GB-BT1 5GS", "GB-BT1 5GS"),
        ("DE", "-", "-"),
        ("DE", "", ""),
        ("AT", "1010", "1010"),
        ("CH", "anything", "anything"),
    ],
)
def test_zeros_are_added_only_where_nothing_else_can_be_meant(
    country: str, typed: str, kept: str
) -> None:
    assert completed(country, typed) == kept


@pytest.mark.parametrize(
    ("country", "typed"),
    [
        ("ES", "350"),  # 00350 is no code
        ("ES", "53001"),
        ("ES", "350010"),
        ("ES", "35001.0"),
        ("ES", "3.501"),
        ("ES", "E-3501"),  # it was no number, so no zero was lost
        ("ES", "35O01"),
        ("ES", "X-35001"),
        ("FI", "22"),
        ("FR", "99000"),
        ("FR", "971"),
        ("DE", "78266 Büsingen"),
        ("DE", "8238"),  # Büsingen by its Swiss code
        ("IT", "6911"),  # Campione by its Swiss code
        ("GR", "6308"),
        ("PT", "950"),
        ("PT", "9500-15"),
        ("GB", "BT1"),
        ("GB", "10115"),
    ],
)
def test_what_is_not_in_the_form_of_the_country_is_asked_for_again(
    country: str, typed: str
) -> None:
    assert code_of(country, typed) is None
    with pytest.raises(ValueError, match=r"\d"):
        completed(country, typed)
