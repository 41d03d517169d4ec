"""Refusals as sentences for operators: what is wrong, then what to do.

One sentence per code of the contracts' methods and of the way to them. The code itself
follows in brackets, so that scripts can match it.
"""

from shared.errors import ContractError
from shared.language.translation import gettext, mark

_RETRY = mark("Try again in a minute; if it keeps failing, check the services' logs.")
_UPDATE = mark("The command line and the services may be from different versions.")

_SENTENCES = {
    # Companies, people and services
    "no_such_company": mark(
        "No company has this ID or exact name. Run `client-area companies "
        "list` to see them all."
    ),
    "ambiguous_company": mark(
        "Several companies have this name. Use the company's ID instead; "
        "`client-area companies list --name` shows their IDs."
    ),
    "no_such_user": mark(
        "No user has this ID or email address. Check the ID that `users create` "
        "printed, or the address they log in with."
    ),
    "two_factor_is_off": mark("This user has no second factor."),
    "reset_waits_already": mark(
        "A reset is already waiting until %(due_at)s. To cancel it, add --cancel"
    ),
    "no_reset_waits": mark("No reset is waiting for this user."),
    "no_such_member": mark("This user is not a member of the company."),
    "last_owner": mark(
        "This is the company's only owner. Add another owner before this one leaves."
    ),
    "owner_needed": mark("Only an owner may change or remove an owner."),
    "owner_is_offered": mark(
        "Nobody becomes an owner without agreeing. Add the member as an owner instead."
    ),
    "already_owner": mark("This member is already an owner."),
    "not_yourself": mark("Nobody can remove themselves."),
    "no_ownership_offer": mark("No offer of ownership is waiting in this company."),
    "two_factor_is_on": mark("This member already uses a second factor."),
    "too_many_reminders": mark("This member was already reminded today."),
    "two_factor_missing": mark("This company requires a second factor."),
    "too_many_links": mark("Too many links that are not valid came from this address."),
    "no_such_family": mark("There is no such family in the catalogue."),
    "search_too_long": mark("The search is too long."),
    "search_too_slow": mark("The search takes too long. Search for longer words."),
    "not_locked": mark("This is not locked."),
    "account_locked": mark("This user is locked."),
    "company_closed": mark("This company is closed."),
    "company_open": mark("This company is not closed. Close it first."),
    "name_differs": mark("This is not the company's name."),
    "owns_companies": mark(
        "Only this user owns %(companies)s. Close these companies, or add another "
        "owner first."
    ),
    "services_not_ended": mark(
        "%(count)s services of this company have not ended yet. Try again in a minute."
    ),
    "nothing_to_refund": mark("Nothing that was paid in is left in this wallet."),
    "already_member": mark("This user is already a member of the company."),
    "email_taken": mark("A user with this email address already exists."),
    "bad_email": mark("This is not a valid email address."),
    "bad_name": mark(
        "The name is empty, too long or has control characters. Use one line "
        "of up to %(max_length)s characters."
    ),
    "bad_address": mark(
        "A line of the address is too long or has control characters. Use up "
        "to %(max_length)s characters per line."
    ),
    "bad_postal_code": mark(
        "This is not a valid postal code for %(country)s. Use the format %(example)s."
    ),
    "bad_country": mark(
        "This is not a valid country. Use its ISO 3166 code, such as DE."
    ),
    "bad_time_zone": mark(
        "This is not a valid time zone. Use an IANA name, such as Europe/Berlin."
    ),
    "time_zone_changed_lately": mark(
        "The time zone was changed within the last 24 hours. Try again later."
    ),
    "company_changed_meanwhile": mark(
        "The company was changed in the meantime. Check its details and try again."
    ),
    "bad_locale": mark(
        "This is not a valid locale. Use a BCP 47 tag, such as de or en-GB."
    ),
    "password_too_short": mark(
        "The password is too short. Use at least %(min_length)s characters."
    ),
    "password_too_long": mark(
        "The password is too long. Use at most %(max_length)s characters."
    ),
    "password_common": mark(
        "This is a common password, which attackers try first. Use several words that "
        "don't belong together."
    ),
    "password_of_context_words": mark(
        "The password is mostly made of “%(words)s”, which is easy to guess for this "
        "account. Use at least %(min_length)s other characters."
    ),
    "password_guessable": mark(
        "The password is easy to guess. Use several words that don't belong together."
    ),
    "not_a_personal_step": mark(
        "This verification step belongs to a company, not to a person."
    ),
    "no_such_service": mark("No service has this ID."),
    "no_such_plan": mark("The catalogue has no plan with this code."),
    "no_such_price": mark(
        "The plan has no price for this currency and period. Import one with "
        "`client-area catalog import`."
    ),
    "wrong_state": mark("The service is %(state)s, so this change is not possible."),
    "reference_taken": mark("The company already has a service with this reference."),
    "wrong_currency": mark("The price is not in the service's currency."),
    "already_requested": mark("Termination was already requested for this service."),
    "not_requested": mark("No termination was requested for this service."),
    "bad_reference": mark(
        "The reference is empty, too long or has control characters. Use one "
        "line of up to %(max_length)s characters."
    ),
    "price_out_of_range": mark("The price must be between 0 and 1,000,000,000."),
    # Reasons, days, lists
    "reason_missing": mark("Enter a reason."),
    "bad_reason": mark(
        "The reason is too long or has control characters. Use one line of up"
        " to %(max_length)s characters."
    ),
    "bad_day": mark("%(value)s is outside the supported dates. Choose another day."),
    "bad_date": mark("This date is outside the supported dates. Choose another day."),
    "bad_limit": mark("The page size must be between 1 and %(max_limit)s."),
    "bad_cursor": mark(
        "The list changed while it was being read. Run the command again."
    ),
    "too_many_rows": mark(
        "One call takes at most %(max_rows)s rows. Split the file and import its parts."
    ),
    "no_such_import": mark("This import has expired. Import the file again."),
    "other_import": mark(
        "This import is for another type of file. Import the file again."
    ),
    "changed_meanwhile": mark(
        "The catalogue or a service was changed during the import, so nothing"
        " was imported. Import the file again."
    ),
    # Wallets and payments
    "no_such_wallet": mark(
        "The company has no wallet in %(currency)s. Open one with "
        "`client-area wallet open`."
    ),
    "wallet_exists": mark("The company already has a wallet in %(currency)s."),
    "no_such_currency": mark(
        "This is not a valid currency. Use its ISO 4217 code, such as EUR."
    ),
    "currency_not_current": mark("This currency is no longer in use (ISO 4217)."),
    "currency_not_invoiced": mark(
        "Invoices can't show this currency, because it has more than two "
        "decimal places."
    ),
    "bad_amount": mark(
        "The amount is not valid here. Check its sign, currency and size; it "
        "may have at most six decimal places."
    ),
    "no_such_top_up": mark("No top-up has this ID."),
    "not_refundable": mark(
        "The payment can't be refunded, because the top-up is %(state)s."
    ),
    "more_than_unspent": mark(
        "At most %(left)s can be refunded: the rest has been spent. Refund "
        "that amount or less with --net, or adjust the wallet first."
    ),
    "goodwill_not_refundable": mark(
        "Goodwill can't be refunded. %(left)s of the balance was paid in and "
        "%(goodwill)s is goodwill."
    ),
    "done_before": mark(
        "The same was done within the last hour, as %(id)s. To do it again, "
        "add --again %(id)s"
    ),
    "no_such_dispute": mark(
        "No dispute with this ID is waiting to be booked. Run `client-area "
        "payments problems` to see those that are."
    ),
    "dispute_booked": mark("This dispute is already booked."),
    "dispute_won": mark("This dispute was won. There is nothing left to book."),
    "no_such_refund_request": mark(
        "There is no refund request for this payment. Run `client-area "
        "refunds list` to see the open ones."
    ),
    "refund_request_decided": mark(
        "This refund request has already been decided: %(state)s."
    ),
    "gateway_unreachable": mark("The payment provider can't be reached."),
    # Documents, exchange rates and tax
    "no_such_upload": mark(
        "No uploaded document has this ID. Run `client-area verification list` to see "
        "those that wait for a decision."
    ),
    "document_not_in_review": mark(
        "This document is not waiting for a decision: %(state)s."
    ),
    "document_not_ready": mark("This document can't be opened: %(state)s."),
    "document_deleted": mark("This document was deleted when its retention ended."),
    "no_such_document": mark(
        "No document has this number. Check the number, such as INV-2026-000017."
    ),
    "not_an_invoice": mark(
        "This document is a %(kind)s. Enter the number of an invoice."
    ),
    "credited_already": mark("This invoice is already credited in full."),
    "nothing_to_complete": mark(
        "This invoice already shows its VAT in your own currency."
    ),
    "no_exchange_rate": mark(
        "There is no exchange rate for this invoice. Import one with "
        "`client-area rates import`, then try again."
    ),
    "file_differs": mark(
        "The stored %(format)s file is intact but differs from the rebuilt "
        "one. To replace it, add --replace."
    ),
    "file_damaged": mark(
        "The stored file is damaged. Rebuild it with `client-area documents rebuild`."
    ),
    "file_not_ready": mark("The file is still being created. Try again in a minute."),
    "bad_rate": mark(
        "The rate is not valid. Exchange rates must be above 0; tax rates "
        "from 0 to below 100, with at most two decimal places."
    ),
    "bad_source": mark(
        "The source's name is too long or has control characters. Use one "
        "line of up to %(max_length)s characters."
    ),
    "bad_territory": mark(
        "This country has no such territory with its own VAT rate. Use PT-20 "
        "(Azores) or PT-30 (Madeira), or leave it out."
    ),
    "no_tax_id": mark("This company has no VAT ID."),
    "tax_id_not_valid": mark(
        "VIES has not confirmed this VAT ID as valid, so there is nothing to confirm."
    ),
    "no_tax_rate": mark(
        "There is no VAT rate for %(country)s on this day. Add one with "
        "`client-area tax rates add`."
    ),
    "postal_code_unclear": mark(
        "VAT depends on the postal code, and %(postal_code)s is not valid for"
        " %(country)s. Correct it on the company's profile."
    ),
    "no_billing_address": mark(
        "Billing has no address for this company. Run `client-area companies "
        "republish` and try again."
    ),
    # The way to the services
    "assertion_expired": mark(
        "The operator's signature has expired. Check this machine's clock."
    ),
    "assertion_forged": mark(
        "The services rejected the operator's key. Check that KEYS_DIR holds "
        "the key of this installation, and this machine's clock."
    ),
    "principal_missing": mark("The services need to know who you are."),
    "principal_expired": mark(
        "Your login as an operator has expired. Run the command again and "
        "check this machine's clock."
    ),
    "principal_forged": mark(
        "The services rejected your login as an operator. Check that "
        "KEYS_DIR holds the key of this installation."
    ),
    "permission_missing": mark("The operator's key doesn't allow this."),
    "no_company": mark("This call needs a company."),
    "broker_unreachable": mark(
        "RabbitMQ can't be reached. Check AMQP_URL and whether RabbitMQ is running."
    ),
    "client_closed": mark("The connection was closed before the call."),
    "database_outdated": mark(
        "The database is older than this version. Run the migrations by "
        "starting the client area, then try again."
    ),
    "database_unreachable": mark("The service can't reach its database."),
    "deadline_exceeded": mark("The service did not answer in time."),
    "service_resting": mark(
        "The service failed repeatedly, so calls to it are paused."
    ),
    "service_unreachable": mark("The service can't be reached."),
    "stopping": mark("The service is shutting down."),
    "too_many_calls": mark("Too many calls are waiting for an answer."),
    "no_such_method": mark("The service doesn't know this call."),
    "event_forged": mark(
        "An event did not come from the service it names. Check the keys in KEYS_DIR."
    ),
    "idempotency_key_missing": mark("This call needs a key."),
    "idempotency_key_reused": mark(
        "This --key was already used for another command. Leave it out, or "
        "repeat that command exactly."
    ),
    "idempotency_key_too_long": mark(
        "The --key is too long. Copy it from the message that showed it."
    ),
    "malformed_message": mark("The service could not read the request."),
}
_BY_STATUS = {
    401: mark("The services rejected the operator's key."),
    403: mark("The operator's key doesn't allow this."),
    404: mark("Not found."),
    409: mark("This is not possible in the current state."),
    422: mark("The request is not valid."),
    429: mark("Too many attempts. Wait a minute and try again."),
    503: mark("The service can't be reached."),
}
_ADVICE = {
    "bad_limit": _UPDATE,
    "principal_missing": _UPDATE,
    "no_company": _UPDATE,
    "no_such_method": _UPDATE,
    "idempotency_key_missing": _UPDATE,
    "malformed_message": _UPDATE,
    "gateway_unreachable": _RETRY,
    "client_closed": _RETRY,
    "database_unreachable": _RETRY,
    "deadline_exceeded": _RETRY,
    "service_resting": _RETRY,
    "service_unreachable": _RETRY,
    "stopping": _RETRY,
    "too_many_calls": _RETRY,
}
"""Follows the sentence, where one advice is for several codes."""


def sentence(refusal: ContractError) -> str:
    """Tell an operator what is wrong and what to do, with the code at the end.

    The service's own detail is shown if the sentence has no parameters.
    """
    parts = [_filled(refusal)]
    if refusal.code in _ADVICE:
        parts.append(gettext(_ADVICE[refusal.code]))
    if refusal.detail and "%(" not in _SENTENCES.get(refusal.code, ""):
        parts.append(gettext("Details: %(detail)s", detail=refusal.detail))
    return f"{' '.join(parts)} [{refusal.code}]"


def _filled(refusal: ContractError) -> str:
    """Fill in the parameters; if they are missing, use the general sentence."""
    general = _BY_STATUS[refusal.http_status]
    template = _SENTENCES.get(refusal.code, general)
    try:
        return gettext(template) % refusal.parameters
    except KeyError:
        return gettext(general)


def has_sentence(code: str) -> bool:
    return code in _SENTENCES
