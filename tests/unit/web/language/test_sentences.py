"""The language of pages: that of the best catalogue; figures follow the reader."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask_babel import gettext
from jinja2 import Environment, nodes
from markupsafe import Markup
from msgspec.structs import replace

from shared.contracts.identity.people import User
from shared.errors import Conflict, ContractError, InvalidInput, Throttled
from tests.fixtures.web.catalogues import catalogue_with, translated
from web.language.locale import read_for
from web.language.refusals import sentence
from web.language.sentences import page_language
from web.language.words import words_for

TRANSLATING = {"_", "gettext", "ngettext"}
PERSON = User(
    id=UUID(int=1),
    email="ada@example.com",
    name="Ada",
    locale="en",
    time_zone="UTC",
    two_factor_enabled=False,
    is_verified=True,
)


@pytest.fixture
def german(tmp_path: Path) -> Iterator[None]:
    messages = [
        ("Active", "Aktiv"),
        ("The minimum top-up is %(minimum)s.", "Mindestens %(minimum)s."),
    ]
    with translated(tmp_path, {"de": catalogue_with("de", *messages)}):
        yield


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize(
    ("locale", "page", "word", "least"),
    [
        ("de-AT", "de", "Aktiv", "Mindestens 1.234,50\u00a0EUR."),
        ("pl", "en", "Active", "The minimum top-up is 1\u00a0234,50\u00a0EUR."),
        ("en", "en", "Active", "The minimum top-up is 1,234.50\u00a0EUR."),
    ],
)
def test_sentences_are_translated_and_figures_follow_the_reader(
    pieces_app: Flask, locale: str, page: str, word: str, least: str
) -> None:
    below = Conflict("below_minimum", "", {"minimum": "1234.5", "currency": "EUR"})
    with pieces_app.test_request_context():
        assert gettext("Active") == "Active"  # nobody is signed in yet
        read_for(replace(PERSON, locale=locale))

        assert page_language() == page
        assert str(words_for("state")["active"]) == word
        assert sentence(below) == least


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize(
    ("accepted", "language"),
    [("de-CH, en;q=0.5", "de"), ("uk", "en"), ("en, de;q=0.9", "en"), ("*,", "en")],
)
def test_without_a_reader_the_browser_says_which(
    pieces_app: Flask, accepted: str, language: str
) -> None:
    headers = {"Accept-Language": accepted}
    page = pieces_app.test_client().get(
        "/no-such-page", base_url="http://localhost", headers=headers
    )

    assert f'<html lang="{language}"' in page.text


@pytest.mark.parametrize(
    ("refusal", "part"),
    [
        (Throttled("too_many_logins", "", {"retry_after_s": 1}), "1 second."),
        (Throttled("too_many_logins", "", {"retry_after_s": 89}), "89 seconds."),
        (Throttled("too_many_logins", "", {"retry_after_s": 91}), "2 minutes."),
        (InvalidInput("amount_too_fine", "", {"places": 0}), "whole amount"),
        (InvalidInput("amount_too_fine", "", {"places": 2}), "2 decimal places"),
        (InvalidInput("bad_name", "", {"max_length": 200}), "200 characters"),
        (InvalidInput("bad_country", "", {"country": "PL"}), "from the list"),
        (InvalidInput("bad_tax_id", "", {"country": "PL"}), "Poland"),
        (InvalidInput("bad_day", "", {"value": "100 %"}), "“100 %”"),
        (InvalidInput("unknown_to_all"), "not valid"),
    ],
)
def test_a_refusal_has_one_sentence(
    pieces_app: Flask, refusal: ContractError, part: str
) -> None:
    with pieces_app.test_request_context():
        assert part in sentence(refusal)


def test_no_template_keeps_words_in_the_language_of_its_first_reader(
    pieces_app: Flask,
) -> None:
    """What one template imports from another is worked out once, for all readers.

    Nor is `_` a name of its own where it translates.
    """
    env = pieces_app.jinja_env
    trees = {name: env.parse(_source(env, name)) for name in env.list_templates()}
    imported = {
        each.template.value
        for tree in trees.values()
        for each in _imports(tree)
        if isinstance(each.template, nodes.Const)
    }
    kept = [
        name
        for name in imported
        for part in trees[name].body
        if isinstance(part, nodes.Assign) and _names(part, "load") & TRANSLATING
    ]
    shadowed = [
        name
        for name, tree in trees.items()
        if "_" in _names(tree, "store") and "_" in _names(tree, "load")
    ]

    assert not kept
    assert not shadowed


def _imports(tree: nodes.Node) -> Iterator[nodes.FromImport | nodes.Import]:
    yield from tree.find_all(nodes.FromImport)
    yield from tree.find_all(nodes.Import)


def _source(env: Environment, name: str) -> str:
    assert env.loader
    return env.loader.get_source(env, name)[0]


def _names(tree: nodes.Node, how: str) -> set[str]:
    return {each.name for each in tree.find_all(nodes.Name) if each.ctx == how}


def test_a_plural_has_other_parameters_than_its_number(pieces_app: Flask) -> None:
    words = "{{ ngettext('%(who)s is on', '%(who)s are on', 2, who=[a, b] | listed) }}"
    with pieces_app.test_request_context():
        template = pieces_app.jinja_env.from_string(words)
        said = template.render(a="<a>", b=Markup("<b>b</b>"))

    assert said == "&lt;a&gt; and <b>b</b> are on"
