"""Columns that are written rounded, and the row that makes them add up."""

import pytest

from shared.language.formatting import is_rounded, rounding_gap
from tests.fixtures.documents import money


@pytest.mark.parametrize(
    ("total", "parts", "gap"),
    [
        ("3.00", ["1.00", "2.00"], None),
        ("-51.917", ["95.997111", "100", "-247.914111"], "-0.01"),
        ("0.01", ["0.004", "0.004", "0.002"], "0.01"),
        ("2.00", ["1.005", "0.995"], "-0.01"),
    ],
)
def test_the_gap_is_what_written_parts_lack_of_the_written_total(
    total: str, parts: list[str], gap: str | None
) -> None:
    expected = money(gap) if gap else None

    assert rounding_gap(money(total), map(money, parts)) == expected


def test_an_amount_is_rounded_if_it_is_finer_than_its_currency() -> None:
    assert is_rounded(money("1.005"))
    assert not is_rounded(money("1.50000"))
    assert is_rounded(money("1.5", "JPY"))
