"""Email addresses: one spelling per mailbox, and what passes for an address."""

import re
import unicodedata

from shared.errors import InvalidInput
from shared.text import clean_line

MAX_LENGTH = 254

# One "@", no blanks, a domain of at least two labels. Whether anybody reads mail there
# is shown by the mail that verifies it, not by a stricter pattern.
# "=?" begins an encoded word (RFC 2047): programs that decode one in a header would
# read another address, or two.
_ADDRESS = re.compile(
    r"(?!.*=\?)[^\s@<>\"(),:;\\\[\]]{1,64}@(?:[\w-]{1,63}\.)+[\w-]{2,63}"
)


def normalise_email(text: str) -> str:
    """Normalise an address for storing, finding and comparing.

    Raises:
        InvalidInput: ``bad_email``.
    """
    folded = unicodedata.normalize("NFC", text[: 2 * MAX_LENGTH]).casefold()
    email = clean_line(folded, MAX_LENGTH, code="bad_email", required=True)
    if not _ADDRESS.fullmatch(email):
        raise InvalidInput("bad_email", "no address", {"problem": "no_address"})
    return email


def normalise_or_empty(text: str) -> str:
    """Normalise an email address; return an empty text if it is not valid."""
    try:
        return normalise_email(text)
    except InvalidInput:
        return ""
