"""Each reason against a document has a sentence of its own."""

from shared.contracts.identity.verification.documents import (
    NOT_REVIEWED,
    FileRefusal,
    RejectionReason,
)
from shared.language.document_reasons import document_reason


def test_each_reason_has_a_sentence_of_its_own() -> None:
    codes = [each.value for each in (*FileRefusal, *RejectionReason)]
    sentences = {document_reason(code) for code in (*codes, NOT_REVIEWED)}

    assert len(sentences) == len(codes) + 1
    assert "" not in sentences
    assert document_reason("of a later version") == ""
