"""Say why a document that somebody sent can't be used, on pages and in mails."""

from collections.abc import Mapping

from shared.contracts.identity.verification.documents import (
    MAX_PAGES,
    FileRefusal,
    RejectionReason,
)
from shared.language.translation import gettext, mark

_WORDS: Mapping[str, str] = {
    FileRefusal.WRONG_TYPE.value: mark(
        "This file is not a PDF, JPEG, PNG or WebP. Upload the document as one of "
        "these."
    ),
    FileRefusal.TOO_LARGE.value: mark(
        "The file is larger than 10 MB. Upload a smaller one."
    ),
    FileRefusal.TOO_MANY_PIXELS.value: mark(
        "The image has more than 50 megapixels. Upload a smaller one."
    ),
    FileRefusal.TOO_MANY_PAGES.value: mark(
        "The PDF has more than %(max_pages)s pages. Upload only the pages that matter."
    ),
    FileRefusal.ENCRYPTED.value: mark(
        "The PDF is protected with a password. Remove the password and upload it again."
    ),
    FileRefusal.DAMAGED.value: mark(
        "The file is damaged. Save it again or take a photo, and upload that."
    ),
    FileRefusal.TOO_COMPLEX.value: mark(
        "The file takes too long to open. Upload a photo or scan instead."
    ),
    FileRefusal.VIRUS.value: mark(
        "Our virus scanner refused the file. Upload a photo or scan instead."
    ),
    FileRefusal.UPLOAD_DIFFERS.value: mark(
        "The file did not arrive complete. Upload it again."
    ),
    RejectionReason.UNREADABLE.value: mark(
        "We can't read the document. Upload a sharper photo or scan."
    ),
    RejectionReason.INCOMPLETE.value: mark(
        "A page or a side is missing or cut off. Upload the whole document in one file."
    ),
    RejectionReason.OUT_OF_DATE.value: mark(
        "The document has expired or is older than 3 months. Upload a newer one."
    ),
    RejectionReason.WRONG_DOCUMENT.value: mark(
        "We can't use this type of document. Upload one of the types on the list."
    ),
    RejectionReason.NAME_DIFFERS.value: mark(
        "The name on the document differs from the one you gave us. Correct it, or "
        "upload another document."
    ),
    RejectionReason.ADDRESS_DIFFERS.value: mark(
        "The address on the document differs from the one you gave us. Correct it, or "
        "upload another document."
    ),
    RejectionReason.NOT_GENUINE.value: mark(
        "We could not confirm that the document is genuine. Contact support."
    ),
    RejectionReason.OTHER.value: mark("We could not accept the document."),
    "not_reviewed": mark(
        "We did not review the document in time and deleted it. Upload it again."
    ),
}
_PARAMETERS = {"max_pages": MAX_PAGES}


def document_reason(code: str) -> str:
    """Return the sentence of a `FileRefusal` or `RejectionReason`.

    Empty for no reason, and for one of a later version.
    """
    sentence = _WORDS.get(code, "")
    return gettext(sentence) % _PARAMETERS if sentence else ""
