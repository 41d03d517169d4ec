"""The sentences for notes, and for who did something."""

import pytest

from shared.contracts.actors import UNNAMED, Actor, ActorKind
from shared.contracts.notes import NO_NOTE, Note, NoteCode, own_words
from web.language.notes import actor_words, note_words, words_to_search

PARAMETERS = {"words": "50 % off (%s)", "count": "3", "brand": "Visa", "last4": "4242"}


@pytest.mark.parametrize("code", NoteCode)
def test_every_code_has_a_sentence(code: NoteCode) -> None:
    said = note_words(Note(code=code, parameters=PARAMETERS))

    assert said
    assert "%(" not in said
    assert said not in {other for other in NoteCode if other != code}


def test_a_persons_words_and_those_of_an_old_row_stay_as_they_are() -> None:
    words = PARAMETERS["words"]
    assert note_words(own_words(words)) == words
    assert note_words(Note(as_written=words)) == words
    assert note_words(NO_NOTE) == note_words(Note(code="of_tomorrow")) == ""


def test_one_service_is_one() -> None:
    one, many = (Note(code=NoteCode.SERVICES, parameters={"count": n}) for n in "12")
    assert note_words(one).startswith("1 ")
    assert note_words(many) == note_words(one).replace("1", "2") + "s"


def test_the_words_to_search_are_those_of_the_sentences() -> None:
    found = words_to_search()
    assert set(found) == set(NoteCode) - {NoteCode.SERVICES, NoteCode.OWN_WORDS}
    assert "%" not in "".join(found.values())


@pytest.mark.parametrize("kind", ActorKind)
def test_an_actor_is_called_by_their_name(kind: ActorKind) -> None:
    assert actor_words(Actor(kind=kind, name="Nora")) == "Nora"


def test_without_a_name_it_is_support_or_automatic() -> None:
    automatic = Actor(kind=ActorKind.AUTOMATIC)
    assert actor_words(UNNAMED) != actor_words(automatic)
    assert actor_words(UNNAMED)
    assert actor_words(automatic)
