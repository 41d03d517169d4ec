"""Many calls for one command: page after page, batch after batch.

So that no single call takes too long or carries too much.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

import click

PageT = TypeVar("PageT")
PlaceT = TypeVar("PlaceT")
RowT = TypeVar("RowT")


def pages(
    ask: Callable[[PlaceT | None], PageT], end_of: Callable[[PageT], PlaceT | None]
) -> Iterator[PageT]:
    """Ask for each page from where the one before it ended, until there are no more.

    ``end_of`` a page is a cursor or the last id, None on the last page.
    """
    place = None
    while True:
        page = ask(place)
        yield page
        place = end_of(page)
        if place is None:
            return


def batches(rows: Iterable[RowT], size: int) -> Iterator[list[RowT]]:
    """The rows in their order, ``size`` at a time; the last batch may have fewer."""
    rest = iter(rows)
    while batch := list(islice(rest, size)):
        yield batch


def tell_progress(what: str, counts: Iterable[int]) -> None:
    """Print how many there were so far, after each call."""
    total = 0
    for count in counts:
        total += count
        click.echo(f"{what}: {total}")
