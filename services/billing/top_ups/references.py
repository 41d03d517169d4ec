"""Top-ups' references, which people read aloud and write on transfers. Pure."""

import re
from collections.abc import Iterator
from random import Random

_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No letter or digit that is taken for another one."""

# People leave out dashes, add spaces, and write in small letters. It looks ahead, as
# "Status TU-…" has two places where one may begin.
_REFERENCE = re.compile(f"(?=TU([{_LETTERS}]{{12}}))")


def new_reference(random: Random) -> str:
    """Twelve letters of 31: impossible to guess, and easy to read aloud."""
    return _written("".join(random.choices(_LETTERS, k=12)))


def references_in(text: str) -> Iterator[str]:
    """Find whatever may be a reference in a text."""
    letters = "".join(filter(str.isalnum, text.upper()))
    for match in _REFERENCE.finditer(letters):
        yield _written(match[1])


def _written(letters: str) -> str:
    """A reference as people see it, of its twelve letters: TU-4F7K-2M9Q-8RTW."""
    return "-".join(("TU", letters[:4], letters[4:8], letters[8:]))
