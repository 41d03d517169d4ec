"""Sentences in a person's language, from one catalogue for pages and commands.

A sentence is written in English where it is used; that is its key in the catalogue,
``translations/``. The web front end reads the catalogue through Flask-Babel, in the
language of its reader (`web/language/sentences.py`). Commands use `gettext` of this
module in a `use_locale` block. Documents have their own texts, in the languages in
which they are issued: billing's `documents/rendering/words.py`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

DOMAIN = "client-area"
FOLDER = Path(__file__).with_name("translations")
SOURCE = Locale("en")
"""The language of the sources, and of everything that has no translation."""

_language: ContextVar[Locale] = ContextVar("language", default=SOURCE)


def mark(message: str) -> str:
    """Return a constant as it is: `gettext` translates it where it is shown."""
    return message


def gettext(message: str, **parameters: object) -> str:
    """Translate a sentence and fill in its parameters, written ``%(name)s``."""
    text = catalogue(_language.get()).gettext(message)
    return text % parameters if parameters else text


def ngettext(singular: str, plural: str, num: int, **parameters: object) -> str:
    """Translate a sentence with a number in it, ``%(num)s``."""
    text = catalogue(_language.get()).ngettext(singular, plural, num)
    return text % {"num": num, **parameters}


@contextmanager
def use_locale(locale: Locale) -> Iterator[None]:
    """Translate for a person of this locale within the block."""
    before = _language.set(language_for(locale))
    try:
        yield
    finally:
        _language.reset(before)


def current_language() -> Locale:
    """Return the language that `gettext` translates into."""
    return _language.get()


def language_for(locale: Locale) -> Locale:
    """Return the language of the best catalogue for a locale, or else `SOURCE`."""
    return Locale.negotiate([str(locale)], languages()) or SOURCE


@cache
def languages() -> frozenset[str]:
    """Return the languages that have a catalogue."""
    files = FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po")
    return frozenset(file.parents[1].name for file in files)


@cache
def catalogue(language: Locale) -> NullTranslations:
    """Read a language's catalogue; without one, sentences stay as they are."""
    if str(language) not in languages():
        return NullTranslations()
    compiled = BytesIO()
    with _file(str(language)).open("rb") as source:
        write_mo(compiled, read_po(source, locale=language, domain=DOMAIN))
    compiled.seek(0)
    return Translations(compiled, DOMAIN)


def _file(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"
