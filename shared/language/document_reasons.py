"""Say why a document that somebody sent can't be used, on pages and in mails."""

from collections.abc import Mapping

from shared.contracts.identity.verification.documents import (
    NOT_REVIEWED,
    FileRefusal,
    RejectionReason,
)
from shared.language.translation import gettext, mark

_WORDS: Mapping[str, str] = {
    FileRefusal.WRONG_TYPE.value: mark(
        "This is not a PDF, JPEG, PNG or WebP file. Send one of these."
    ),
    FileRefusal.TOO_LARGE.value: mark(
        "The file is too large. Send one of up to 10 MB."
    ),
    FileRefusal.TOO_MANY_PIXELS.value: mark(
        "The image has more than 50 megapixels. Send it in a lower resolution."
    ),
    FileRefusal.TOO_MANY_PAGES.value: mark(
        "The PDF has more than 10 pages. Send only what we need."
    ),
    FileRefusal.ENCRYPTED.value: mark("The PDF needs a password. Send it without one."),
    FileRefusal.DAMAGED.value: mark(
        "The file is damaged. Open it on your device, save it again, then send it."
    ),
    FileRefusal.TOO_COMPLEX.value: mark(
        "The file is too complex to show. Send a photo or a scan instead."
    ),
    FileRefusal.VIRUS.value: mark(
        "Our virus scanner found something in the file. Send another one."
    ),
    FileRefusal.UPLOAD_DIFFERS.value: mark(
        "The file did not arrive as you sent it. Send it again."
    ),
    RejectionReason.UNREADABLE.value: mark(
        "We can't read the document. Send a sharp photo or scan of all of it."
    ),
    RejectionReason.INCOMPLETE.value: mark(
        "A page or side is missing or cut off. Send all of it."
    ),
    RejectionReason.OUT_OF_DATE.value: mark(
        "The document has expired or is older than 3 months. Send a current one."
    ),
    RejectionReason.WRONG_DOCUMENT.value: mark(
        "This is not the document that we need. Choose another."
    ),
    RejectionReason.NAME_DIFFERS.value: mark(
        "The name on the document is not the one in your account. Correct the one in "
        "your account, or send another document."
    ),
    RejectionReason.ADDRESS_DIFFERS.value: mark(
        "The address on the document is not the one in the company's profile. Correct "
        "the profile, or send another document."
    ),
    RejectionReason.NOT_GENUINE.value: mark(
        "We could not confirm that the document is genuine."
    ),
    RejectionReason.OTHER.value: mark("We can't accept the document."),
    NOT_REVIEWED: mark(
        "We could not review your document in time and have deleted it. Send it again."
    ),
}


def document_reason(code: str) -> str:
    """Return the sentence of a `FileRefusal` or `RejectionReason`, or `NOT_REVIEWED`.

    Empty for no reason, and for one of a later version.
    """
    sentence = _WORDS.get(code, "")
    return gettext(sentence) if sentence else ""
