"""The pieces of the interface: what they promise to whoever uses them."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from web.site.assets import icon_names

WEB = Path(__file__).parents[4] / "web"
TEMPLATES, STYLES = WEB / "templates", WEB / "assets" / "css"
STATE_WORDS = ["Pending", "Active", "Suspended", "Terminated", "Cancelled"]


@pytest.fixture
def client(pieces_app: Flask) -> FlaskClient:
    return pieces_app.test_client()


@pytest.fixture
def page(client: FlaskClient) -> str:
    response = client.get("/dev/components", base_url="http://localhost")
    assert response.status_code == 200
    return response.text


def test_hostile_names_are_shown_as_text(page: str) -> None:
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert "<b>bold" not in page


@pytest.mark.parametrize("word", [*STATE_WORDS, "Termination Request"])
def test_a_state_is_shown_by_shape_and_word(page: str, word: str) -> None:
    badges = re.findall(
        r'<span class="state state-.*?</svg><span>[^<]*', page, re.DOTALL
    )

    assert any(badge.rstrip().endswith(word) for badge in badges)


def test_each_state_has_a_shape_of_its_own(page: str) -> None:
    shapes = set()
    for state in STATE_WORDS:
        badge = page.partition(f'class="state state-{state.lower()}"')[2]
        shapes.add(re.search(r'href="[^"]*#([^"]+)"', badge).group(1))  # type: ignore[union-attr]

    assert len(shapes) == len(STATE_WORDS)


def test_an_error_is_tied_to_its_field_and_the_entry_is_kept(page: str) -> None:
    field = input_of(page, "email")

    assert 'aria-invalid="true"' in field
    assert 'aria-describedby="field-email-error field-email-hint"' in field
    assert "Rocket &amp; Söhne" in field
    assert 'id="field-email-error"' in page


def test_a_password_is_never_sent_back(page: str) -> None:
    assert 'value=""' in input_of(page, "password")
    assert "a secret" not in page


def input_of(page: str, name: str) -> str:
    found = re.search(rf'<input[^>]* id="field-{name}"[^>]*>', page)
    assert found
    return found[0]


def test_negative_money_has_a_minus_beside_its_colour(page: str) -> None:
    negative = page.partition('class="money money-negative"')[2][:200]

    assert "\N{MINUS SIGN}" in negative


def test_the_sorted_column_says_so(page: str) -> None:
    assert page.count('aria-sort="ascending"') == 1


@pytest.mark.parametrize(
    ("state", "loads_at_once", "every"),
    [
        ("fresh", False, "10s"),
        ("stale", False, "3s"),
        ("waiting", True, "3s"),
        ("unavailable", False, "3s"),
    ],
)
def test_a_block_asks_again_as_its_state_demands(
    page: str, state: str, *, loads_at_once: bool, every: str
) -> None:
    block = page.partition(f'id="block-services-{state}"')[2]
    trigger = re.search(r'hx-trigger="([^"]*)"', block)

    assert trigger
    assert ("load " in trigger.group(1)) is loads_at_once
    assert f"every {every}" in trigger.group(1)


def test_a_stale_block_says_since_when(page: str) -> None:
    block = page.partition('id="block-services-stale"')[2].partition("</p>")[0]

    assert "As of <time" in block


def test_nothing_in_a_page_needs_inline_script_or_style(page: str) -> None:
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)


def test_each_icon_that_a_template_names_is_in_the_sprite() -> None:
    named: set[str] = set()
    for template in TEMPLATES.rglob("*.html"):
        named.update(re.findall(r'\bicon\("([a-z0-9-]+)"', template.read_text()))

    assert named <= icon_names()


def test_each_class_that_a_template_gives_has_a_rule() -> None:
    rules = "".join(sheet.read_text() for sheet in STYLES.glob("*.css"))
    known = {*re.findall(r"\.([a-z][\w-]*)", rules), "table"}  # table: Tabler's
    given: set[str] = set()
    for template in TEMPLATES.rglob("*.html"):
        words = re.findall(r'(?<!-)\bclass="([a-z][\w -]*)"', template.read_text())
        given.update(name for each in words for name in each.split())

    assert given - known == set()


def test_each_macro_file_begins_with_what_it_needs() -> None:
    for template in TEMPLATES.rglob("*.html"):
        assert "Needs" in template.read_text().partition("#}")[0], template


def test_the_menu_marks_the_entry_of_the_current_page_and_no_other(page: str) -> None:
    current = re.findall(r'<a class="menu-link" href="([^"]*)" aria-current', page)

    assert len(current) == 1
    assert "family=storage" in current[0]


def test_every_link_of_the_frame_carries_the_company(page: str) -> None:
    links = re.findall(r'<a class="(?:menu-link|menu-item)" href="([^"]*)"', page)

    assert links
    assert all("company=" in link or "/companies/" in link for link in links)
