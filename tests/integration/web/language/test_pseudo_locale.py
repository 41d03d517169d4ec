"""Every text that a person sees comes from the catalogue, or is data.

The pages are opened in a language made up from the list of all sentences: what stays
plain English was not marked for translation.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path

from babel.messages.extract import extract

from launcher.demo.provider import catalog_rows
from shared.money import is_current
from tests.fixtures.web.catalogues import pseudo_catalogue, translated
from tests.fixtures.web.pages import ABOUT
from tests.fixtures.web.place import Place
from tests.fixtures.web.visible_text import texts_outside_messages
from web.language.places import country_choices, time_zone_choices

NOT_MOVED = {
    "account",
    "auth",
    "base",
    "blocks",
    "components",
    "dashboard",
    "documents",
    "frame",
    "funds",
    "members",
    "profile",
    "services",
    "transactions",
    "wallets",
}
"""Folders of templates with unmarked texts. Strike out what is done; add nothing."""

TEMPLATES = Path(__file__).parents[4] / "web" / "templates"
DATA = ("Ada & Co", "A Person", "ada@example.com", "web-01", "Client Area", "English")
CODE = re.compile(r"\b[A-Z]{3}\b")
REFERENCE = re.compile(r"\b[A-Z]{2,3}-[0-9A-Z-]+")
WORD = re.compile(r"[A-Za-z]{2,}")
PIECE = re.compile(r"[A-Za-z][A-Za-z ,.'\u2019-]*[A-Za-z]")


def test_every_text_is_marked(place: Place, tmp_path: Path) -> None:
    found = defaultdict[str, set[str]](set)
    with place.browser.application.test_request_context():
        data = _data()
    with translated(tmp_path, {"en": pseudo_catalogue()}):
        for page, html in _pages(place):
            for text in texts_outside_messages(html):
                words = _without_data(text, data)
                if WORD.search(words):
                    found[_area(words)].add(f"{page}: {text.strip()}")

    new = {area: texts for area, texts in found.items() if area not in NOT_MOVED}
    assert not new, "not marked for translation"
    assert set(found) == NOT_MOVED, "strike out of NOT_MOVED what is done"


def _pages(place: Place) -> Iterator[tuple[str, str]]:
    for page in (*ABOUT, "/logout", "/no-such-page"):
        yield page, place.open(page).text
    stranger = place.browser.application.test_client()
    yield "/login", stranger.get("/login", base_url="http://localhost").text


def _without_data(text: str, data: list[str]) -> str:
    for each in data:
        text = text.replace(each, "")
    text = REFERENCE.sub("", text)
    return CODE.sub(lambda code: "" if is_current(code[0]) else code[0], text)


def _data() -> list[str]:
    """What people, catalogues and CLDR wrote, the longest first."""
    rows = catalog_rows()
    named = [row.plan_name for row in rows] + [row.family_name for row in rows]
    places = [name for _, name in (*country_choices(), *time_zone_choices())]
    return sorted({*named, *places, *DATA}, key=len, reverse=True)


def _area(text: str) -> str:
    """The folder of templates that has it, unmarked; or else where it is made."""
    pairs = (" ".join(pair) for pair in pairwise(text.split()))
    for piece in (*PIECE.findall(text), *pairs):
        for area, source in _sources().items():
            if piece in source:
                return area
    return "python"


@cache
def _sources() -> Mapping[str, str]:
    """The templates' texts without their messages, by folder, in one line each."""
    sources = defaultdict[str, str](str)
    for file in sorted(TEMPLATES.rglob("*.html")):
        text = file.read_text()
        for _, message, _, _ in extract("jinja2", BytesIO(text.encode())):
            for form in message if isinstance(message, tuple) else (message,):
                text = text.replace(form or "", "")
        area = file.relative_to(TEMPLATES).parts[0].removesuffix(".html")
        sources[area] += " ".join(text.split()) + "\n"
    del sources["dev"]
    return sources
