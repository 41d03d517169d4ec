"""What people are told of tax: the rule, what it read, and what the register said."""

from flask import Flask

from shared.contracts.billing.tax import TaxId, TaxIdMatch, TaxIdState, TaxReason
from shared.contracts.billing.tax_words import words

_FIELDS = {
    "country": "Country",
    "region": "Region",
    "postal_code": "Postal code",
    "city": "City",
    "is_business": "Kind (business or private)",
    "tax_id": "VAT ID",
    "tax_id_check": "the check of the VAT ID",
}
_STATES = {
    TaxIdState.UNCHECKED: ("Being checked", "info"),
    TaxIdState.VALID: ("Valid", "success"),
    TaxIdState.INVALID: ("Not valid", "danger"),
    TaxIdState.UNREACHABLE: ("Not checked", "warning"),
}
_MATCHES = {
    TaxIdMatch.MATCHES: "Name and address are those of this profile.",
    TaxIdMatch.DIFFERS: "Name or address differ from this profile, so the VAT ID does "
    "not count. Have the profile corrected, or ask support to confirm it.",
    TaxIdMatch.NOT_DISCLOSED: "This member state does not tell name and address.",
}
_NEXT = {
    TaxIdState.UNCHECKED: "We are asking the register; load the page again in a "
    "moment. Until it answers, VAT is charged.",
    TaxIdState.INVALID: "The register does not know this VAT ID. Check the number; if "
    "it is new, it may take a few days. We ask again by ourselves.",
    TaxIdState.UNREACHABLE: "The register is out of reach. We keep asking; until it "
    "answers, VAT is charged.",
}

_FAILURES = {
    "not_configured": "VAT IDs are not checked here, so VAT is charged.",
    "invalid_input": "The register can't read this VAT ID. Look at its letters and "
    "digits again; until the register knows it, VAT is charged.",
}
"""Where asking again won't help; billing's codes."""


def register(app: Flask) -> None:
    app.add_template_filter(words, "tax_words")
    app.add_template_filter(fields_read, "tax_fields")
    app.add_template_filter(state_words, "tax_id_state")
    app.add_template_filter(what_now, "tax_id_what_now")


def fields_read(reason: TaxReason) -> str:
    return ", ".join(_FIELDS.get(name, name) for name in reason.fields)


def state_words(tax_id: TaxId) -> tuple[str, str]:
    """A badge's words and kind."""
    return _STATES[tax_id.state]


def what_now(tax_id: TaxId) -> str:
    """What the state means to the customer, and what there is to do."""
    if tax_id.state is TaxIdState.VALID:
        if tax_id.confirmed_by:
            return "The name was confirmed by support."
        return _MATCHES[tax_id.match] if tax_id.match else ""
    return _FAILURES.get(tax_id.failure) or _NEXT[tax_id.state]
