"""Sentences in a person's language, and the list of all that can be translated."""

from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

from shared.language.translation import gettext, mark, ngettext, use_locale
from tests.fixtures.web.catalogues import TEMPLATE, catalogue_with, translated

SOURCES = (
    *("web", "cli", "shared"),
    *("services/billing/documents", "services/identity/notices"),
)
AT_WORK = mark("Log in")


def _german() -> Catalog:
    return catalogue_with(
        "de",
        ("Log in", "Anmelden"),
        ("Hello %(name)s", "Hallo %(name)s"),
        (("%(num)s day", "%(num)s days"), ("%(num)s Tag", "%(num)s Tage")),
    )


def test_a_sentence_is_in_the_best_language_there_is(tmp_path: Path) -> None:
    with translated(tmp_path, {"de": _german()}):
        assert gettext(AT_WORK) == "Log in"
        with use_locale(Locale("de", "AT")):
            assert gettext(AT_WORK) == "Anmelden"
            assert gettext("Hello %(name)s", name="Ada") == "Hallo Ada"
            assert ngettext("%(num)s day", "%(num)s days", 2) == "2 Tage"
            assert gettext("Without a translation") == "Without a translation"
            with use_locale(Locale("uk")):
                assert gettext(AT_WORK) == "Log in"
                assert ngettext("%(num)s day", "%(num)s days", 1) == "1 day"
            assert gettext(AT_WORK) == "Anmelden"
        assert gettext(AT_WORK) == "Log in"


def test_the_list_has_what_the_sources_have(tmp_path: Path) -> None:
    """`make messages` writes it again."""
    found = tmp_path / "found.pot"
    keywords = ("-k", "mark", "-k", "lazy_gettext")
    command = ("pybabel", "-q", "extract", "-F", "pyproject.toml", *keywords)
    CommandLineInterface().run([*command, "-o", str(found), *SOURCES])

    assert _messages(TEMPLATE) == _messages(found)


def _messages(file: Path) -> set[object]:
    with file.open("rb") as source:
        return {message.id for message in read_po(source)}
