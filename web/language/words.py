"""The interface's words for the values of the contracts.

They are lazy: templates keep them, and each page shows them in its reader's language.
"""

from collections.abc import Mapping

from flask import Flask
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

_WORDS: Mapping[str, Mapping[str, LazyString]] = {
    "activity": {
        "sign-in": _("Log-ins"),
        "security": _("Security"),
        "company": _("Company"),
        "services": _("Services"),
        "billing": _("Billing"),
        "maintenance": _("Maintenance"),
    },
    "charge": {
        "charge": _("Charge"),
        "grace": _("Used before payment"),
        "proration": _("Change of price"),
        "credit": _("Unused time"),
    },
    "costs": {
        "hour": _("Hourly"),
        "day": _("Daily"),
        "week": _("Weekly"),
        "month": _("Monthly"),
        "year": _("Yearly"),
    },
    "document": {
        "proforma": _("Proforma"),
        "invoice": _("Invoice"),
        "credit-note": _("Credit note"),
    },
    "document state": {
        "open": _("Open"),
        "paid": _("Paid"),
        "ended": _("Closed"),
        "credited": _("Credited"),
        "settled": _("Settled"),
    },
    "document type": {
        "passport": _("Passport"),
        "identity_card": _("Identity card, both sides"),
        "driving_licence": _("Driving licence, both sides"),
        "register_extract": _("Company register extract"),
        "trade_licence": _("Trade licence"),
    },
    "documents": {
        "proforma": _("Proformas"),
        "invoice": _("Invoices"),
        "credit-note": _("Credit notes"),
    },
    "entry": {
        "opening_balance": _("Opening balance"),
        "correction": _("Correction"),
        "goodwill": _("Goodwill"),
        "top_up": _("Top-up"),
        "refund": _("Refund"),
        "refund_failed": _("Refund returned"),
        "chargeback": _("Payment reversed by your bank"),
        "chargeback_reversed": _("Payment returned by your bank"),
        "charge": _("Charge for services"),
        "proration": _("Change of plan or price"),
        "unused_time": _("Credit for unused time"),
    },
    "failure": {
        "card_declined": _("Your bank declined the card."),
        "expired_card": _("The card has expired."),
        "incorrect_cvc": _("The card's security code was wrong."),
        "payment_intent_authentication_failure": _(
            "Your bank could not confirm that it was you."
        ),
        "disputed_by_cardholder": _("The cardholder disputed the payment."),
    },
    "gateway": {
        "sandbox": _("Sandbox (no real money)"),
        "stripe": _("Card"),
        "bank_transfer": _("Bank transfer"),
    },
    "gateway time": {
        "sandbox": _("Arrives immediately"),
        "stripe": _("Arrives immediately"),
        "bank_transfer": _("1 to 2 working days"),
    },
    "payment": {
        "created": _("Started"),
        "pending": _("In progress"),
        "waiting": _("Waiting"),
        "succeeded": _("Paid"),
        "failed": _("Failed"),
        "cancelled": _("Cancelled"),
        "charged_back": _("Reversed by your bank"),
        "refunded": _("Refunded"),
    },
    "period": {
        "hour": _("per hour"),
        "day": _("per day"),
        "week": _("per week"),
        "month": _("per month"),
        "year": _("per year"),
        "once": _("once"),
    },
    "permission": {
        "account.read": _("Use their own account and notifications"),
        "company.read": _("See the company's details and members"),
        "company.manage": _("Change the company's details"),
        "members.manage": _("Invite and remove members, change roles"),
        "activity.read": _("See what members did"),
        "ownership.manage": _("Hand over or close the company"),
        "services.read": _("See services and their costs"),
        "services.manage": _("Order, change and end services"),
        "services.panel": _("Log in to a service's own panel"),
        "services.secrets": _("See a service's passwords and keys"),
        "billing.read": _("See invoices, transactions and wallets"),
        "funds.add": _("Add funds"),
        "billing.manage": _("Manage wallets, VAT ID and comfort buffer"),
    },
    "role": {
        "owner": _("Owner"),
        "admin": _("Administrator"),
        "billing": _("Billing"),
        "technical": _("Technical"),
        "viewer": _("Viewer"),
    },
    "role in words": {
        "owner": _("Everything, also handing over or closing the company."),
        "admin": _("Everything except ownership."),
        "billing": _("Sees services and billing, adds funds and manages billing."),
        "technical": _("Manages services; does not see billing."),
        "viewer": _("Sees services and billing, changes nothing."),
    },
    "security": {
        "new_device": _("Login from a new device"),
        "password_changed": _("Password changed"),
        "two_factor_on": _("Two-Factor Authentication turned on"),
        "two_factor_off": _("Two-Factor Authentication turned off"),
        "two_factor_reset_asked": _(
            "Support asked to turn off Two-Factor Authentication"
        ),
        "authenticator_changed": _("Authenticator app changed"),
        "recovery_code_used": _("Recovery code used"),
        "recovery_codes_renewed": _("Recovery codes renewed"),
        "passkey_added": _("Passkey added"),
        "passkey_removed": _("Passkey removed"),
        "email_changed": _("Email changed"),
        "phone_changed": _("Mobile number changed"),
    },
    "state": {
        "pending": _("Pending"),
        "active": _("Active"),
        "suspended": _("Suspended"),
        "terminated": _("Terminated"),
        "cancelled": _("Cancelled"),
        "termination-requested": _("Termination Request"),
    },
    "suspension": {"payment": _("payment"), "policy": _("policy")},
    "transactions": {
        "top-ups": _("Top-ups"),
        "charges": _("Charges"),
        "refunds": _("Refunds"),
        "adjustments": _("Adjustments"),
    },
    "verification state": {
        "not_started": _("Not started"),
        "pending": _("In review"),
        "verified": _("Verified"),
        "rejected": _("Rejected"),
        "expired": _("Expired"),
    },
    "verification reason": {
        "phone_removed": _("You have removed your number."),
        "name_changed": _(
            "The name has changed. Send a document with the new name to verify it."
        ),
        "company_changed": _(
            "The company's name or address has changed. Send a document that shows "
            "the new one."
        ),
        "step_expired": _("This verification is no longer valid. Repeat it."),
    },
    "verification": {
        "email": _("Email"),
        "phone": _("Phone"),
        "identity_document": _("Identity document"),
        "company_document": _("Company document"),
    },
}


def register(app: Flask) -> None:
    app.add_template_global(words_for)


def words_for(topic: str) -> Mapping[str, LazyString]:
    """The words for a topic's values: ``words_for("state")["active"]``."""
    return _WORDS[topic]
