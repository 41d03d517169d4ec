"""Count phrases that a native speaker wouldn't write; see docs/interface.md."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.servers.supervision import ROOT

ODD_PHRASES = re.compile(
    r"""\b(?:
        (?<!there\s)(?:is|are|was|were)\sno\s(?!longer|more\b)
        | anew
        | whoever | whomever | whom(?!\b[^.]*\?)
        | stands?\s(?:on|in|beside|behind|here|there) | stood\s
        | comes?\sof | became\sof | becomes?\sof | what\scame
        | (?<!same\s)as\sit\sis\sthere
        | go(?:es)?\son | went\son | going\son(?!\sin) | gone\son
        | for\sgood
        | of\sthe\slist
        | smallest\stop-up | largest\ssingle\stop-up
        | by\s(?:itself|themselves|himself|yourself)
        | (?:is|are|was|were|be|been)\stold | tells\sof | told\sof | told\sso | said\sso
        | hears?\sof | heard\sof | heard\slate | has\sheard
        | all\sthe\ssame | of\sbefore
        | gives?\sback | given\sback | taken\sback | takes\sback
        | too\smany\stries | belong\sto\sno
        | worked\sout | work\sout | working-out | are\sasked\sfor
        | known\sof | knows\sof | know\sof | bears?\s(?:a|the|its|that|no)
        | (?:is|are)\sto\sbe
        | broken\soff | broke\soff | brought\sto\swhat | set\sright
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""From the rules of plain English: odd idioms, and verbs that programs don't do."""

ALLOWED = 10
_TEXTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile")
_OLD_WORDS = "docs/interface.md"
"""Its list has the words not to use."""


def _strings(path: Path) -> Iterator[str]:
    """The strings of a module: texts on the screen as well as docstrings."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _found(path: Path, text: str) -> list[str]:
    plain = " ".join(text.split())
    return [
        f"{path.relative_to(ROOT)}: {plain[max(0, m.start() - 30) : m.end() + 30]}"
        for m in ODD_PHRASES.finditer(plain)
    ]


def _in_modules(folder: str) -> Iterator[str]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        for text in _strings(path):
            yield from _found(path, text)


def _in_guides() -> Iterator[str]:
    paths = [ROOT / name for name in _TEXTS]
    for folder, pattern in (("docs", "*.md"), ("services", "*.md"), ("bench", "*.md")):
        paths += sorted((ROOT / folder).rglob(pattern))
    for path in paths:
        text = path.read_text()
        if path == ROOT / _OLD_WORDS:
            text = "\n".join(row for row in text.splitlines() if row[:1] != "|")
        yield from _found(path, text)


def _in_pages() -> Iterator[str]:
    for path in sorted((ROOT / "web" / "templates").rglob("*.html")):
        yield from _found(path, path.read_text())
    yield from _in_modules("web")


@pytest.mark.parametrize(
    "phrase",
    [
        "This is no VAT ID",
        "read anew",
        "Stands on documents.",
        "This page follows by itself",
        "A choice of the list",
        "The smallest top-up is 10 EUR",
    ],
)
def test_odd_phrases_are_found(phrase: str) -> None:
    assert ODD_PHRASES.search(phrase)


@pytest.mark.parametrize(
    "phrase",
    [
        "There is no such wallet",
        "Nothing is lost; there is nothing to do",
        "This card is no longer valid",
        "Choose one from the list",
    ],
)
def test_plain_phrases_are_not_found(phrase: str) -> None:
    assert not ODD_PHRASES.search(phrase)


def test_at_most_a_few_are_left() -> None:
    found = [*_in_pages(), *_in_modules("cli"), *_in_guides()]

    assert len(found) <= ALLOWED, "\n".join(found)
