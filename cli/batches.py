"""Split one command into many calls, page by page or batch by batch.

This keeps each call short and small.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

import click

from shared.language.translation import gettext

PageT = TypeVar("PageT")
PlaceT = TypeVar("PlaceT")
RowT = TypeVar("RowT")


def pages(
    ask: Callable[[PlaceT | None], PageT], end_of: Callable[[PageT], PlaceT | None]
) -> Iterator[PageT]:
    """Fetch page after page until the last one.

    ``end_of`` returns a page's cursor or last id, or None on the last page.
    """
    place = None
    while True:
        page = ask(place)
        yield page
        place = end_of(page)
        if place is None:
            return


def batches(rows: Iterable[RowT], size: int) -> Iterator[list[RowT]]:
    """Yield the rows in order, ``size`` at a time; the last batch may be smaller."""
    rest = iter(rows)
    while batch := list(islice(rest, size)):
        yield batch


def print_progress(message: str, counts: Iterable[int]) -> None:
    """Print the total so far after each call; ``message`` has ``%(count)s``."""
    total = 0
    for count in counts:
        total += count
        click.echo(gettext(message, count=total))
