"""Every text that a person sees comes from the catalogue, or is data.

The pages are opened in a language made up from the list of all sentences: what stays
plain English was not marked for translation.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from launcher.demo.provider import catalog_rows
from shared.money import is_current
from tests.fixtures.web.catalogues import pseudo_catalogue, translated
from tests.fixtures.web.customer_site import CustomerSite
from tests.fixtures.web.pages import ABOUT
from tests.fixtures.web.visible_text import texts_outside_messages
from web.language.places import (
    country_choices,
    language_choices,
    time_zone_choices,
)

DATA = (
    *("Ada & Co", "A Person", "ada@example.com", "web-01", "Client Area", "English"),
    *("PDF", "XML", "UBL"),
    # How CLDR joins a list.
    "and",
)
CODE = re.compile(r"\b[A-Z]{3}\b")
REFERENCE = re.compile(r"\b[A-Z]{2,3}-[0-9A-Z-]+")
WORD = re.compile(r"[A-Za-z]{2,}")


def test_every_text_is_marked(customer_site: CustomerSite, tmp_path: Path) -> None:
    with customer_site.browser.application.test_request_context():
        data = _data()
    with translated(tmp_path, {"en": pseudo_catalogue()}):
        found = {
            f"{page}: {text.strip()}"
            for page, html in _pages(customer_site)
            for text in texts_outside_messages(html)
            if WORD.search(_without_data(text, data))
        }

    assert not found, "not marked for translation"


def _pages(customer_site: CustomerSite) -> Iterator[tuple[str, str]]:
    for page in (*ABOUT, "/logout", "/no-such-page"):
        yield page, customer_site.open(page).text
    stranger = customer_site.browser.application.test_client()
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
    choices = (*country_choices(), *time_zone_choices(), *language_choices())
    chosen = [name for _, name in choices]
    return sorted({*named, *chosen, *DATA}, key=len, reverse=True)
