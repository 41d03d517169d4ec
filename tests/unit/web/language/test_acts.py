"""The sentences of acts: one for each method that changes something."""

import re
from datetime import UTC, datetime
from enum import Enum
from types import UnionType
from typing import Any, get_args, get_type_hints
from uuid import UUID, uuid4

import pytest
from flask import Flask

from shared.contract import Effect, Method
from shared.contracts import billing, identity, inventory
from shared.contracts.actors import UNNAMED
from shared.contracts.identity.activity import ActivityEntry
from tests.fixtures.acts import LEFT_OUT
from web.language.acts import (
    TOPICS_OF_VALUES,
    ActTopic,
    act_words,
    device_words,
    methods_of,
    sentence_of,
)
from web.language.words import words_for

CHANGING: list[Method[Any, Any]] = [
    method
    for contract in (identity.CONTRACT, inventory.CONTRACT, billing.CONTRACT)
    for method in contract.methods
    if method.effect is not Effect.READ
]
TEXTS = {"country", "currency", "number", "plan_code", "terms_version"}
"""Recorded texts, all codes: of a document, a plan, a currency, a country, terms."""


def test_every_changing_method_has_its_sentence() -> None:
    known = {method for topic in ActTopic for method in methods_of(topic)}
    changing = {str(method) for method in CHANGING} - set(LEFT_OUT)

    assert known == changing, "write their sentences in web/language/acts.py"


def test_a_sentence_names_only_what_its_method_records() -> None:
    for method in CHANGING:
        assert _parameters(method) <= set(method.recorded), method


def test_a_method_records_no_text_that_somebody_typed() -> None:
    for method in CHANGING:
        texts = {name for name in method.recorded if str in _types(method, name)}
        assert texts <= TEXTS, method


def test_each_value_that_a_sentence_may_show_has_words() -> None:
    for method in CHANGING:
        for name in _parameters(method):
            for kind in _types(method, name):
                if isinstance(kind, type) and issubclass(kind, Enum):
                    known = set(words_for(TOPICS_OF_VALUES[name]))
                    assert {value.value for value in kind} <= known, method


def test_what_a_later_version_does_is_shown_by_its_name(pieces_app: Flask) -> None:
    entry = _act("billing.invent_money", {})

    with pieces_app.test_request_context():
        assert act_words(entry) == "billing.invent_money"


def test_an_amount_is_written_for_its_reader(pieces_app: Flask) -> None:
    entry = _act("billing.begin_top_up", {"net": "1234.5 EUR", "id": "x"})

    with pieces_app.test_request_context(headers={"Accept-Language": "de"}):
        assert "1.234,50\N{NO-BREAK SPACE}EUR" in act_words(entry)


@pytest.mark.parametrize(
    ("browser", "system", "words"),
    [
        ("Firefox", "Linux", "Firefox on Linux"),
        ("Firefox", "", "Firefox"),
        ("", "Linux", "Linux"),
        ("", "", ""),
    ],
)
def test_a_device_is_named_as_far_as_it_is_known(
    pieces_app: Flask, browser: str, system: str, words: str
) -> None:
    entry = _act("identity.log_in", {}, browser, system)

    with pieces_app.test_request_context():
        assert device_words(entry) == words


def _types(method: Method[Any, Any], name: str) -> tuple[Any, ...]:
    hints = get_type_hints(method.request)
    kind = hints.get(name) or get_type_hints(method.response)[name]
    return get_args(kind) if isinstance(kind, UnionType) else (kind,)


def _parameters(method: Method[Any, Any]) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", sentence_of(str(method))))


def _act(
    method: str, recorded: dict[str, str], browser: str = "", system: str = ""
) -> ActivityEntry:
    return ActivityEntry(
        id=uuid4(),
        at=datetime(2026, 3, 2, tzinfo=UTC),
        company_id=UUID(int=1),
        user_id=None,
        actor=UNNAMED,
        method=method,
        recorded=recorded,
        network="",
        browser=browser,
        system=system,
        request_id="r",
    )
