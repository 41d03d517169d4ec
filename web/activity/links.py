"""Where an act in a trail leads: to what it was about."""

from collections.abc import Mapping

from flask import url_for

from shared.contracts.identity.activity import ActivityEntry

OWN_PAGES: Mapping[str, str] = {
    "identity.add_passkey": "account.two_factor",
    "identity.answer_second_step": "sessions.list_sessions",
    "identity.answer_second_step_with_passkey": "sessions.list_sessions",
    "identity.change_email": "emails.show_form",
    "identity.change_password": "account.password",
    "identity.confirm_email": "account.account",
    "identity.end_other_sessions": "sessions.list_sessions",
    "identity.end_session": "sessions.list_sessions",
    "identity.import_totp": "account.two_factor",
    "identity.log_in": "sessions.list_sessions",
    "identity.log_in_with_passkey": "sessions.list_sessions",
    "identity.mark_notices_read": "notices.list_notices",
    "identity.remove_passkey": "account.two_factor",
    "identity.remove_totp": "account.two_factor",
    "identity.rename_passkey": "account.two_factor",
    "identity.renew_recovery_codes": "account.two_factor",
    "identity.reset_two_factor": "account.two_factor",
    "identity.set_up_totp_at_login": "account.two_factor",
    "identity.ask_to_verify_email": "verification.show_center",
    "identity.verify_email": "verification.show_center",
    "identity.use_email_link": "verification.show_center",
    "identity.set_verification": "verification.show_center",
    "identity.finish_document": "verification.show_center",
    "identity.view_document": "verification.show_center",
    "identity.approve_document": "verification.show_center",
    "identity.reject_document": "verification.show_center",
    "identity.turn_on_totp": "account.two_factor",
}
"""The page of each method about a person's own account."""

COMPANY_PAGES = {
    "billing.add_wallet": "wallets.show_wallets",
    "billing.confirm_tax_id": "profile.show_profile",
    "billing.make_primary": "wallets.show_wallets",
    "billing.open_wallet": "wallets.show_wallets",
    "billing.set_comfort_buffer": "wallets.show_wallets",
    "billing.set_credit_limit": "wallets.show_wallets",
    "billing.set_tax_id": "profile.show_profile",
    "billing.adjust_wallet": "transactions.list_transactions",
    "billing.credit_invoice": "documents.list_documents",
    "identity.add_member": "members.list_members",
    "identity.change_company": "profile.show_profile",
}
"""The page of each method that is about a company, where it has no thing of its own."""


def service_of(entry: ActivityEntry) -> str | None:
    """Return the id of the service that an act was about, if it was about one."""
    if entry.method == "inventory.create_service":
        return entry.recorded.get("id")
    return entry.recorded.get("service_id")


def top_up_of(entry: ActivityEntry) -> str | None:
    """Return the id of the top-up that an act was about, if it was about one."""
    if entry.method == "billing.begin_top_up":
        return entry.recorded.get("id")
    return entry.recorded.get("top_up_id")


def address_of(entry: ActivityEntry) -> str | None:
    """Return the page of what an act was about, or None."""
    if entry.company_id is None:
        page = OWN_PAGES.get(entry.method)
        return url_for(page) if page else None
    company = str(entry.company_id)
    if top_up := top_up_of(entry):
        return url_for("funds.top_up", top_up_id=top_up, company=company)
    if service := service_of(entry):
        return url_for("services.show_service", service_id=service, company=company)
    if entry.method == "billing.set_top_up_limits":
        return url_for("verification.show_center", company=company)
    page = COMPANY_PAGES.get(entry.method)
    return url_for(page, company_id=company) if page else None
