"""Which passwords may be set: docs/decisions/passwords.md has the reasons.

Checking takes up to 4 ms: callers run `PasswordRules.check` through the runtime's
offload, outside of transactions wherever they can.
"""

import unicodedata
from dataclasses import dataclass

from zxcvbn_rs_py import Warning as Weakness
from zxcvbn_rs_py import zxcvbn

from services.identity.people import context_words
from services.identity.people.common_passwords import CommonPasswords
from services.identity.people.passwords import MAX_LENGTH, MIN_LENGTH
from shared.errors import InvalidInput

MIN_BESIDE_WORDS = 8
"""Characters that a password has besides context words."""
MIN_SCORE = 3
"""Of zxcvbn's 0 to 4: at least 10^8 guesses."""
MEASURED_LENGTH = 72
"""Characters that zxcvbn sees: it takes quadratic time."""

PRODUCT_WORDS = context_words.words_of("Client Area", "demo")

_WEAKNESSES = (
    (Weakness.StraightRowsOfKeysAreEasyToGuess, "keys"),
    (Weakness.ShortKeyboardPatternsAreEasyToGuess, "keys"),
    (Weakness.RepeatsLikeAaaAreEasyToGuess, "repeats"),
    (Weakness.RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess, "repeats"),
    (Weakness.SequencesLikeAbcAreEasyToGuess, "sequence"),
    (Weakness.RecentYearsAreEasyToGuess, "date"),
    (Weakness.DatesAreOftenEasyToGuess, "date"),
    (Weakness.AWordByItselfIsEasyToGuess, "word"),
    (Weakness.NamesAndSurnamesByThemselvesAreEasyToGuess, "name"),
    (Weakness.CommonNamesAndSurnamesAreEasyToGuess, "name"),
    (Weakness.ThisIsATop10Password, "common"),
    (Weakness.ThisIsATop100Password, "common"),
    (Weakness.ThisIsACommonPassword, "common"),
    (Weakness.ThisIsSimilarToACommonlyUsedPassword, "common"),
)


@dataclass(frozen=True)
class PasswordRules:
    """``provider`` are the provider's context words.

    ``exempt`` is one password that may consist of them: the demo's, in a demo.
    """

    common: CommonPasswords
    provider: frozenset[str] = PRODUCT_WORDS
    exempt: str = ""

    def check(self, password: str, person: frozenset[str]) -> None:
        """Refuse a password that is easy to guess.

        ``person`` are the context words of whose it will be.

        Raises:
            InvalidInput: ``password_too_short`` (with ``min_length``),
                ``password_too_long`` (with ``max_length``), ``password_common``,
                ``password_of_context_words`` (with ``words`` and ``min_length``) or
                ``password_guessable`` (with ``weakness``, which may be empty).
        """
        _check_length(password)
        if password in self.common:
            raise InvalidInput("password_common")
        words = self.provider | person
        if password != self.exempt:
            _check_words(password, words)
        _check_strength(password, words)


def _check_length(password: str) -> None:
    if len(password) < MIN_LENGTH:
        raise InvalidInput("password_too_short", "", {"min_length": MIN_LENGTH})
    if len(password) > MAX_LENGTH:
        raise InvalidInput("password_too_long", "", {"max_length": MAX_LENGTH})


def _check_words(password: str, words: frozenset[str]) -> None:
    remainder = context_words.take_out(words, password)
    if remainder.words and remainder.length < MIN_BESIDE_WORDS:
        parameters = {
            "words": ", ".join(remainder.words),
            "min_length": MIN_BESIDE_WORDS,
        }
        raise InvalidInput("password_of_context_words", "", parameters)


def _check_strength(password: str, words: frozenset[str]) -> None:
    text = unicodedata.normalize("NFC", password)[:MEASURED_LENGTH]
    measured = zxcvbn(text.encode("utf-8", "replace").decode(), sorted(words))
    if int(measured.score) >= MIN_SCORE:
        return
    found = measured.feedback.warning if measured.feedback else None
    weakness = next((name for each, name in _WEAKNESSES if each == found), "")
    raise InvalidInput("password_guessable", "", {"weakness": weakness})
