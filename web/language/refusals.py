"""What people read when a service refuses: one sentence per code.

A sentence says what is wrong and what to do. The codes are the contracts'.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel.speaklater import LazyString
from markupsafe import escape

from shared.errors import ContractError, Throttled
from shared.language.formatting import format_money
from shared.language.translation import mark
from shared.money import Money, currency_of
from web.language.locale import country_name, reader_locale

_SESSION_ENDED = mark("Your session has ended. Log in again to continue.")
_UPLOAD_ENDED = mark("The file did not arrive completely. Choose it again.")
_SENTENCES = {
    "wrong_credentials": mark("Wrong email or password. Try again."),
    "wrong_password": mark("This is not your current password. Try again."),
    "password_too_short": mark(
        "Use at least %(min_length)s characters. Several words in a row are long and "
        "easy to remember."
    ),
    "password_too_long": mark("Use at most %(max_length)s characters."),
    "password_same": mark("This is the password you have now. Choose another one."),
    "password_common": mark(
        "This is a common password, which attackers try first. Use several words that "
        "don't belong together."
    ),
    "password_of_context_words": mark(
        "This password is mostly made of “%(words)s”, which attackers try first on "
        "your account. Use at least %(min_length)s other characters."
    ),
    "password_changed_meanwhile": mark(
        "Your password was changed while you had this form open. Enter the one you "
        "have now."
    ),
    "pending_login_ended": mark(
        "Your login took too long or had too many wrong codes. Start again."
    ),
    "wrong_code": mark(
        "This code is wrong, or it was used before. Enter the code that your app shows "
        "now."
    ),
    "wrong_recovery_code": mark(
        "This recovery code is wrong, or it was used before. Check its letters and "
        "digits, or use another one."
    ),
    "proposal_expired": mark("This page was open for too long. Scan the new QR code."),
    "no_recovery_codes": mark("There are no recovery codes to download. Get new ones."),
    "two_factor_is_off": mark("Two-Factor Authentication is already off."),
    "second_factor_required": mark(
        "Two-Factor Authentication is required here, so you can't turn it off. Set up "
        "another factor first."
    ),
    "passkey_missing": mark("Your browser did not send a passkey. Try again."),
    "passkey_challenge_ended": mark(
        "That took too long, or was sent twice. Try again with your passkey."
    ),
    "passkey_unknown": mark(
        "This passkey was removed from its account. Use another one, or your password."
    ),
    "passkey_refused": mark(
        "We can't accept this passkey. Try again and confirm with your finger, face or "
        "PIN. If that doesn't help, use your password."
    ),
    "passkey_exists": mark("This passkey is already registered."),
    "no_such_passkey": mark("This passkey does not exist. It may have been removed."),
    "too_many_passkeys": mark(
        "You have %(maximum)s passkeys, the maximum. Remove one to add another."
    ),
    "login_blocked": mark(
        "This account is locked because someone else may have used it. Reset your "
        "password to log in again."
    ),
    "session_renewed": _SESSION_ENDED,
    "no_such_session": mark("This session does not exist."),
    "many_logins": mark("Many people are logging in right now. Try again in a moment."),
    "many_uploads": mark(
        "Other people are sending documents right now. Try again in a moment."
    ),
    "document_missing": mark("Choose the file that you want to send."),
    "document_empty": mark("This file is empty. Choose another one."),
    "document_too_large": mark(
        "This file is too large. Choose one of up to 10 MB, or send a photo in a lower "
        "resolution."
    ),
    "bad_document_hash": _UPLOAD_ENDED,
    "upload_ended": _UPLOAD_ENDED,
    "no_such_upload": _UPLOAD_ENDED,
    "document_upload_ended": mark("Sending the file took too long. Try again."),
    "document_upload_running": mark(
        "You are sending a document already. Wait until that has finished."
    ),
    "document_in_review": mark(
        "We have a document of yours and are reviewing it. You don't need another one."
    ),
    "already_verified": mark("This step is already verified."),
    "wrong_document_type": mark("Choose one of these documents."),
    "storage_unavailable": mark(
        "We can't store documents right now. Your file was not kept. Try again later."
    ),
    "too_many_downloads": mark(
        "You have other downloads in progress. Wait until they finish, then try again."
    ),
    "bad_email": mark("This is not an email address. Check it, like name@example.com."),
    "same_email": mark("You log in with this address already. Enter another one."),
    "email_taken": mark(
        "Another account uses this address. Log in with it there, or use another one."
    ),
    "bad_phone": mark(
        "This is not a phone number. Check the digits, and start with + and the "
        "country code, like +49 151 23456789."
    ),
    "phone_not_mobile": mark(
        "This is not a mobile number, so it can't receive our code. Enter a mobile "
        "number."
    ),
    "phone_country_not_offered": mark(
        "We can't send codes to numbers from %(country)s. Enter another number, or "
        "contact support."
    ),
    "same_phone": mark("This number is already verified. Enter another one."),
    "phone_in_use": mark(
        "This number already verifies several other accounts. Use another one."
    ),
    "no_phone": mark("There is no phone number to remove."),
    "phone_not_offered": mark(
        "We can't send text messages at the moment. Contact support to be verified."
    ),
    "email_is_verified": mark("Your email is already verified."),
    "wrong_email_code": mark("This code is wrong. Enter the code from the last email."),
    "email_code_ended": mark("This code no longer works. Get another email."),
    "phone_code_ended": mark(
        "This code has expired, was used, or was entered wrong too often. Ask for a "
        "new one."
    ),
    "sign_up_is_off": mark("New accounts can't be opened here at the moment."),
    "terms_changed_meanwhile": mark(
        "The terms have changed meanwhile. Read and accept the new version."
    ),
    "name_differs": mark("This is not the company's name. Enter it as shown above."),
    "company_closed": mark("This company is closed. You can read its documents."),
    "owns_companies": mark(
        "You are the only owner of %(companies)s. Close these companies or hand them "
        "over first."
    ),
    "email_differs": mark("This is not the address that you log in with."),
    "account_locked": mark(
        "Your account is locked. Contact support to have it unlocked."
    ),
    "link_unknown": mark("This link is not valid. Open it as it is in the mail."),
    "link_used": mark("This link was used before, or a newer one replaces it."),
    "link_expired": mark("This link has expired. Ask for a new one."),
    "too_many_links": mark("Too many links that are not valid came from your network."),
    "phone_verification_needed": mark(
        "An owner has to verify a phone number in the Verification Center before you "
        "can invite people."
    ),
    "role_not_offered": mark("You can't invite people with this role. Choose another."),
    "already_member": mark("This person is already a member of the company."),
    "already_invited": mark(
        "This address has an open invitation. Send it again, or withdraw it first."
    ),
    "too_many_invitations": mark("You have sent many invitations."),
    "no_such_invitation": mark(
        "This invitation was withdrawn or is answered. Open the members again."
    ),
    "nobody_asks": mark("Nobody has asked to join with this invitation."),
    "account_exists": mark("This address has an account. Log in to accept."),
    "contact_exists": mark("This address gets the documents already."),
    "too_many_contacts": mark(
        "A company can have %(maximum)s billing contacts. Remove one first."
    ),
    "too_many_contact_mails": mark("You have added many billing contacts."),
    "no_such_contact": mark("This billing contact was removed."),
    "session_ended": _SESSION_ENDED,
    "principal_missing": _SESSION_ENDED,
    "principal_expired": _SESSION_ENDED,
    "principal_forged": _SESSION_ENDED,
    "permission_missing": mark(
        "Your role in this company does not include this. Ask the owner or an "
        "administrator."
    ),
    "two_factor_missing": mark(
        "This company requires Two-Factor Authentication. Set it up to continue."
    ),
    "no_such_member": mark("This person is not a member of the company any more."),
    "last_owner": mark(
        "This is the only owner. Hand over the company to another member first."
    ),
    "owner_needed": mark("Only an owner can change or remove an owner."),
    "owner_is_offered": mark(
        "Ownership needs the other person's consent. Use “Hand over ownership” instead."
    ),
    "already_owner": mark("This member is an owner already."),
    "only_company": mark(
        "This is your only company, and you can't log in without one. Create another "
        "one first, or ask an owner to remove you."
    ),
    "not_yourself": mark(
        "You can't remove yourself here. To leave the company, open My Account."
    ),
    "no_ownership_offer": mark(
        "This offer has expired, was withdrawn or was answered already."
    ),
    "two_factor_is_on": mark("This member uses Two-Factor Authentication already."),
    "too_many_reminders": mark(
        "We reminded this member today. You can send another reminder tomorrow."
    ),
    "no_company": mark(
        "You are not a member of any company yet. Ask the person who invited you, or "
        "contact support."
    ),
    "no_such_company": mark("You are not a member of this company."),
    "no_such_service": mark("This service does not exist in this company."),
    "no_such_family": mark(
        "This service family does not exist. Choose one from the menu."
    ),
    "no_such_page": mark("There is no page at this address."),
    "bad_company": mark(
        "The company in this address is not valid. Open the page from the menu."
    ),
    "bad_cursor": mark(
        "This page is no longer valid. Start again from the first page."
    ),
    "no_such_currency": mark("This currency does not exist."),
    "amount_missing": mark("Enter how much you want to add."),
    "amount_negative": mark("Enter an amount above zero, without a minus sign."),
    "amount_zero": mark("Enter an amount above zero."),
    "amount_too_long": mark("This amount has too many digits."),
    "amount_not_understood": mark("Enter the amount in digits, like %(example)s."),
    "bad_amount": mark("This amount is too large for a wallet. Enter a smaller one."),
    "no_such_wallet": mark(
        "You don't have a wallet in this currency. Choose another currency."
    ),
    "no_such_handover": mark("This offer does not exist in this company."),
    "no_such_receiver": mark("There is no company with this ID. Ask the receiver."),
    "handover_to_itself": mark("The service already belongs to this company."),
    "too_many_handovers": mark("You have withdrawn many offers, or had them declined."),
    "handover_open": mark(
        "The service is already offered to another company. Withdraw that offer first."
    ),
    "handover_over": mark("This offer has ended."),
    "handover_not_active": mark("Only an active service can be handed over."),
    "handover_ending": mark(
        "The termination of this service is requested. Withdraw the request first."
    ),
    "handover_owed": mark(
        "Something is still unpaid in this currency, or the balance is below zero. Add "
        "funds first."
    ),
    "handover_other_seller": mark(
        "The two companies buy from different companies of ours, so the service can't "
        "be handed over."
    ),
    "handover_no_wallet": mark(
        "Your company needs a wallet in the currency of the service first."
    ),
    "wallet_exists": mark("You already have a wallet in this currency."),
    "currency_not_offered": mark(
        "We don't offer wallets in this currency. Choose one from the list, or contact "
        "support."
    ),
    "bad_horizon": mark("Enter a number of days from 1 to %(max_days)s."),
    "days_not_understood": mark("Enter the number of days in digits, like 30."),
    "no_such_top_up": mark("This top-up does not exist in this company."),
    "top_up_ended": mark("This top-up can no longer be paid. Start a new one."),
    "no_such_payment": mark("This payment does not exist in this company."),
    "not_a_duplicate": mark(
        "This payment is not marked as a possible duplicate, or it has already been "
        "refunded. We did not send a request; contact support."
    ),
    "given_back_already": mark("We have already refunded this payment."),
    "quote_changed": mark(
        "The figures for your amount have changed. We did not charge anything. Check "
        "them and confirm again."
    ),
    "below_minimum": mark("The minimum top-up is %(minimum)s."),
    "above_maximum": mark("The maximum for one top-up is %(maximum)s."),
    "above_max_balance": mark(
        "Your wallet can hold %(max_balance)s. You can add %(room)s now; unpaid "
        "top-ups are already counted."
    ),
    "above_day_limit": mark(
        "You can add %(limit)s in 24 hours until the next verification step. You can "
        "add %(left)s now."
    ),
    "no_gateway": mark(
        "No payment method is available at the moment. Try again later, or contact "
        "support."
    ),
    "not_payable_by_card": mark(
        "Cards only accept this currency in steps of %(step)s. Start a new top-up, or "
        "pay another way."
    ),
    "no_such_document": mark("This document does not exist in this company."),
    "no_such_file": mark(
        "This document has no such file. A proforma is not an invoice, so it comes as "
        "a PDF only."
    ),
    "no_documents": mark(
        "There are no documents to put into a ZIP file. Choose other days or another "
        "type."
    ),
    "file_not_ready": mark(
        "We are still creating this file. The document itself is complete. Try again "
        "in a minute."
    ),
    "file_damaged": mark(
        "This file was damaged in storage, so you can't download it. The document is "
        "unchanged and you can read it on its page. Contact support to get the file."
    ),
    "no_such_card": mark("This card does not exist. It may have been removed already."),
    "gateway_unreachable": mark(
        "We can't reach the payment provider right now. Your top-up is kept. Try again "
        "in a moment."
    ),
    "bad_tax_id": mark(
        "This is not a valid VAT ID for %(country)s. Check the letters and digits."
    ),
    "national_tax_number": mark(
        "This is a national tax or register number. Enter the VAT ID instead. In "
        "%(country)s it looks like %(example)s."
    ),
    "tax_id_other_country": mark(
        "This VAT ID is from another country; the company is in %(country)s. If the "
        "company has moved, change its address first."
    ),
    "no_tax_id_there": mark(
        "This company doesn't need a VAT ID. It is private, or outside the VAT "
        "territory of the EU."
    ),
    "bad_postal_code": mark(
        "This is not a valid postal code for %(country)s. Enter all characters, like "
        "%(example)s."
    ),
    "postal_code_unclear": mark(
        "VAT depends on the postal code, and “%(postal_code)s” is not valid for "
        "%(country)s. Correct it in the company's profile."
    ),
    "bad_country": mark("Choose a country from the list."),
    "bad_locale": mark("Choose a language from the list."),
    "bad_time_zone": mark("Choose a time zone from the list."),
    "time_zone_changed_lately": mark(
        "The time zone was changed less than 24 hours ago. Try again later."
    ),
    "company_changed_meanwhile": mark(
        "Someone changed this profile while you had the form open. Your entries are "
        "still here but not saved."
    ),
    "no_billing_address": mark(
        "We don't have the company's address yet. Try again in a moment, or contact "
        "support."
    ),
    "no_tax_rate": mark(
        "We don't have a VAT rate for %(country)s. Contact support to continue."
    ),
    "idempotency_key_missing": mark(
        "The form was incomplete. Open the page again and send the form."
    ),
    "idempotency_key_reused": mark(
        "This form was already sent with different values. Check the current values, "
        "then send it again."
    ),
    "bad_day": mark("“%(value)s” is not a valid date. Use YYYY-MM-DD."),
    "search_too_long": mark("Search for fewer or shorter words."),
    "search_too_slow": mark(
        "This search takes too long. Choose a period or a type, or search for a single "
        "word."
    ),
    "identity_unavailable": mark(
        "We can't check your session right now, so we can't show this page. You are "
        "still logged in. Try again in a moment."
    ),
    "deadline_exceeded": mark(
        "We didn't get an answer in time. Try again in a moment."
    ),
}
_UNKNOWN = {
    "kind": mark("Choose business or private."),
    "period": mark("Unknown period “%(value)s”. Choose one of: %(choices)s."),
    "reason": mark("Unknown reason “%(value)s”. Choose one of: %(choices)s."),
    "sorting": mark("Unknown sort order “%(value)s”. Choose one of: %(choices)s."),
    "state": mark("Unknown state “%(value)s”. Choose one of: %(choices)s."),
    "type": mark("Unknown type “%(value)s”. Choose one of: %(choices)s."),
}
"""Of ``unknown_choice``, by field."""

_GUESSABLE = {
    "": mark(
        "This password is easy to guess. Add a word or two that don't belong to it."
    ),
    "common": mark(
        "This is almost a common password, which attackers try first. Use several "
        "words that don't belong together."
    ),
    "date": mark(
        "Dates and years are easy to guess. Use several words that don't belong "
        "together."
    ),
    "keys": mark(
        "Keys in a row are easy to guess. Use several words that don't belong together."
    ),
    "name": mark(
        "Names are easy to guess. Use several words that don't belong together."
    ),
    "repeats": mark(
        "Repetition makes a password easy to guess. Use several different words that "
        "don't belong together."
    ),
    "sequence": mark(
        "Sequences like abc or 6543 are easy to guess. Use several words that don't "
        "belong together."
    ),
    "word": mark(
        "A single word is easy to guess. Use several words that don't belong together."
    ),
}
"""Of ``password_guessable``, by weakness."""

_BY_STATUS = {
    401: _SESSION_ENDED,
    403: mark("Your role in this company does not include this."),
    404: mark("There is no page at this address."),
    409: mark("This is no longer possible. Reload the page and check."),
    422: mark("Some of your entries are not valid. Check them and try again."),
    503: mark("We can't reach this part right now. Nothing is lost. Try again later."),
}
_AMOUNTS = frozenset(
    {"left", "limit", "max_balance", "maximum", "minimum", "room", "step"}
)
"""Parameters that are amounts of the ``currency`` beside them."""

_MINUTES_FROM_S = 90
"""What is shorter is given in seconds."""
_HOURS_FROM_S = 2 * 3600
"""What is longer is given in hours."""


def sentence(refusal: ContractError) -> str:
    """Tell a person why something was refused, in their language."""
    parameters = _written(refusal.parameters)
    match refusal.code:
        case "amount_too_fine":
            return _too_fine(int(parameters["places"]))
        case (
            "bad_name"
            | "bad_person_name"
            | "bad_address"
            | "bad_reason"
            | "bad_passkey_name"
        ):
            return _too_long(refusal.code, int(parameters["max_length"]))
        case "wrong_phone_code":
            return _wrong_phone_code(int(parameters["tries_left"]))
        case "too_many_phone_codes":
            return _wait_for_phone_code(_wait_s(refusal))
        case "unknown_choice":
            message = _UNKNOWN.get(parameters["field"], _BY_STATUS[422])
        case "password_guessable":
            message = _GUESSABLE.get(parameters["weakness"], _GUESSABLE[""])
        case code:
            if code not in _SENTENCES and isinstance(refusal, Throttled):
                return _wait(_wait_s(refusal))
            message = _SENTENCES.get(code) or _BY_STATUS[refusal.http_status]
    return gettext(message, **parameters)


class LazySentence(LazyString):
    """A refusal's sentence, in the language of its reader, known when it is shown.

    It may repeat what a person typed, so unlike Flask-Babel's it is not markup.
    """

    def __init__(self, refusal: ContractError) -> None:
        super().__init__(sentence, refusal)  # type: ignore[no-untyped-call]

    def __html__(self) -> str:
        return escape(str(self))


def retry_after(refusal: ContractError) -> dict[str, str]:
    """The header that says when to try again, if the refusal says so."""
    if not isinstance(refusal, Throttled):
        return {}
    return {"Retry-After": str(_wait_s(refusal))}


def _written(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as the reader reads them: countries by name, sums with code."""
    written = dict(parameters)
    if "country" in written:
        written["country"] = country_name(str(written["country"]))
    for name in _AMOUNTS & set(written) if "currency" in written else ():
        money = Money(Decimal(str(written[name])), currency_of(written["currency"]))
        written[name] = format_money(money, reader_locale()).text
    return written


def _too_fine(places: int) -> str:
    if not places:
        return gettext("Enter a whole amount: this currency has no decimal places.")
    return ngettext(
        "Enter at most %(num)s decimal place in this currency.",
        "Enter at most %(num)s decimal places in this currency.",
        places,
    )


def _too_long(code: str, max_length: int) -> str:
    if code == "bad_name":
        return ngettext(
            "Enter a legal name of up to %(num)s character.",
            "Enter a legal name of up to %(num)s characters.",
            max_length,
        )
    if code in {"bad_person_name", "bad_passkey_name"}:
        return ngettext(
            "Enter a name of up to %(num)s character.",
            "Enter a name of up to %(num)s characters.",
            max_length,
        )
    return ngettext(
        "Enter up to %(num)s character, in one line.",
        "Enter up to %(num)s characters, in one line.",
        max_length,
    )


def _wrong_phone_code(tries_left: int) -> str:
    if not tries_left:
        return gettext("This code is wrong, and it has ended now. Ask for a new one.")
    return ngettext(
        "This code is wrong. Check your latest message. You have %(num)s attempt left.",
        "This code is wrong. Check your latest message. You have %(num)s attempts "
        "left.",
        tries_left,
    )


def _wait_for_phone_code(seconds: int) -> str:
    if seconds < _MINUTES_FROM_S:
        return ngettext(
            "You can get the next code in %(num)s second.",
            "You can get the next code in %(num)s seconds.",
            seconds,
        )
    return ngettext(
        "We have sent too many codes. You can get the next one in %(num)s hour.",
        "We have sent too many codes. You can get the next one in %(num)s hours.",
        -(-seconds // 3600),
    )


def _wait(seconds: int) -> str:
    if seconds < _MINUTES_FROM_S:
        return ngettext(
            "Too many attempts. Try again in %(num)s second.",
            "Too many attempts. Try again in %(num)s seconds.",
            seconds,
        )
    if seconds <= _HOURS_FROM_S:
        return ngettext(
            "Too many attempts. Try again in %(num)s minute.",
            "Too many attempts. Try again in %(num)s minutes.",
            -(-seconds // 60),
        )
    return ngettext(
        "Too many attempts. Try again in %(num)s hour.",
        "Too many attempts. Try again in %(num)s hours.",
        -(-seconds // 3600),
    )


def _wait_s(refusal: ContractError) -> int:
    return int(refusal.parameters.get("retry_after_s", 60))
