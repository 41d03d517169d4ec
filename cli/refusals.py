"""Refusals as sentences for operators: what is wrong, then what to do.

One sentence per code of the contracts' methods and of the way to them. The code itself
follows in brackets, so that scripts can match it.
"""

from shared.errors import ContractError

_RETRY = "Try again in a minute; if it keeps failing, check the services' logs."
_UPDATE = "The command line and the services may be from different versions."

_SENTENCES = {
    # Companies, people and services
    "no_such_company": "No company has this ID or exact name. "
    "Run `client-area companies list` to see them all.",
    "ambiguous_company": "Several companies have this name. Use the company's ID "
    "instead; `client-area companies list --name` shows their IDs.",
    "no_such_user": "No user has this ID. Check the ID that `users create` printed.",
    "already_member": "This user is already a member of the company.",
    "email_taken": "A user with this email address already exists.",
    "bad_email": "This is not a valid email address.",
    "bad_name": "The name is empty, too long or has control characters. "
    "Use one line of up to {max_length} characters.",
    "bad_address": "A line of the address is too long or has control characters. "
    "Use up to {max_length} characters per line.",
    "bad_postal_code": "This is not a valid postal code for {country}. "
    "Use the format {example}.",
    "bad_country": "This is not a valid country. Use its ISO 3166 code, such as DE.",
    "bad_time_zone": "This is not a valid time zone. "
    "Use an IANA name, such as Europe/Berlin.",
    "time_zone_changed_lately": "The time zone was changed within the last 24 hours. "
    "Try again later.",
    "company_changed_meanwhile": "The company was changed in the meantime. "
    "Check its details and try again.",
    "bad_locale": "This is not a valid locale. Use a BCP 47 tag, such as de or en-GB.",
    "password_too_short": "The password is too short. "
    "Use at least {min_length} characters.",
    "password_too_long": "The password is too long. "
    "Use at most {max_length} characters.",
    "not_a_personal_step": "This verification step belongs to a company, "
    "not to a person.",
    "no_such_service": "No service has this ID.",
    "no_such_plan": "The catalogue has no plan with this code.",
    "no_such_price": "The plan has no price for this currency and period. "
    "Import one with `client-area catalog import`.",
    "wrong_state": "The service is {state}, so this change is not possible.",
    "reference_taken": "The company already has a service with this reference.",
    "wrong_currency": "The price is not in the service's currency.",
    "already_requested": "Termination was already requested for this service.",
    "not_requested": "No termination was requested for this service.",
    "bad_reference": "The reference is empty, too long or has control characters. "
    "Use one line of up to {max_length} characters.",
    "price_out_of_range": "The price must be between 0 and 1,000,000,000.",
    # Reasons, days, lists
    "reason_missing": "Enter a reason.",
    "bad_reason": "The reason is too long or has control characters. "
    "Use one line of up to {max_length} characters.",
    "bad_day": "{value} is outside the supported dates. Choose another day.",
    "bad_date": "This date is outside the supported dates. Choose another day.",
    "bad_limit": "The page size must be between 1 and {max_limit}. " + _UPDATE,
    "bad_cursor": "The list changed while it was being read. Run the command again.",
    "too_many_rows": "One call takes at most {max_rows} rows. "
    "Split the file and import its parts.",
    "no_such_import": "This import has expired. Import the file again.",
    "other_import": "This import is for another type of file. Import the file again.",
    "changed_meanwhile": "The catalogue or a service was changed during the import, so "
    "nothing was imported. Import the file again.",
    # Wallets and payments
    "no_such_wallet": "The company has no wallet in {currency}. "
    "Open one with `client-area wallet open`.",
    "wallet_exists": "The company already has a wallet in {currency}.",
    "no_such_currency": "This is not a valid currency. "
    "Use its ISO 4217 code, such as EUR.",
    "currency_not_current": "This currency is no longer in use (ISO 4217).",
    "currency_not_invoiced": "Invoices can't show this currency, "
    "because it has more than two decimal places.",
    "bad_amount": "The amount is not valid here. Check its sign, currency and size; "
    "it may have at most six decimal places.",
    "no_such_top_up": "No top-up has this ID.",
    "not_refundable": "The payment can't be refunded, because the top-up is {state}.",
    "more_than_unspent": "At most {left} can be refunded: the rest has been spent. "
    "Refund that amount or less with --net, or adjust the wallet first.",
    "goodwill_not_refundable": "Goodwill can't be refunded. {left} of the balance was "
    "paid in and {goodwill} is goodwill.",
    "done_before": "The same was done within the last hour, as {id}. "
    "To do it again, add --again {id}",
    "no_such_dispute": "No dispute with this ID is waiting to be booked. "
    "Run `client-area payments problems` to see those that are.",
    "dispute_booked": "This dispute is already booked.",
    "no_such_refund_request": "There is no refund request for this payment. "
    "Run `client-area refunds list` to see the open ones.",
    "refund_request_decided": "This refund request has already been decided: {state}.",
    "gateway_unreachable": "The payment provider can't be reached. " + _RETRY,
    # Documents, exchange rates and tax
    "no_such_document": "No document has this number. "
    "Check the number, such as INV-2026-000017.",
    "not_an_invoice": "This document is a {kind}. Enter the number of an invoice.",
    "credited_already": "This invoice is already credited in full.",
    "nothing_to_complete": "This invoice already shows its VAT in your own currency.",
    "no_exchange_rate": "There is no exchange rate for this invoice. "
    "Import one with `client-area rates import`, then try again.",
    "file_differs": "The stored {format} file is intact but differs from the rebuilt "
    "one. To replace it, add --replace.",
    "file_damaged": "The stored file is damaged. "
    "Rebuild it with `client-area documents rebuild`.",
    "file_not_ready": "The file is still being created. Try again in a minute.",
    "bad_rate": "The rate is not valid. Exchange rates must be above 0; tax rates from "
    "0 to below 100, with at most two decimal places.",
    "bad_source": "The source's name is too long or has control characters. "
    "Use one line of up to {max_length} characters.",
    "bad_territory": "This country has no such territory with its own VAT rate. "
    "Use PT-20 (Azores) or PT-30 (Madeira), or leave it out.",
    "no_tax_id": "This company has no VAT ID.",
    "tax_id_not_valid": "VIES has not confirmed this VAT ID as valid, "
    "so there is nothing to confirm.",
    "no_tax_rate": "There is no VAT rate for {country} on this day. "
    "Add one with `client-area tax rates add`.",
    "postal_code_unclear": "VAT depends on the postal code, and {postal_code} is not "
    "valid for {country}. Correct it on the company's profile.",
    "no_billing_address": "Billing has no address for this company. "
    "Run `client-area companies republish` and try again.",
    # The way to the services
    "assertion_expired": "The operator's signature has expired. "
    "Check this machine's clock.",
    "assertion_forged": "The services rejected the operator's key. "
    "Check that KEYS_DIR holds the key of this installation, and this machine's clock.",
    "principal_missing": "The services need to know who you are. " + _UPDATE,
    "principal_expired": "Your sign-in as an operator has expired. "
    "Run the command again and check this machine's clock.",
    "principal_forged": "The services rejected your sign-in as an operator. "
    "Check that KEYS_DIR holds the key of this installation.",
    "permission_missing": "The operator's key doesn't allow this.",
    "no_company": "This call needs a company. " + _UPDATE,
    "broker_unreachable": "RabbitMQ can't be reached. "
    "Check AMQP_URL and whether RabbitMQ is running.",
    "client_closed": "The connection was closed before the call. " + _RETRY,
    "database_outdated": "The database is older than this version. "
    "Run the migrations by starting the client area, then try again.",
    "database_unreachable": "The service can't reach its database. " + _RETRY,
    "deadline_exceeded": "The service did not answer in time. " + _RETRY,
    "service_resting": "The service failed repeatedly, so calls to it are paused. "
    + _RETRY,
    "service_unreachable": "The service can't be reached. " + _RETRY,
    "stopping": "The service is shutting down. " + _RETRY,
    "too_many_calls": "Too many calls are waiting for an answer. " + _RETRY,
    "no_such_method": "The service doesn't know this call. " + _UPDATE,
    "event_forged": "An event did not come from the service it names. "
    "Check the keys in KEYS_DIR.",
    "idempotency_key_missing": "This call needs a key. " + _UPDATE,
    "idempotency_key_reused": "This --key was already used for another command. "
    "Leave it out, or repeat that command exactly.",
    "idempotency_key_too_long": "The --key is too long. Copy it from the message that "
    "showed it.",
    "malformed_message": "The service could not read the request. " + _UPDATE,
}
_BY_STATUS = {
    401: "The services rejected the operator's key.",
    403: "The operator's key doesn't allow this.",
    404: "Not found.",
    409: "This is not possible in the current state.",
    422: "The request is not valid.",
    429: "Too many attempts. Wait a minute and try again.",
    503: "The service can't be reached. " + _RETRY,
}


def sentence(refusal: ContractError) -> str:
    """Tell an operator what is wrong and what to do, with the code at the end.

    The service's own detail is shown where the sentence has no parameters.
    """
    template = _SENTENCES.get(refusal.code, _BY_STATUS[refusal.http_status])
    try:
        text = template.format_map(refusal.parameters)
    except KeyError:
        text = _BY_STATUS[refusal.http_status]
    if refusal.detail and text == template:
        text = f"{text} Details: {refusal.detail}"
    return f"{text} [{refusal.code}]"


def has_sentence(code: str) -> bool:
    return code in _SENTENCES
