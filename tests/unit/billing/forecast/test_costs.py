"""The cost breakdown: exact normalisation, rounded once."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from services.billing.forecast.costs import PERIODS, Recurring, break_down, normalise
from shared.contracts.inventory.services import Period
from shared.money import Money, currency_of

prices = st.decimals(0, 10**9, places=12)
ledger_prices = st.decimals(0, 10**9, places=6)
costs = st.builds(
    Recurring,
    family_code=st.sampled_from(["vps", "lxc"]),
    family_name=st.sampled_from(["VPS", "Virtual servers"]),
    period=st.sampled_from(PERIODS),
    service_count=st.integers(1, 1000),
    amount=prices,
)


def cost(amount: str | Decimal, period: Period, count: int = 1) -> Recurring:
    return Recurring("vps", "VPS", period, count, Decimal(amount))


def euros(amount: str | Decimal) -> Money:
    return Money(Decimal(amount), currency_of("EUR"))


def test_a_year_is_365_days_and_a_month_730_hours() -> None:
    shown = break_down("EUR", [cost("1", Period.HOUR)])

    assert shown.hourly == euros("1")
    assert shown.daily == euros("24")
    assert shown.weekly == euros("168")
    assert shown.monthly == euros("730")
    assert shown.yearly == euros("8760")


@given(st.lists(ledger_prices, max_size=5))
def test_twelve_months_are_a_year_exactly(amounts: list[Decimal]) -> None:
    shown = break_down("EUR", [cost(amount, Period.MONTH) for amount in amounts])

    assert shown.monthly * 12 == shown.yearly
    assert shown.monthly == euros(sum(amounts, Decimal(0)))


@given(ledger_prices, st.sampled_from(PERIODS))
def test_a_price_is_shown_as_it_is_for_its_own_period(
    amount: Decimal, period: Period
) -> None:
    shown = break_down("EUR", [cost(amount, period)])

    by_period = dict(
        zip(
            PERIODS,
            (shown.hourly, shown.daily, shown.weekly, shown.monthly, shown.yearly),
            strict=True,
        )
    )
    assert by_period[period] == euros(amount)


@given(st.fractions(), st.sampled_from(PERIODS), st.sampled_from(PERIODS))
def test_normalising_there_and_back_changes_nothing(
    amount: Fraction, period: Period, wanted: Period
) -> None:
    assert normalise(normalise(amount, period, wanted), wanted, period) == amount


@given(st.lists(costs, max_size=8))
def test_each_figure_is_the_exact_sum_rounded_once(all_costs: list[Recurring]) -> None:
    hours = {"hour": 1, "day": 24, "week": 168, "month": 730, "year": 8760}
    exact_hourly = sum(
        (Fraction(each.amount) / hours[each.period.value] for each in all_costs),
        Fraction(),
    )

    shown = break_down("EUR", all_costs)

    half = Fraction(1, 2_000_000)
    assert abs(Fraction(shown.hourly.amount) - exact_hourly) <= half
    assert abs(Fraction(shown.yearly.amount) - exact_hourly * 8760) <= half
    assert shown.service_count == sum(each.service_count for each in all_costs)


@given(st.lists(costs, max_size=8))
def test_lines_are_one_per_family_and_period_and_hold_all_services(
    all_costs: list[Recurring],
) -> None:
    lines = break_down("EUR", all_costs).lines

    keys = [(line.family_code, line.period) for line in lines]
    assert len(keys) == len(set(keys))
    assert set(keys) == {(each.family_code, each.period) for each in all_costs}
    assert sum(line.service_count for line in lines) == sum(
        each.service_count for each in all_costs
    )


def test_a_family_that_is_being_renamed_goes_by_the_name_most_services_bear() -> None:
    old, new = ("VPS", 2), ("Virtual servers", 3)
    rows = [
        Recurring("vps", name, Period.DAY, count, Decimal(count))
        for name, count in (old, new)
    ]

    (line,) = break_down("EUR", rows).lines

    assert (line.family_name, line.service_count) == ("Virtual servers", 5)
    assert line.amount == euros("5")


@given(st.lists(costs, max_size=8))
def test_families_hold_what_their_lines_do_the_most_expensive_first(
    all_costs: list[Recurring],
) -> None:
    shown = break_down("EUR", all_costs)

    by_family: dict[str, Fraction] = {}
    for each in all_costs:
        hourly = each.per(Period.HOUR) + by_family.get(each.family_code, 0)
        by_family[each.family_code] = hourly
    half = Fraction(1, 2_000_000)
    assert {it.family_code for it in shown.families} == set(by_family)
    for it in shown.families:
        exact = by_family[it.family_code]
        assert abs(Fraction(it.hourly.amount) - exact) <= half
        assert abs(Fraction(it.yearly.amount) - exact * 8760) <= half
    assert sum(it.service_count for it in shown.families) == shown.service_count
    yearly = [it.yearly for it in shown.families]
    assert yearly == sorted(yearly, reverse=True)
