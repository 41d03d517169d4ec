"""What people are told when a service refuses: one sentence per code.

A sentence says what happened and what to do next. The codes are the contracts'.
"""

from shared.errors import ContractError, Throttled
from web.language.locale import country_name

_SENTENCES = {
    "wrong_credentials": "Email or password is wrong. Nothing was changed; try again.",
    "too_many_logins": "Too many tries. Wait {wait} and try again.",
    "too_many_downloads": "Other downloads are still under way. Wait until they are "
    "done, then try again.",
    "session_ended": "Your session has ended. Log in again to go on.",
    "principal_missing": "Your session has ended. Log in again to go on.",
    "principal_expired": "Your session has ended. Log in again to go on.",
    "principal_forged": "Your session has ended. Log in again to go on.",
    "permission_missing": "Your role in this company does not include this. "
    "Ask its owner or an administrator.",
    "no_company": "You belong to no company yet. Ask whoever invited you, or contact "
    "support.",
    "no_such_company": "There is no such company among yours.",
    "no_such_service": "There is no such service in this company.",
    "no_such_family": "There is no such service family. Choose one from the menu.",
    "no_such_page": "There is nothing at this address.",
    "bad_company": "The address names no company. Open the page from the menu.",
    "bad_cursor": "This page of the list is no longer valid. "
    "Start again from its first page.",
    "no_such_currency": "There is no such currency.",
    "amount_missing": "Enter how much you want to add.",
    "amount_negative": "Enter an amount above zero, without a minus sign.",
    "amount_zero": "Enter an amount above zero.",
    "amount_too_long": "This amount has too many digits.",
    "amount_not_understood": "We can't read this amount. Write it with digits, like "
    "{example}.",
    "amount_too_fine": "This currency has {places} decimal places; use no more.",
    "bad_amount": "No wallet can hold this amount. Enter a smaller one.",
    "no_such_wallet": "You have no wallet in this currency. Choose another one.",
    "wallet_exists": "You have a wallet in this currency already. Nothing was changed.",
    "currency_not_offered": "We offer no wallet in this currency. Choose one of the "
    "list, or contact support.",
    "bad_horizon": "Enter how many days, from 1 to {max_days}.",
    "days_not_understood": "We can't read this number. Write the days in digits, like "
    "30.",
    "no_such_top_up": "There is no such top-up in this company.",
    "top_up_ended": "This top-up has ended. Begin another one.",
    "no_such_payment": "There is no such payment in this company.",
    "not_a_duplicate": "This payment is not marked as a possible duplicate, or its "
    "money has gone back already. Nothing was asked for; contact support.",
    "given_back_already": "This payment has been given back to you already. Nothing "
    "more was asked for.",
    "quote_changed": "These are the figures for your amount as they are now. Nothing "
    "was charged; check them and confirm once more.",
    "below_minimum": "The smallest top-up is {minimum} {currency}.",
    "above_maximum": "The largest single top-up is {maximum} {currency}.",
    "above_max_balance": "Your wallet can hold {max_balance} {currency}; {room} "
    "{currency} are left of that, counting top-ups that are not paid yet.",
    "unverified_limit": "Until your account is verified, you can add {limit} "
    "{currency} in 24 hours; {left} {currency} are left of that now.",
    "no_gateway": "No way to pay is open at the moment.",
    "not_payable_by_card": "Cards take this currency in steps of {step} {currency}. "
    "Begin another top-up, or pay it another way.",
    "no_such_document": "There is no such document in this company.",
    "no_such_file": "This document has no such file: a proforma is no invoice, so it "
    "comes as PDF alone.",
    "no_documents": "There are no documents to put into a ZIP. Choose other days or "
    "another type.",
    "file_not_ready": "This file is still being made, which takes a moment. Nothing is "
    "missing from the document itself; try again in a minute.",
    "file_damaged": "This file is not as it was stored, so it is not handed out. Its "
    "document is unchanged and can be read on its page; contact support for the file.",
    "no_such_card": "There is no such card any more; it may have been removed already.",
    "gateway_unreachable": "The payment provider can't be reached right now. Your "
    "top-up is kept; try again in a moment.",
    "bad_tax_id": "This is not a valid VAT ID for {country}. Check the letters "
    "and digits. Nothing was changed.",
    "national_tax_number": "This is a national tax or register number. Enter the VAT "
    "ID, which is a different number: in {country} it looks like {example}.",
    "tax_id_other_country": "This VAT ID is another country's, and the company is in "
    "{country}. If it has moved, change its address first.",
    "no_tax_id_there": "For this company a VAT ID changes nothing, so none is kept: it "
    "is private, or outside the VAT territory of the EU.",
    "bad_name": "A legal name has one line of 1 to {max_length} letters or signs.",
    "bad_address": "Write at most {max_length} letters or signs, in one line.",
    "bad_postal_code": "This is not a postal code for {country}. Enter all of its "
    "characters, like {example}.",
    "postal_code_unclear": "VAT depends on the postal code, and “{postal_code}” is not "
    "one for {country}. Correct it in the company's profile.",
    "bad_country": "Choose a country of the list.",
    "bad_time_zone": "Choose a time zone of the list.",
    "time_zone_changed_lately": "The time zone was changed within the last 24 hours. "
    "Change it again after that.",
    "company_changed_meanwhile": "Somebody changed this profile while the form was "
    "open. What you typed is here still, and nothing of it is saved.",
    "no_billing_address": "The company's address is not known yet. Try again in a "
    "moment, or contact support.",
    "no_tax_rate": "We know no VAT rate for {country}. Contact support.",
    "idempotency_key_missing": "The form was incomplete. Open the page again and send "
    "it once more.",
    "idempotency_key_reused": "This form was sent before with other values. Look at "
    "what is there now, and send it once more.",
    "bad_day": "“{value}” is no day. Write it like 2026-01-31.",
    "search_too_long": "Search for fewer or shorter words.",
    "search_too_slow": "This search takes too long. Choose a period or a type, or "
    "search for one word alone.",
    "unknown_choice": "“{value}” is no {field} we know. Choose one of: {choices}.",
    "identity_unavailable": "We can't check right now who you are, so this page can't "
    "be shown. You stay logged in and nothing was changed; try again in a moment.",
    "deadline_exceeded": "We could not get an answer in time. Nothing was changed by "
    "looking; try again in a moment.",
}
_BY_STATUS = {
    401: "Your session has ended. Log in again to go on.",
    403: "Your role in this company does not include this.",
    404: "There is nothing at this address.",
    409: "This does not fit the present state. Reload the page and look again.",
    422: "We could not understand part of this. Check what was entered.",
    429: "Too many tries. Wait a little and try again.",
    503: "This part can't be reached right now. Nothing is lost; try again in a "
    "moment.",
}


def sentence(refusal: ContractError) -> str:
    """What to tell a person about a refusal."""
    template = _SENTENCES.get(refusal.code) or _BY_STATUS[refusal.http_status]
    parameters = {**refusal.parameters, "wait": _wait(refusal)}
    if "country" in parameters:
        parameters["country"] = country_name(str(parameters["country"]))
    return template.format_map(parameters)


def retry_after(refusal: ContractError) -> dict[str, str]:
    """The header by which a refusal says when to try again, if it says so."""
    if not isinstance(refusal, Throttled):
        return {}
    return {"Retry-After": str(_wait_s(refusal))}


def _wait_s(refusal: ContractError) -> int:
    return int(refusal.parameters.get("retry_after_s", 60))


def _wait(refusal: ContractError) -> str:
    seconds = _wait_s(refusal)
    if seconds < 90:  # noqa: PLR2004  above, minutes read better
        return f"{seconds} seconds"
    return f"{-(-seconds // 60)} minutes"
