"""The font that the pages are set in: Inter, cut down to what English and German need.

Run as a program of its own, as what it imports is not needed to run anything.
"""

import hashlib
from pathlib import Path
from string import printable

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

SOURCE = Path(
    "node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"
)
MADE = Path("node_modules/.cache/inter.woff2")
WEIGHTS = (400, 680)
CHARACTERS = (
    " "
    + printable.strip()
    + "".join(map(chr, range(0xA0, 0x100)))
    + "Œœ\N{THIN SPACE}\u2013\u2014\u2018\u2019\u201a“”„•…€™\N{MINUS SIGN}"
)
"""ASCII, Latin-1 (so that European names look the same throughout), and signs."""
FEATURES = ("kern", "mark", "mkmk", "ccmp", "locl", "calt", "tnum")


def main() -> None:
    """Make the font, unless it is there and was made from the same in the same way."""
    made = Path.cwd() / MADE
    stamp = made.with_suffix(".stamp")
    wanted = _digest(Path.cwd() / SOURCE, Path(__file__))
    if made.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    made.parent.mkdir(exist_ok=True)
    make_font(Path.cwd() / SOURCE, made)
    stamp.write_text(wanted)


def make_font(source: Path, target: Path) -> None:
    """Write the glyphs and weights that are used as WOFF2."""
    font = TTFont(source)
    options = subset.Options(
        flavor="woff2", layout_features=list(FEATURES), hinting=False
    )
    cutter = subset.Subsetter(options)
    cutter.populate(text=CHARACTERS)
    cutter.subset(font)
    instantiateVariableFont(font, {"wght": WEIGHTS}, inplace=True)
    font.flavor = "woff2"
    font.save(target)


def _digest(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


if __name__ == "__main__":
    main()
