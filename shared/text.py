"""Clean text that people typed, and guard it for spreadsheets.

PostgreSQL refuses NUL, UTF-8 refuses lone surrogates, and a bidirectional override in
a name turns the rest of a page around. All of it is refused here, with a code, before
it can be a fault deeper down.
"""

import re
import unicodedata
from collections.abc import Callable

from shared.errors import InvalidInput

MAX_REASON_LENGTH = 500

# https://owasp.org/www-community/attacks/CSV_Injection. Where a sheet takes semicolons
# for the end of a cell, what follows one begins a cell, too.
_BEGINS_FORMULA = re.compile(r"(\A|;)(?=[=+\-@\t\r\n])")

_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_line(
    text: str, max_length: int, *, code: str = "bad_text", required: bool = False
) -> str:
    """Clean one line of text: Unicode NFC, without blanks at its ends.

    ``max_length`` counts code points. Emoji and right-to-left letters pass.

    Raises:
        InvalidInput: ``code``; its parameter ``problem`` is ``empty`` (only where
            ``required``), ``too_long`` or ``control_character``, and ``max_length``
            is given back.
    """
    line = unicodedata.normalize("NFC", text).strip()
    problem = _problem_of(line, max_length, required=required)
    if problem:
        raise InvalidInput(
            code, problem, {"problem": problem, "max_length": max_length}
        )
    return line


def check_field(field: str, check: Callable[[str], str], text: str) -> str:
    """Check one field of several.

    Raises:
        InvalidInput: the refusal of ``check``, with the name of the ``field``.
    """
    try:
        return check(text)
    except InvalidInput as refusal:
        about = {**refusal.parameters, "field": field}
        raise InvalidInput(refusal.code, refusal.detail, about) from refusal


def clean_reason(text: str, *, required: bool = False) -> str:
    """Clean a reason for the history.

    Raises:
        InvalidInput: ``bad_reason`` as `clean_line`; ``reason_missing`` where it is
            ``required``.
    """
    if required and not text.strip():
        raise InvalidInput("reason_missing")
    return clean_line(text, MAX_REASON_LENGTH, code="bad_reason")


def is_plain(character: str) -> bool:
    """Return whether a line may contain a character: no controls or surrogates."""
    return (
        unicodedata.category(character) not in _REFUSED_CATEGORIES
        and character not in _BIDI_CONTROLS
    )


def _problem_of(line: str, max_length: int, *, required: bool) -> str | None:
    if required and not line:
        return "empty"
    if len(line) > max_length:
        return "too_long"
    # What can be printed is plain; only the rest is looked at one by one.
    if not line.isprintable() and not all(map(is_plain, line)):
        return "control_character"
    return None


def guard_cell(text: str) -> str:
    """Guard a CSV cell so that spreadsheets don't read it as a formula."""
    return _BEGINS_FORMULA.sub(r"\1'", text)
