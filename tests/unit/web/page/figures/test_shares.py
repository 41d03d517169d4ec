"""How recurring costs split among families."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from shared.contracts.billing.dashboard import CostBreakdown, CostLine
from shared.contracts.inventory.services import Period
from tests.fixtures.documents import money
from web.dev import samples
from web.page.figures.shares import share_out


def test_a_family_is_one_part_however_its_services_are_priced() -> None:
    costs = _costs(("lxc", "60"), ("lxc", "15"), ("vpn", "25"))

    lxc, vpn = share_out(costs, Period.MONTH)

    assert (lxc.code, lxc.services, lxc.amount) == ("lxc", 4, money("75"))
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
    (part,) = share_out(_costs(("lxc", "73")), period)

    assert part.amount == money(amount)


def test_the_largest_comes_first_and_colours_follow_the_codes() -> None:
    before = share_out(_costs(("a", "1"), ("b", "2"), ("c", "3")), Period.MONTH)
    after = share_out(_costs(("a", "9"), ("b", "2"), ("c", "3")), Period.MONTH)

    assert [it.code for it in before] == ["c", "b", "a"]
    assert [it.code for it in after] == ["a", "c", "b"]
    assert {it.code: it.colour for it in before} == {"a": 1, "b": 2, "c": 3}
    assert {it.code: it.colour for it in after} == {"a": 1, "b": 2, "c": 3}


@pytest.mark.parametrize(
    ("families", "parts", "rest"), [(6, 6, 1), (7, 6, 2), (40, 6, 35)]
)
def test_of_many_families_the_smallest_share_a_part(
    families: int, parts: int, rest: int
) -> None:
    shares = share_out(
        _costs(*[(f"family-{n:02}", str(n)) for n in range(1, families + 1)]),
        Period.MONTH,
    )

    assert len(shares) == parts
    assert shares[-1].families == rest
    assert bool(shares[-1].code) is (rest == 1)
    assert sorted(it.colour for it in shares) == [1, 2, 3, 4, 5, 6]
    whole = sum((it.percent for it in shares), Decimal(0))
    assert abs(whole - 100) <= Decimal("0.03")


def test_what_costs_nothing_has_no_width() -> None:
    (part,) = share_out(_costs(("lxc", "0")), Period.MONTH)

    assert not part.start
    assert not part.percent


def _costs(*lines: tuple[str, str]) -> CostBreakdown:
    return replace(
        samples.costs().breakdown,
        lines=[_line(code, monthly) for code, monthly in lines],
    )


def _line(code: str, monthly: str) -> CostLine:
    return CostLine(
        family_code=code,
        family_name=code.upper(),
        period=Period.MONTH,
        service_count=2,
        amount=money(monthly),
        monthly=money(monthly),
    )
