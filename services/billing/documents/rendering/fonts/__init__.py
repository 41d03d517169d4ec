"""The fonts of the page: the files beside this one, and the letters that each has.

The page itself, document.typ, says where each is used.
"""

from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont

FOLDER = Path(__file__).parent


@lru_cache(maxsize=1)
def coverages() -> list[frozenset[str]]:
    """List the characters of each font, the usual one first."""
    files = sorted(FOLDER.glob("*-Regular.ttf"), key=lambda file: len(file.name))
    return [_characters(file) for file in files]


def _characters(file: Path) -> frozenset[str]:
    with TTFont(file, lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap()))
