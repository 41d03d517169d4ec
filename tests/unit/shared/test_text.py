import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidInput
from shared.text import clean_line


def test_a_line_is_composed_and_loses_the_blanks_at_its_ends() -> None:
    assert clean_line(" \u00a0Zoe\u0308 \t", 10) == "Zo\u00eb"


@pytest.mark.parametrize(
    "text",
    ["שלום", "مرحبا", "👩‍👩‍👧‍👦", "株式会社", "नमस्ते", "a\u200cb", "O'Brien & <b>", ""],
)
def test_letters_of_every_script_and_emoji_pass(text: str) -> None:
    assert clean_line(text, 20) == text


@pytest.mark.parametrize(
    "character",
    [*"\0\n\r\t\x1b\x7f\x85", *"\u2028\u2029\ud800\udfff\u202e\u2066"],
)
def test_a_line_holds_no_character_that_is_none(character: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        clean_line(f"a{character}b", 20, code="bad_name")

    assert refusal.value.code == "bad_name"
    assert refusal.value.parameters == {
        "problem": "control_character",
        "max_length": 20,
    }


def test_a_line_is_as_long_as_it_may_be_and_no_longer() -> None:
    assert clean_line("x" * 20 + " ", 20) == "x" * 20

    with pytest.raises(InvalidInput) as refusal:
        clean_line("x" * 21, 20)

    assert refusal.value.parameters["problem"] == "too_long"


@pytest.mark.parametrize("text", ["", "   ", "\u3000"])
def test_a_required_line_is_not_empty(text: str) -> None:
    assert clean_line(text, 20) == ""

    with pytest.raises(InvalidInput) as refusal:
        clean_line(text, 20, required=True)

    assert refusal.value.parameters["problem"] == "empty"


@given(st.text(st.characters(), max_size=60))
def test_what_passes_can_be_kept_and_passes_unchanged_again(text: str) -> None:
    try:
        line = clean_line(text, 50)
    except InvalidInput:
        return

    assert "\0" not in line
    assert len(line.encode("utf-8").decode("utf-8")) <= 50
    assert clean_line(line, 50) == line
