"""Words for values: each value that pages show has some."""

from services.identity.notices.notify import SECURITY_KINDS
from web.language.words import words_for


def test_each_security_mail_says_in_words_what_it_was_about() -> None:
    assert words_for("security").keys() == {kind.value for kind in SECURITY_KINDS}
