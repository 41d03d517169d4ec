"""Paying what a proforma asks for, which happens on its top-up's page."""

from uuid import UUID

from flask import url_for

from shared.contracts.billing.documents import Document, DocumentKind, DocumentState


def is_payable(document: Document) -> bool:
    """Return whether it asks for a payment that hasn't arrived yet."""
    is_open = document.state is DocumentState.OPEN
    return document.kind is DocumentKind.PROFORMA and is_open


def top_up_address(company_id: UUID, document: Document) -> str:
    """Return the address of the document's top-up."""
    return url_for("funds.top_up", top_up_id=document.top_up_id, company=company_id)
