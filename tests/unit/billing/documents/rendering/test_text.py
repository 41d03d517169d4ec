"""What people have typed, made fit for a page and for XML."""

import pytest

from services.billing.documents.rendering import fonts
from services.billing.documents.rendering.text import (
    SUBSTITUTE,
    clean,
    fit_for_page,
)


def test_what_is_invisible_or_no_character_is_left_out() -> None:
    assert clean("a\0b\x7f\x9fc\ud800d\ufffee\ufdd0f\U0010ffffg") == "abcdefg"
    assert clean("a\u202eb\u2066c\u200bd\ufeffe\u00adf\ufe0fg\u3164h") == "abcdefgh"


def test_all_that_parts_words_becomes_one_blank() -> None:
    assert clean(" a\t\r\n b\u2028\u2029c\x85d ") == "a b c d"
    assert clean("1\N{NO-BREAK SPACE}000") == "1\N{NO-BREAK SPACE}000"


def test_letters_are_composed() -> None:
    assert clean("Mu\u0308ller") == "Müller"


def test_joiners_stay_as_persian_and_hindi_need_them() -> None:
    persian = "\u0645\u06cc\u200c\u062e\u0648"
    assert clean(persian) == persian
    assert fit_for_page(persian) == persian


def test_a_letter_without_a_font_becomes_one_substitute() -> None:
    assert fit_for_page("中文 GmbH") == f"{SUBSTITUTE}{SUBSTITUTE} GmbH"
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert set(fit_for_page(family)) == {SUBSTITUTE}


@pytest.mark.parametrize("mark", ["\u05c1", "\u0301", "\u0e34", "\u08da", "\U00010efd"])
def test_an_accent_over_nothing_is_not_a_letter(mark: str) -> None:
    assert fit_for_page(mark) == SUBSTITUTE


def test_an_accent_of_another_script_takes_its_letter_along() -> None:
    """No font has both, and a page can't be set with half a letter."""
    assert fit_for_page("A\u05c1B") == f"{SUBSTITUTE}B"


def test_accents_do_not_pile_up() -> None:
    assert fit_for_page("a" + "\u0323\u0302" * 2) != SUBSTITUTE
    assert fit_for_page("a" + "\u0302" * 50) == SUBSTITUTE


def test_a_word_without_end_may_break_between_letters() -> None:
    broken = fit_for_page("é́" * 60)
    assert max(map(len, broken.split("\u200b"))) <= 22 * 2
    assert broken.replace("\u200b", "") == clean("é́" * 60)
    assert "\u200b" not in fit_for_page("Donaudampfschiffahrt " * 9)


def test_the_fonts_come_with_their_licence() -> None:
    licence = (fonts.FOLDER / "OFL.txt").read_text()
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    for font in fonts.FOLDER.glob("*.ttf"):
        script = font.name.removeprefix("NotoSans").partition("-")[0]
        assert f"Noto Sans {script}".strip() + ":" in licence


def test_every_font_is_named_on_the_page() -> None:
    """Else its characters would count as covered, and the page could not be set."""
    page = fonts.FOLDER.with_name("document.typ").read_text()
    for font in fonts.FOLDER.glob("*.ttf"):
        script = font.name.removeprefix("NotoSans").partition("-")[0]
        assert f'"{f"Noto Sans {script}".strip()}"' in page
