"""Why a document that somebody sent for verification can't be used."""

from flask import Flask
from flask_babel import get_locale

from shared.language import document_reasons
from shared.language.translation import SOURCE, use_locale


def register(app: Flask) -> None:
    app.add_template_filter(document_reason, "document_reason")


def document_reason(code: str) -> str:
    """Return a reason's sentence; empty for none, and for one of a later version."""
    with use_locale(get_locale() or SOURCE):
        return document_reasons.document_reason(code)
