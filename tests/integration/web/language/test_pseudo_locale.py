"""Every text that a person sees comes from the catalogue, or is data.

The pages are opened in a language made up from the list of all sentences: what stays
plain English was not marked for translation.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path

from jinja2 import Environment

from launcher.demo.provider import catalog_rows
from shared.money import is_current
from tests.fixtures.web.catalogues import pseudo_catalogue, translated
from tests.fixtures.web.pages import ABOUT
from tests.fixtures.web.place import Place
from tests.fixtures.web.visible_text import texts_outside_messages
from web.language.places import country_choices, time_zone_choices

NOT_MOVED = {
    "documents",
    "profile",
}
"""Folders of templates with unmarked texts. Strike out what is done; add nothing."""

SHARED = {"base", "blocks", "components", "frame"}
AREAS = {"legal_details": "profile"}
"""Of blueprints that have no folder of their own."""

TEMPLATES = Path(__file__).parents[4] / "web" / "templates"
DATA = ("Ada & Co", "A Person", "ada@example.com", "web-01", "Client Area", "English")
CODE = re.compile(r"\b[A-Z]{3}\b")
REFERENCE = re.compile(r"\b[A-Z]{2,3}-[0-9A-Z-]+")
MESSAGE = re.compile(
    r"""\{%-? *trans\b.*?endtrans *-?%\}"""
    r"""|(?<=\b_\()"[^"]*"|(?<=\bngettext\()"[^"]*",\s*"[^"]*\"""",
    re.DOTALL,
)
WORD = re.compile(r"[A-Za-z]{2,}")
PIECE = re.compile(r"[A-Za-z][A-Za-z ,.'\u2019-]*[A-Za-z]")


def test_every_text_is_marked(place: Place, tmp_path: Path) -> None:
    found = defaultdict[str, set[str]](set)
    with place.browser.application.test_request_context():
        data = _data()
    with translated(tmp_path, {"en": pseudo_catalogue()}):
        for page, at, html in _pages(place):
            for text in texts_outside_messages(html):
                words = _without_data(text, data)
                if WORD.search(words):
                    found[_area(words, at)].add(f"{page}: {text.strip()}")

    new = {area: texts for area, texts in found.items() if area not in NOT_MOVED}
    assert not new, "not marked for translation"
    assert set(found) == NOT_MOVED, "strike out of NOT_MOVED what is done"


def _pages(place: Place) -> Iterator[tuple[str, str, str]]:
    """Each page with its area, which its address or its blueprint names."""
    app = place.browser.application
    routes = {str(rule): rule.endpoint for rule in app.url_map.iter_rules()}
    for page in (*ABOUT, "/logout", "/no-such-page"):
        area = routes.get(page, "error").partition(".")[0]
        yield page, AREAS.get(area, area), place.open(page).text
    stranger = app.test_client().get("/login", base_url="http://localhost")
    yield "/login", "auth", stranger.text


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


def _area(text: str, at: str) -> str:
    """The folder of templates that has it, unmarked; or else where it is made.

    Where several have it, it is that of the page, or else one that all pages share.
    """
    pairs = (" ".join(pair) for pair in pairwise(text.split()))
    areas = sorted(_sources(), key=lambda area: (area != at, area not in SHARED, area))
    for piece in (*PIECE.findall(text), *pairs):
        whole = re.compile(rf"(?<![A-Za-z_]){re.escape(piece)}(?![A-Za-z_])")
        for area in areas:
            if whole.search(_sources()[area]):
                return area
    return "python"


@cache
def _sources() -> Mapping[str, str]:
    """The unmarked texts of templates, and the strings in their code, by folder."""
    sources = defaultdict[str, str](str)
    lexer = Environment(autoescape=True)
    for file in sorted(TEMPLATES.rglob("*.html")):
        unmarked = MESSAGE.sub('""', file.read_text())
        kept = (v for _, kind, v in lexer.lex(unmarked) if kind in {"data", "string"})
        area = file.relative_to(TEMPLATES).parts[0].removesuffix(".html")
        sources[area] += " ".join("|".join(kept).split()) + "\n"
    del sources["dev"]
    return sources
