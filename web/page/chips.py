"""Chips: links in a row that narrow a list, as `filter_bar` of filters.html shows."""

from dataclasses import dataclass

from flask_babel.speaklater import LazyString


@dataclass(frozen=True)
class Chip:
    """One of them; ``count`` is how many it leaves, None where that isn't known."""

    label: str | LazyString
    href: str
    current: bool
    count: int | None = None
