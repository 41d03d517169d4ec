"""Words that go with an account, and what a password has besides them.

An attacker who knows whose account it is tries the provider's name, the person's, their
email and their companies first, with a year or some signs beside them. OWASP ASVS 5.0,
6.1.2 and 6.2.11.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

SHORTEST_WORD = 3
"""Letters; shorter ones are in many good passwords by chance."""

_LETTERS = re.compile(r"[^\W_]+")
_SIGNS = re.compile(r"[\W_]+")
_TAKEN_OUT = "\0"
_IGNORED = frozenset({"Mn", "Me", "Cf"})
"""Unicode categories: accents, and signs that can't be seen."""


@dataclass(frozen=True)
class Remainder:
    """How many characters are left of a password, and the words taken out of it."""

    length: int
    words: tuple[str, ...]


def words_of(*texts: str) -> frozenset[str]:
    """Return the words of names, each alone and, per name, all in a row."""
    found: set[str] = set()
    for text in texts:
        words = _LETTERS.findall(_fold(text))
        found.update([*words, "".join(words)])
    return frozenset(word for word in found if len(word) >= SHORTEST_WORD)


def words_of_email(email: str) -> frozenset[str]:
    """Return the words of an address, without its top-level domain."""
    mailbox, _, domain = email.rpartition("@")
    return words_of(mailbox, domain.rpartition(".")[0])


def take_out(words: Iterable[str], password: str) -> Remainder:
    """Take words out of a password, and the signs that separate them from the rest.

    Case and accents don't count. Where words overlap, all of them are taken out.
    """
    text = _fold(password).replace(_TAKEN_OUT, " ")
    places = {word: _places(word, text) for word in words}
    found = sorted((at[0], word) for word, at in places.items() if at)
    letters = list(text)
    for word, at in places.items():
        for place in at:
            letters[place : place + len(word)] = _TAKEN_OUT * len(word)
    rest = _SIGNS.sub(_keep_unless_beside, "".join(letters))
    return Remainder(len(rest), _longest([word for _, word in found]))


def _keep_unless_beside(signs: re.Match[str]) -> str:
    return "" if _TAKEN_OUT in signs[0] else signs[0]


def _places(word: str, text: str) -> list[int]:
    return [found.start() for found in re.finditer(f"(?={re.escape(word)})", text)]


def _longest(words: list[str]) -> tuple[str, ...]:
    """Leave out the words that are part of others."""
    return tuple(
        word
        for word in words
        if not any(word != other and word in other for other in words)
    )


def _fold(text: str) -> str:
    return "".join(map(_base_letter, unicodedata.normalize("NFC", text)))


def _base_letter(sign: str) -> str:
    """Return one letter per character: é is e, ß is s; none for what isn't seen."""
    parts = unicodedata.normalize("NFKD", sign).casefold()
    seen = (part for part in parts if unicodedata.category(part) not in _IGNORED)
    return next(seen, "")
