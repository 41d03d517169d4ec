"""One Latin spelling of a name, however it is written. Pure.

The rule, for what the register and the customer write alike:

1. Greek becomes Latin by ELOT 743 (ISO 843), Bulgarian by its law on transliteration of
   2009; letters that Unicode does not take apart (ß, ø, æ, ł, đ) by what people write.
2. Accents don't count, nor does an umlaut that is written out: Müller, Mueller, Muller.
3. Nor do spellings of one sound among which transliterations differ: y, j and i; ou and
   u; ch, kh and h; ph and f; ks and x; mp and b; tz and ts.
"""

import re
import unicodedata

_LETTERS = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d",
    "þ": "th", "ı": "i", "ħ": "h", "ŧ": "t",
}  # fmt: skip
_GREEK = {
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th",
    "ι": "i", "κ": "k", "λ": "l", "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p",
    "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f", "χ": "ch", "ψ": "ps",
    "ω": "o",
}  # fmt: skip
_BULGARIAN = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z",
    "и": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h", "ц": "ts", "ч": "ch", "ш": "sh",
    "щ": "sht", "ъ": "a", "ь": "y", "ю": "yu", "я": "ya",
}  # fmt: skip
_TABLE = str.maketrans(_LETTERS | _GREEK | _BULGARIAN)

_PAIRS = (
    (r"ου", "ou"),
    (r"γ(?=[γξχ])", "n"),
    (r"([αεη])υ(?=[θκξπσςτφχψ]|\b)", r"\1f"),
    (r"([αεη])υ", r"\1v"),
    (r"ия\b", "ia"),
)
"""Greek and Bulgarian letters that are read together."""

_SAME = (
    ("ae", "a"), ("oe", "o"), ("ue", "u"), ("aa", "a"), ("ou", "u"), ("ph", "f"),
    ("ch", "h"), ("kh", "h"), ("ks", "x"), ("mp", "b"), ("tz", "ts"), ("y", "i"),
    ("j", "i"),
)  # fmt: skip


def in_latin(text: str) -> str:
    """In small Latin letters, without accents; signs and blanks stay."""
    # Taken apart before, and again after: ΐ is an iota with two accents.
    letters = _without_accents(text.casefold())
    for pattern, latin in _PAIRS:
        letters = re.sub(pattern, latin, letters)
    return _without_accents(letters.translate(_TABLE))


def one_spelling(word: str) -> str:
    """Return the representative of all Latin words that sound like this one."""
    for written, kept in _SAME:
        word = word.replace(written, kept)
    return word


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c))
