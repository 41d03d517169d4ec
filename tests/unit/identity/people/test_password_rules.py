"""Which passwords may be set, and why others are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.people.common_passwords import CommonPasswords, encode
from services.identity.people.context_words import take_out, words_of, words_of_email
from services.identity.people.password_rules import (
    MIN_BESIDE_WORDS,
    PRODUCT_WORDS,
    PasswordRules,
)
from services.identity.people.passwords import MAX_LENGTH, MIN_LENGTH
from shared.errors import InvalidInput
from shared.settings import DEMO_PASSWORD

LISTED = "a listed one, alas"
RULES = PasswordRules(
    CommonPasswords(encode([LISTED])),
    provider=PRODUCT_WORDS | words_of("Nordlicht Hosting"),
)
IN_A_DEMO = PasswordRules(RULES.common, RULES.provider, exempt=DEMO_PASSWORD)
PERSON = words_of("Zoë Strauß", "Aurora Digital GmbH") | words_of_email(
    "z.strauss@kittiwake.example"
)
PASSPHRASE = "tram under violet elms"


def code_of(password: str, rules: PasswordRules = RULES) -> str:
    try:
        rules.check(password, PERSON)
    except InvalidInput as refusal:
        return refusal.code
    return ""


@pytest.mark.parametrize(
    ("password", "code"),
    [
        (PASSPHRASE, ""),
        ("k7#wq!z2Lp", ""),
        ("k7#wq!z2L", "password_too_short"),
        (f"{PASSPHRASE} " * 20, "password_too_long"),
        (LISTED, "password_common"),
        ("Aurora-Digital-2026", "password_of_context_words"),
        ("zoe.STRAUSS!1234", "password_of_context_words"),
        ("kittiwake_1234567", "password_of_context_words"),
        ("Nordlicht?!?!?!?!?!", "password_of_context_words"),
        ("n\u200bord\u200blicht-hosting", "password_of_context_words"),
        ("AURÓRAdigitálgmbh", "password_of_context_words"),
        ("clientareaclientarea", "password_of_context_words"),
        (DEMO_PASSWORD, "password_of_context_words"),
        ("aurora tram under violet elms", ""),
        ("4ur0r4d1g1t4l", "password_guessable"),
        ("qwertzuiopü+", "password_guessable"),
        ("dddddddddddd", "password_guessable"),
        ("????????????", "password_guessable"),
        ("\ud800" * 12, "password_guessable"),
    ],
)
def test_a_password_is_refused_for_what_makes_it_easy(password: str, code: str) -> None:
    assert code_of(password) == code


def test_in_a_demo_its_own_password_is_allowed() -> None:
    assert code_of(DEMO_PASSWORD, IN_A_DEMO) == ""
    assert code_of(f"{DEMO_PASSWORD}!", IN_A_DEMO) == "password_of_context_words"


@pytest.mark.parametrize(
    ("password", "parameters"),
    [
        ("short", {"min_length": MIN_LENGTH}),
        ("x" * 201, {"max_length": MAX_LENGTH}),
        (
            "1-Digital-Aurora-1",
            {"words": "digital, aurora", "min_length": MIN_BESIDE_WORDS},
        ),
        ("internationalization", {"weakness": "word"}),
        ("MichaelSchneider", {"weakness": "name"}),
        ("passwortpasswort", {"weakness": "repeats"}),
        ("abcdefghijkl", {"weakness": "sequence"}),
        ("Tr0ub4dour&3", {"weakness": ""}),
    ],
)
def test_the_refusal_says_what_to_do_better(
    password: str, parameters: dict[str, object]
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        RULES.check(password, PERSON)

    assert refusal.value.parameters == parameters


def test_what_follows_the_first_72_characters_is_not_measured() -> None:
    assert code_of("x" * 72 + PASSPHRASE) == "password_guessable"
    assert code_of(PASSPHRASE * 9) == ""


WORDS = st.frozensets(st.text("abcdeé", min_size=3, max_size=6), max_size=4)
TEXTS = st.text("abcdeé -_1", max_size=30)


@given(words=WORDS, more=WORDS, text=TEXTS)
def test_more_words_never_leave_more(
    words: frozenset[str], more: frozenset[str], text: str
) -> None:
    known = words_of(*words)

    fewer = take_out(known | words_of(*more), text).length

    assert fewer <= take_out(known, text).length <= len(text)


@given(words=st.lists(st.text("abcdé", min_size=3), min_size=1), data=st.data())
def test_of_words_and_what_separates_them_nothing_is_left(
    words: list[str], data: st.DataObject
) -> None:
    separators = st.text(" -_.!\u200b", max_size=3)
    cased = [data.draw(st.sampled_from([w, w.upper(), w.title()])) for w in words]
    text = "".join(data.draw(separators) + word for word in cased)

    assert take_out(words_of(*words), text + data.draw(separators)).length == 0


@given(text=st.text())
def test_without_context_words_everything_is_left(text: str) -> None:
    assert take_out(frozenset({"notthere0"}), text).words == ()


@given(text=st.text(max_size=300))
def test_every_text_is_accepted_or_refused(text: str) -> None:
    assert code_of(text).startswith("password_") or len(text) >= MIN_LENGTH


def test_words_are_those_of_names_alone_and_in_a_row() -> None:
    assert words_of("Li Wu") == {"liwu"}
    assert words_of("Éva-Maria O'Brien") == {"eva", "maria", "brien", "evamariaobrien"}
    assert words_of_email("ann.lee@mail.example.com") == {
        "ann",
        "lee",
        "annlee",
        "mail",
        "example",
        "mailexample",
    }
