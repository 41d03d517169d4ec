"""Amounts as people type them into a search. Pure: no session, no clock.

Which mark parts whole units from cents is not known here, nor which reader's language
it is: `1.234` may be either, and both are looked for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from shared.money import currency_of

_WRITTEN = re.compile(
    r"(?P<sign>[-+]?) ?(?:[€$£] ?)?(?P<figures>[0-9](?:[0-9.,' ]*[0-9])?)"
    r" ?(?:[€$£]|(?P<currency>[A-Z]{3}))?"
)
_PLAIN = re.compile(r"[0-9]+(?:[.,][0-9]{1,6})?")
_GROUPED = re.compile(r"[0-9]{1,3}(?:([.,' ])[0-9]{3})(?:\1[0-9]{3})*([.,][0-9]{1,6})?")
_SIGNS = str.maketrans({"\N{MINUS SIGN}": "-", "\N{RIGHT SINGLE QUOTATION MARK}": "'"})


@dataclass(frozen=True)
class TypedAmount:
    """What it may mean: positive ``values``, of either sign if none was typed.

    ``currency`` is a code of three letters, or empty.
    """

    values: tuple[Decimal, ...]
    sign: str
    currency: str

    def signed(self) -> Iterator[Decimal]:
        for value in self.values:
            if self.sign != "-":
                yield value
            if self.sign != "+":
                yield -value


def read_typed(text: str) -> TypedAmount | None:
    """Read a text as an amount, or None if it is something else."""
    match = _WRITTEN.fullmatch(" ".join(text.translate(_SIGNS).split()))
    if match is None:
        return None
    values = tuple(dict.fromkeys(_values(match["figures"])))
    currency = match["currency"] or ""
    if not values or (currency and not _is_known(currency)):
        return None
    return TypedAmount(values, match["sign"], currency)


def _is_known(currency: str) -> bool:
    try:
        currency_of(currency)
    except ValueError:
        return False
    return True


def _values(figures: str) -> Iterator[Decimal]:
    if _PLAIN.fullmatch(figures):
        yield Decimal(figures.replace(",", "."))
    grouped = _GROUPED.fullmatch(figures)
    if grouped is None or grouped[1] == (grouped[2] or "")[:1]:
        return
    whole, fraction = figures, grouped[2] or ""
    if fraction:
        whole = figures[: -len(fraction)]
    yield Decimal(re.sub(r"[^0-9]", "", whole) + fraction.replace(",", "."))
