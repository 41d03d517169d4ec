"""The form with which a document is sent."""

from typing import Any, ClassVar

from flask_babel import lazy_gettext as _
from wtforms import FileField, HiddenField, SelectField

from shared.contracts.identity.people import VerificationStep
from shared.contracts.identity.verification.documents import (
    MAX_BYTES,
    TYPES_OF,
    BeginDocument,
    DocumentType,
)
from shared.errors import InvalidInput, NotFound
from web.language.words import words_for
from web.page.forms import ChangeForm
from web.page.values import read_choice

_ACCEPTED = "image/jpeg,image/png,image/webp,application/pdf"

MEGABYTES = MAX_BYTES // (1024 * 1024)


class DocumentForm(ChangeForm):
    """All before the file decides whether we want it: the file comes last."""

    about: ClassVar = "file"
    refusals: ClassVar = {
        "wrong_document_type": "document_type",
        "unknown_choice": "document_type",
    }

    step = HiddenField(default=VerificationStep.IDENTITY_DOCUMENT.value)
    document_type = SelectField(_("Document"), validate_choice=False)
    file = FileField(
        _("File"),
        description=_("PDF, JPEG, PNG or WebP, up to %(size)s MB", size=MEGABYTES),
        render_kw={"accept": _ACCEPTED, "data-max-bytes": MAX_BYTES},
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        words = words_for("document type")
        step = self.read_step()
        types = TYPES_OF[step] if step else ()
        self.document_type.choices = [(it.value, words[it.value]) for it in types]

    def read_step(self) -> VerificationStep | None:
        """Return the step that a document is for, or None for any other."""
        steps = {step.value: step for step in TYPES_OF}
        return steps.get(self.step.data or "")

    def read(self, file_name: str) -> BeginDocument:
        """Read what is sent.

        Raises:
            NotFound: ``no_such_page``; there is no such step.
            InvalidInput: ``unknown_choice`` or ``document_missing``.
        """
        step = self.read_step()
        if step is None:
            raise NotFound("no_such_page")
        chosen = self.document_type.data or ""
        document_type = read_choice(chosen, DocumentType, "document_type")
        if not file_name:
            raise InvalidInput("document_missing")
        return BeginDocument(step=step, document_type=document_type)
