"""What people read about tax: the rule, the fields it read, the register's answer."""

from flask import Flask
from flask_babel import get_locale, gettext

from shared.contracts.billing.tax import TaxId, TaxIdMatch, TaxIdState, TaxReason
from shared.language import tax_words
from shared.language.translation import SOURCE, mark, use_locale

_FIELDS = {
    "country": mark("Country"),
    "region": mark("Region"),
    "postal_code": mark("Postal code"),
    "city": mark("City"),
    "is_business": mark("Type (business or private)"),
    "tax_id": mark("VAT ID"),
    "tax_id_check": mark("Check of the VAT ID"),
}
_STATES = {
    TaxIdState.UNCHECKED: (mark("Being checked"), "info"),
    TaxIdState.VALID: (mark("Valid"), "success"),
    TaxIdState.INVALID: (mark("Not valid"), "danger"),
    TaxIdState.UNREACHABLE: (mark("Not checked"), "warning"),
}
_MATCHES = {
    TaxIdMatch.MATCHES: mark("Name and address match this profile."),
    TaxIdMatch.DIFFERS: mark(
        "Name or address differ from this profile, so the VAT ID does not count. "
        "Correct the profile, or ask support to confirm the VAT ID."
    ),
    TaxIdMatch.NOT_DISCLOSED: mark(
        "This member state does not disclose names and addresses."
    ),
}
_NEXT = {
    TaxIdState.UNCHECKED: mark(
        "We are checking this VAT ID in the register. Reload the page in a moment. "
        "Until we have an answer, we charge VAT."
    ),
    TaxIdState.INVALID: mark(
        "The register does not list this VAT ID. Check the number. If it is new, it "
        "may take a few days; we check again automatically."
    ),
    TaxIdState.UNREACHABLE: mark(
        "We can't reach the register. We keep trying; until we have an answer, we "
        "charge VAT."
    ),
}
_FAILURES = {
    "not_configured": mark("VAT IDs are not checked here, so we charge VAT."),
    "invalid_input": mark(
        "The register can't read this VAT ID. Check the letters and digits. Until the "
        "register confirms it, we charge VAT."
    ),
}
"""Where asking again won't help; billing's codes."""


def register(app: Flask) -> None:
    app.add_template_filter(rule, "tax_words")
    app.add_template_filter(fields_read, "tax_fields")


def rule(reason: TaxReason) -> str:
    """Say which rule was applied, in a line."""
    with use_locale(get_locale() or SOURCE):
        return tax_words.words(reason)


def fields_read(reason: TaxReason) -> str:
    return ", ".join(gettext(_FIELDS.get(name, name)) for name in reason.fields)


def state_words(tax_id: TaxId) -> tuple[str, str]:
    """A badge's words and kind."""
    words, kind = _STATES[tax_id.state]
    return gettext(words), kind


def next_step(tax_id: TaxId) -> str:
    """What the state means to the customer, and what there is to do."""
    if tax_id.state is not TaxIdState.VALID:
        return gettext(_FAILURES.get(tax_id.failure) or _NEXT[tax_id.state])
    if tax_id.confirmed_by:
        return gettext("Our support team has confirmed the name.")
    return gettext(_MATCHES[tax_id.match]) if tax_id.match else ""
