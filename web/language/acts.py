"""What people read for the acts in a trail: one sentence for each changing method.

Who did it is shown beside the sentence. Its parameters are what the method records (see
`shared.contract.Method.recorded`).
"""

from collections.abc import Mapping
from enum import Enum

from flask import Flask
from flask_babel import gettext

from shared.contracts.identity.activity import ActivityEntry
from shared.language.formatting import format_money
from shared.language.translation import mark
from shared.money import Money, currency_of
from web.language.locale import reader_locale
from web.language.words import words_for


class ActTopic(Enum):
    """What an act is about, and what a list is narrowed to."""

    SIGN_IN = "sign-in"
    SECURITY = "security"
    COMPANY = "company"
    SERVICES = "services"
    BILLING = "billing"
    MAINTENANCE = "maintenance"


_MAINTENANCE = mark("Maintenance")
_LOGGED_IN_WITH_TWO_FACTORS = mark("Logged in with Two-Factor Authentication")

_SENTENCES: Mapping[ActTopic, Mapping[str, str]] = {
    ActTopic.SIGN_IN: {
        "identity.log_in": mark("Logged in"),
        "identity.log_out": mark("Logged out"),
        "identity.switch_company": mark("Switched company"),
        "identity.mint_operator_token": mark("Started a support session"),
        "identity.answer_second_step": _LOGGED_IN_WITH_TWO_FACTORS,
        "identity.answer_second_step_with_passkey": _LOGGED_IN_WITH_TWO_FACTORS,
        "identity.set_up_totp_at_login": mark(
            "Turned on Two-Factor Authentication and logged in"
        ),
        "identity.set_up_passkey_at_login": mark("Added a passkey and logged in"),
        "identity.log_in_with_passkey": mark("Logged in with a passkey"),
        "identity.prove": mark("Confirmed who they are"),
        "identity.end_session": mark("Logged out one session"),
        "identity.end_other_sessions": mark("Logged out all other sessions"),
        "identity.end_sessions_of": mark("Logged out all sessions of the account"),
        "identity.end_some_sessions": _MAINTENANCE,
    },
    ActTopic.SECURITY: {
        "identity.export_account": mark("Downloaded their personal data"),
        "identity.erase_account": mark("Deleted the account"),
        "identity.export_user": mark("Exported the personal data"),
        "identity.erase_user": mark("Erased the account"),
        "identity.lock_user": mark("Locked the account"),
        "identity.unlock_user": mark("Unlocked the account"),
        "identity.sign_up": mark("Signed up and accepted the terms %(terms_version)s"),
        "identity.create_user": mark("Created the account"),
        "identity.change_account": mark("Changed the personal details"),
        "identity.change_password": mark("Changed the password"),
        "identity.reset_password": mark("Set a new password with a link from an email"),
        "identity.turn_on_totp": mark("Set up an authenticator app"),
        "identity.remove_totp": mark("Removed the authenticator app"),
        "identity.renew_recovery_codes": mark("Created new recovery codes"),
        "identity.import_totp": mark("Imported an authenticator app"),
        "identity.reset_two_factor": mark("Started a reset of all second factors"),
        "identity.cancel_two_factor_reset": mark(
            "Cancelled the reset of second factors"
        ),
        "identity.add_passkey": mark("Added a passkey"),
        "identity.rename_passkey": mark("Renamed a passkey"),
        "identity.remove_passkey": mark("Removed a passkey"),
        "identity.change_email": mark("Asked to change the email address"),
        "identity.confirm_email": mark("Changed the email address"),
        "identity.undo_email": mark("Undid the change of the email address"),
        "identity.ask_for_phone_code": mark("Asked for a code by text message"),
        "identity.confirm_phone": mark("Verified a mobile number"),
        "identity.remove_phone": mark("Removed the mobile number"),
        "identity.use_not_me": mark("Reported a security mail and blocked logging in"),
        "identity.ask_to_verify_email": mark(
            "Asked for an email to verify the address"
        ),
        "identity.verify_email": mark("Verified the email address"),
        "identity.use_email_link": mark("Verified the email address"),
        "identity.set_verification": mark("Verification of %(step)s: %(state)s"),
        "identity.finish_document": mark("Sent a document: %(step)s"),
        "identity.view_document": mark("Opened a document: %(step)s"),
        "identity.approve_document": mark("Accepted a document: %(step)s"),
        "identity.reject_document": mark("Rejected a document: %(step)s"),
    },
    ActTopic.COMPANY: {
        "identity.create_company": mark("Created the company"),
        "identity.create_own_company": mark("Created a company"),
        "identity.close_company": mark("Closed the company"),
        "identity.erase_company": mark("Erased the company's details"),
        "identity.lock_company": mark("Locked the company"),
        "identity.unlock_company": mark("Unlocked the company"),
        "identity.change_company": mark("Changed the company details"),
        "identity.add_member": mark("Added a member with the role %(role)s"),
        "identity.change_role": mark("Changed a member's role to %(role)s"),
        "identity.remove_member": mark("Removed a member"),
        "identity.remind_member": mark(
            "Reminded a member to turn on Two-Factor Authentication"
        ),
        "identity.require_two_factor": mark(
            "Changed whether members need Two-Factor Authentication"
        ),
        "identity.offer_ownership": mark("Offered the ownership of the company"),
        "identity.withdraw_ownership": mark("Withdrew the offer of ownership"),
        "identity.accept_ownership": mark("Became an owner of the company"),
        "identity.decline_ownership": mark("Declined the ownership of the company"),
        "identity.invite_member": mark("Invited a person with the role %(role)s"),
        "identity.resend_invitation": mark("Sent an invitation again"),
        "identity.revoke_invitation": mark("Withdrew an invitation"),
        "identity.approve_invitation": mark("Approved a person who wants to join"),
        "identity.accept_invitation": mark("Accepted an invitation"),
        "identity.join_company": mark("Joined with an invitation"),
        "identity.add_contact": mark("Added a billing contact"),
        "identity.remove_contact": mark("Removed a billing contact"),
        "identity.leave_company": mark("Left the company"),
        "billing.set_tax_id": mark("Changed the VAT ID"),
        "billing.confirm_tax_id": mark("Confirmed the VAT ID"),
    },
    ActTopic.SERVICES: {
        "inventory.create_service": mark("Created a service (%(plan_code)s)"),
        "inventory.activate_service": mark("Activated a service"),
        "inventory.suspend_service": mark("Suspended a service (%(reason)s)"),
        "inventory.resume_service": mark("Resumed a service"),
        "inventory.terminate_service": mark("Terminated a service"),
        "inventory.cancel_service": mark("Cancelled a service"),
        "inventory.request_termination": mark("Requested termination of a service"),
        "inventory.withdraw_termination": mark("Withdrew a termination request"),
        "inventory.change_plan": mark("Changed the plan of a service to %(plan_code)s"),
        "billing.offer_service": mark("Offered a service to another company"),
        "billing.withdraw_handover": mark("Withdrew the offer of a service"),
        "billing.accept_handover": mark("Accepted a service from another company"),
        "billing.decline_handover": mark("Declined a service from another company"),
        "inventory.change_price": mark("Changed the price of a service to %(price)s"),
    },
    ActTopic.BILLING: {
        "billing.add_wallet": mark("Added a %(currency)s wallet"),
        "billing.open_wallet": mark("Opened a %(currency)s wallet"),
        "billing.make_primary": mark("Made the %(currency)s wallet the primary wallet"),
        "billing.set_credit_limit": mark("Set the credit to %(limit)s"),
        "billing.set_top_up_limits": mark("Set the limits of %(currency)s top-ups"),
        "billing.set_comfort_buffer": mark("Set the comfort buffer to %(buffer)s"),
        "billing.adjust_wallet": mark("Adjusted the balance by %(amount)s (%(kind)s)"),
        "billing.begin_top_up": mark("Started a top-up of %(net)s"),
        "billing.start_payment": mark("Started the payment of a top-up"),
        "billing.cancel_top_up": mark("Cancelled a top-up"),
        "billing.refund_top_up": mark("Refunded %(net)s of a top-up"),
        "billing.ask_for_refund": mark("Asked for a refund of %(amount)s"),
        "billing.grant_refund_request": mark("Granted a refund of %(amount)s"),
        "billing.decline_refund_request": mark("Declined a refund of %(amount)s"),
        "billing.grant_last_refund": mark("Refunded %(net)s of the closed company"),
        "billing.forget_card": mark("Removed a saved card"),
        "billing.credit_invoice": mark("Credited %(net)s of the invoice %(number)s"),
        "billing.complete_invoice": mark("Completed the invoice %(number)s"),
        "billing.rebuild_document": mark("Created the files of %(number)s again"),
        "billing.book_bank_payments": mark("Booked bank transfers"),
        "billing.book_dispute": mark("Booked a dispute of %(amount)s"),
    },
    ActTopic.MAINTENANCE: {
        "identity.mark_notices_read": mark("Marked notifications as read"),
        **dict.fromkeys(
            (
                "identity.republish_companies",
                "inventory.apply_catalog",
                "inventory.apply_services",
                "inventory.discard_import",
                "inventory.rebuild_counters",
                "inventory.republish_services",
                "inventory.stage_catalog",
                "inventory.stage_services",
                "billing.add_tax_rate",
                "billing.charge_due",
                "billing.import_exchange_rates",
                "billing.rebuild_rollups",
                "billing.reconcile_payments",
                "billing.republish_payments",
            ),
            _MAINTENANCE,
        ),
    },
}
_BY_METHOD = {
    method: sentence
    for sentences in _SENTENCES.values()
    for method, sentence in sentences.items()
}
_AMOUNTS = frozenset({"amount", "buffer", "limit", "net", "price"})
TOPICS_OF_VALUES = {
    "kind": "entry",
    "reason": "suspension",
    "role": "role",
    "state": "verification state",
    "step": "verification",
}
"""The topic of `words_for` that has the values of a parameter."""


def register(app: Flask) -> None:
    app.add_template_filter(act_words, "act_words")
    app.add_template_filter(device_words, "device_words")


def methods_of(topic: ActTopic) -> list[str]:
    return list(_SENTENCES[topic])


def sentence_of(method: str) -> str:
    """Return the sentence of a method, not translated; empty for a later version's."""
    return _BY_METHOD.get(method, "")


def act_words(entry: ActivityEntry) -> str:
    """Return an act's sentence; the method's name for a later version's."""
    sentence = sentence_of(entry.method)
    if not sentence:
        return entry.method
    values = {name: _write(name, text) for name, text in entry.recorded.items()}
    try:
        return str(gettext(sentence, **values))
    except KeyError:  # of an earlier version, which recorded less
        return entry.method


def device_words(entry: ActivityEntry) -> str:
    """Return which browser and system an act came from; empty if that is unknown."""
    names = {"browser": entry.browser, "system": entry.system}
    if all(names.values()):
        return str(gettext("%(browser)s on %(system)s", **names))
    return entry.browser or entry.system


def _write(name: str, text: str) -> str:
    if name in _AMOUNTS:
        amount, _, currency = text.partition(" ")
        money = Money(amount, currency_of(currency))
        return format_money(money, reader_locale(), exact=True).text
    words = words_for(TOPICS_OF_VALUES[name]) if name in TOPICS_OF_VALUES else {}
    return str(words.get(text, text))
