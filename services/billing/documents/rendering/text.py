"""What people have typed, made fit for a file: XML, or a page set in our fonts.

The page is PDF/A, which allows no character without a glyph. What our fonts don't cover
is replaced by `SUBSTITUTE`, so that a document is always made; the XML has it as it is.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from services.billing.documents.rendering import fonts

SUBSTITUTE = "\N{REPLACEMENT CHARACTER}"
"""Stands for one letter, with its accents, that no font has."""

_MAY_BREAK = "\N{ZERO WIDTH SPACE}"
_LONGEST_RUN = 22
"""Letters in a row; after as many a line may break in the middle of a word."""

_MOST_MARKS = 7
"""On one letter; more would pile up over the lines above."""

_SPACES = re.compile("[\t-\r \x1c-\x1f\x85\u2028\u2029]+")
# Control characters, halves of pairs, what Unicode says is no character (in each plane,
# the last two), and what is invisible without being a format character (Cf).
_SILENT = re.compile(
    "[\0-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(
        chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF)
    )
    + "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0"
    + "\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"


def clean(text: str) -> str:
    """Leave out what says nothing, or hides what is said; one line, composed (NFC).

    That is control characters, halves of surrogate pairs, non-characters, and all
    that is invisible: bidirectional overrides could show a number backwards.
    """
    said = "".join(filter(_says_something, _SPACES.sub(" ", text)))
    return unicodedata.normalize("NFC", said).strip()


def fit_for_page(text: str) -> str:
    """Clean, with substitutes, and with places where endless words may break."""
    return "".join(_with_breaks(_fit_letter(letter) for letter in _letters(text)))


def _says_something(character: str) -> bool:
    if _SILENT.fullmatch(character):
        return False
    return unicodedata.category(character) != "Cf" or character in _JOINERS


def _letters(text: str) -> Iterator[str]:
    """Each character with the marks and joiners that follow it."""
    letter = ""
    for character in clean(text):
        if letter and _is_part_of_letter(character):
            letter += character
            continue
        if letter:
            yield letter
        letter = character
    if letter:
        yield letter


def _is_part_of_letter(character: str) -> bool:
    return _is_mark(character) or character in _JOINERS


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


@lru_cache(maxsize=2_000)
def _fit_letter(letter: str) -> str:
    """A letter must come out of one font, as accents are placed by it."""
    if _is_mark(letter[0]) or unicodedata.category(letter[0]) == "Cn":
        return SUBSTITUTE  # an accent over nothing, or unknown
    if len(letter) > 1 + _MOST_MARKS:
        return SUBSTITUTE
    covered = any(coverage.issuperset(letter) for coverage in fonts.coverages())
    return letter if covered else SUBSTITUTE


def _with_breaks(letters: Iterator[str]) -> Iterator[str]:
    run = 0
    for letter in letters:
        run = 0 if letter.isspace() else run + 1
        if run > _LONGEST_RUN:
            yield _MAY_BREAK
            run = 1
        yield letter
