"""A command reads page after page, and sends batch after batch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.batches import batches, pages, print_progress


def test_each_page_is_asked_for_from_where_the_one_before_it_ended() -> None:
    following = {None: "first", "first": "second", "second": None}
    asked: list[str | None] = []

    def ask(place: str | None) -> str | None:
        asked.append(place)
        return following[place]

    assert list(pages(ask, lambda page: page)) == ["first", "second", None]
    assert asked == [None, "first", "second"]


def test_a_page_is_there_before_the_next_one_is_asked_for() -> None:
    asked: list[int] = []

    def ask(place: int | None) -> int:
        asked.append(place or 0)
        return (place or 0) + 1

    walk = pages(ask, lambda page: page)

    assert next(walk) == 1
    assert asked == [0]


@given(rows=st.lists(st.integers()), size=st.integers(1, 10))
def test_batches_are_full_but_for_the_last_and_hold_every_row_once(
    rows: list[int], size: int
) -> None:
    made = list(batches(rows, size))

    assert [row for batch in made for row in batch] == rows
    assert all(len(batch) == size for batch in made[:-1])
    assert all(0 < len(batch) <= size for batch in made)


def test_progress_is_reported_after_each_call(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_progress("companies done: %(count)s", [2, 0, 3])

    assert capsys.readouterr().out.splitlines() == [
        "companies done: 2",
        "companies done: 2",
        "companies done: 5",
    ]
