"""Pauses grow with the failures, up to the longest."""

from datetime import timedelta

import pytest

from shared.backoff import Backoff


def test_each_failure_has_its_pause_and_the_last_one_is_for_all_that_follow() -> None:
    backoff = Backoff((1, 5, 60))

    assert [backoff.pause_s(failures) for failures in (1, 2, 3, 4, 100)] == [
        *(1, 5, 60, 60, 60)
    ]
    assert backoff.pause(2) == timedelta(seconds=5)


@pytest.mark.parametrize("failures", [0, -1])
def test_there_is_no_pause_without_a_failure(failures: int) -> None:
    with pytest.raises(ValueError, match="no pause"):
        Backoff((1, 5, 60)).pause_s(failures)


def test_pauses_double_up_to_the_longest() -> None:
    assert Backoff.doubling(120, 3_600).pauses_s == (120, 240, 480, 960, 1_920, 3_600)
