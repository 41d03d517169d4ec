"""The services summary: which families a counter is about."""

from web.dashboard.counters import Counters
from web.dev import samples


def test_a_counter_names_the_two_largest_families_and_counts_the_others() -> None:
    families = [
        (code, code.upper(), "box", 9, suspended)
        for code, suspended in (("a", 1), ("b", 3), ("c", 0), ("d", 2), ("e", 1))
    ]

    counters = Counters(samples.counters(families))

    assert counters.suspended.families == [("B", 3), ("D", 2)]
    assert counters.suspended.further == 2
    assert counters.leaving.families == [("B", 3), ("D", 2)]
    assert counters.active_families == 5


def test_a_counter_of_nothing_names_nothing() -> None:
    counters = Counters(samples.counters([]))

    assert counters.suspended.families == []
    assert counters.suspended.further == 0
    assert counters.active_families == 0
