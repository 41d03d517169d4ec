"""How recurring costs split among families."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from shared.contracts.billing.dashboard import CostBreakdown
from shared.contracts.inventory.services import Period
from tests.fixtures.documents import money
from web.dashboard.shares import share_out
from web.dev import samples


def test_each_family_is_a_part_of_the_whole() -> None:
    costs = _costs(("vpn", "25"), ("lxc", "75"))

    lxc, vpn = share_out(costs, Period.MONTH, {})

    assert (lxc.code, lxc.services, lxc.amount) == ("lxc", 2, money("75"))
    assert [int(lxc.start), int(lxc.percent)] == [0, 75]
    assert [int(vpn.start), int(vpn.percent)] == [75, 25]


@pytest.mark.parametrize(
    ("period", "amount"),
    [
        (Period.HOUR, "0.1"),
        (Period.DAY, "2.4"),
        (Period.WEEK, "16.8"),
        (Period.MONTH, "73"),
        (Period.YEAR, "876"),
    ],
)
def test_each_period_has_its_amount(period: Period, amount: str) -> None:
    (part,) = share_out(_costs(("lxc", "73")), period, {})

    assert part.amount == money(amount)


@pytest.mark.parametrize(
    ("positions", "colours"),
    [
        ({"c": 1, "a": 3, "b": 4}, {"c": 1, "a": 3, "b": 4}),
        # Other families of the catalogue change nothing.
        ({"c": 1, "x": 2, "a": 3, "b": 4}, {"c": 1, "a": 3, "b": 4}),
        # The earlier one of two has the colour; the other one what is left.
        ({"c": 2, "a": 8, "b": 3}, {"c": 2, "a": 1, "b": 3}),
        # Without a position: what is left.
        ({"c": 2}, {"c": 2, "a": 1, "b": 3}),
        ({}, {"a": 1, "b": 2, "c": 3}),
    ],
)
def test_the_largest_comes_first_and_colours_follow_the_catalogue(
    positions: dict[str, int], colours: dict[str, int]
) -> None:
    small = _costs(("a", "1"), ("b", "2"), ("c", "3"))
    large = _costs(("a", "9"), ("b", "2"), ("c", "3"))
    before = share_out(small, Period.MONTH, positions)
    after = share_out(large, Period.MONTH, positions)

    assert [it.code for it in before] == ["c", "b", "a"]
    assert [it.code for it in after] == ["a", "c", "b"]
    assert {it.code: it.colour for it in before} == colours
    assert {it.code: it.colour for it in after} == colours


def test_a_family_keeps_its_colour_when_an_earlier_one_comes() -> None:
    positions = {"a": 1, "b": 2, "c": 3}
    two = share_out(_costs(("b", "2"), ("c", "3")), Period.MONTH, positions)
    costs = _costs(("a", "1"), ("b", "2"), ("c", "3"))
    three = share_out(costs, Period.MONTH, positions)

    assert {it.code: it.colour for it in two} == {"b": 2, "c": 3}
    assert {it.code: it.colour for it in three} == {"a": 1, "b": 2, "c": 3}


@pytest.mark.parametrize(
    ("families", "parts", "rest"), [(6, 6, 1), (7, 6, 2), (40, 6, 35)]
)
def test_of_many_families_the_smallest_share_a_part(
    families: int, parts: int, rest: int
) -> None:
    shares = share_out(
        _costs(*[(f"family-{n:02}", str(n)) for n in range(1, families + 1)]),
        Period.MONTH,
        {f"family-{n:02}": n for n in range(1, families + 1)},
    )

    assert len(shares) == parts
    assert shares[-1].families == rest
    assert bool(shares[-1].code) is (rest == 1)
    assert sorted(it.colour for it in shares) == [1, 2, 3, 4, 5, 6]
    whole = sum((it.percent for it in shares), Decimal(0))
    assert abs(whole - 100) <= Decimal("0.03")


def test_what_costs_nothing_has_no_width() -> None:
    (part,) = share_out(_costs(("lxc", "0")), Period.MONTH, {})

    assert not part.start
    assert not part.percent


def _costs(*families: tuple[str, str]) -> CostBreakdown:
    ordered = sorted(families, key=lambda each: -Decimal(each[1]))
    return replace(
        samples.costs().breakdown,
        families=[samples.family_costs(c, c.upper(), 2, m) for c, m in ordered],
    )
