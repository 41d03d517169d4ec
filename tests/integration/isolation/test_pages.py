"""Every address of the web against everybody: who sees it, who is sent away.

A cell of the table is what the browser gets, and not derived from the code:

    200…  that status; nothing was changed if it is a refusal
    303   done, and sent on
    login sent to the login, and nothing was changed
    out   signed out, and sent to the login

No customer is ever shown a word of the other company. To add a page, add its line:
the cells, and an example of its address (and of its form). Only people have browsers,
so operators have no column here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared.contracts import billing, identity, inventory
from tests.fixtures.installations import (
    PASSWORD,
    csrf_token,
    same_cookies,
    sign_in,
)
from tests.fixtures.isolation.world import (
    CUSTOMERS,
    EXPIRED,
    NOBODY,
    OUR_WORD,
    STRANGER,
    THEIR_WORD,
    World,
)
from tests.fixtures.web.pages import FRAGMENTS, HTMX

ENDED = "ended"
"""Our owner, whose session has ended elsewhere: the principal is good for a while yet,
and so are the blocks, which do not ask identity. No page is, and no form."""
PEOPLE = (*CUSTOMERS[:-1], ENDED, EXPIRED)

SERVICES = (identity.CONTRACT.name, inventory.CONTRACT.name, billing.CONTRACT.name)


@dataclass(frozen=True)
class Line:
    """``address`` and ``form`` may name what is ours: see `names_in`."""

    method: str
    address: str
    cells: str
    form: Mapping[str, str] = field(default_factory=dict)

    def expected(self) -> Mapping[str, str]:
        return dict(zip(PEOPLE, self.cells.split(), strict=True))

    def __str__(self) -> str:
        return f"{self.method} {self.address}"


# One line each, however long: it is a table.
# fmt: off
# ruff: noqa: E501
LINES = (
    #                                              own adm bil tec vie str nobody ended expired
    Line("GET", "/",                              "200 200 200 200 200 200 login login login"),
    Line("GET", "/?company={company}",            "200 200 200 200 200 404 login login login"),
    Line("GET", "/blocks/balance",                "200 200 200 200 200 200 login login login"),
    Line("GET", "/blocks/balance?company={company}", "200 200 200 200 200 404 login login login"),
    Line("GET", "/blocks/menu",                   "200 200 200 200 200 200 login login login"),
    Line("GET", "/blocks/menu?company={company}", "200 200 200 200 200 404 login login login"),
    Line("GET", "/blocks/services",               "200 200 200 200 200 200 login login login"),
    Line("GET", "/blocks/services?company={company}", "200 200 200 200 200 404 login login login"),
    Line("GET", "/blocks/costs",                  "200 200 200 200 200 200 login login login"),
    Line("GET", "/blocks/costs?company={company}", "200 200 200 200 200 404 login login login"),
    Line("GET", "/blocks/recommended",            "200 200 200 200 200 200 login login login"),
    Line("GET", "/blocks/recommended?company={company}",  "200 200 200 200 200 404 login login login"),
    Line("GET", "/blocks/security",               "200 200 200 200 200 200 login login login"),
    Line("GET", "/blocks/security?company={company}", "200 200 200 200 200 404 login login login"),
    Line("GET", "/services",                      "200 200 200 200 200 200 login login login"),
    Line("GET", "/services?q=service&sort=price", "200 200 200 200 200 200 login login login"),
    Line("GET", "/services?company={company}",    "200 200 200 200 200 404 login login login"),
    Line("GET", "/services/{service}",            "200 200 200 200 200 404 login login login"),
    Line("GET", "/services/{service}?company={company}", "200 200 200 200 200 404 login login login"),
    Line("GET", "/account",                       "200 200 200 200 200 200 login login login"),
    Line("GET", "/account?company={company}",     "200 200 200 200 200 404 login login login"),
    Line("GET", "/account/companies/new",         "200 200 200 200 200 200 login login login"),
    # Of no country, as nobody is to get a second company here.
    Line("POST", "/account/companies/new",        "422 422 422 422 422 422 login login login", {"name": "Further Ltd", "kind": "business", "country": "XX", "time_zone": "UTC", "form_key": "{new_key}"}),
    Line("GET", "/account/details",               "200 200 200 200 200 200 login login login"),
    Line("POST", "/account/details",              "303 303 303 303 303 303 login login login", {"name": "Ann", "locale": "en", "time_zone": "UTC"}),
    Line("GET", "/account/email",                 "200 200 200 200 200 200 login login login"),
    Line("POST", "/account/email",                "303 303 303 303 303 303 login login login", {"email": "new@{word}.example", "form_key": "{new_key}"}),
    Line("GET", "/confirm-email/no-such-link",    "200 200 200 200 200 200 login login login"),
    Line("POST", "/confirm-email/no-such-link",   "404 404 404 404 404 404 login login login", {"form_key": "{new_key}"}),
    Line("GET", "/verify-email/no-such-link",     "404 404 404 404 404 404 404 404 404"),
    Line("POST", "/verify-email/no-such-link",    "404 404 404 404 404 404 404 404 404"),
    Line("GET", "/undo-email/no-such-link",       "404 404 404 404 404 404 404 404 404"),
    Line("POST", "/undo-email/no-such-link",      "404 404 404 404 404 404 404 404 404"),
    Line("GET", "/account/password",              "200 200 200 200 200 200 login login login"),
    Line("GET", "/account/activity",              "200 200 200 200 200 200 login login login"),
    Line("GET", "/account/activity?company={company}", "200 200 200 200 200 404 login login login"),
    Line("GET", "/account/activity.csv",          "200 200 200 200 200 200 login login login"),
    # A wrong current password, as the right one would change it.
    Line("POST", "/account/password",             "422 422 422 422 422 422 login login login", {"current": "not the password", "new": "tram under violet elms"}),
    Line("GET", "/account/personal-data",         "200 200 200 200 200 200 login login login"),
    Line("POST", "/account/personal-data/export", "200 200 200 200 200 200 login login login"),
    # Another email, as their own would delete the account.
    Line("POST", "/account/personal-data/erase",  "422 422 422 422 422 422 login login login", {"email": "another@example.com"}),
    Line("GET", "/account/sessions",              "200 200 200 200 200 200 login login login"),
    Line("POST", "/account/sessions/{company}/end", "404 404 404 404 404 404 login login login", {"form_key": "a-key"}),
    Line("POST", "/account/sessions/end-others",  "303 303 303 303 303 303 login login login", {"form_key": "{new_key}"}),
    Line("GET", "/confirm?next=/account",         "200 200 200 200 200 200 login login login"),
    # What was sent before is missing, which is seen before the session is.
    Line("POST", "/confirm",                      "400 400 400 400 400 400 login 400 400", {"password": PASSWORD}),
    Line("POST", "/confirm/passkey/options",      "200 200 200 200 200 200 login login login"),
    # As a proof by password.
    Line("POST", "/confirm/passkey",              "400 400 400 400 400 400 login 400 400", {"credential": "{{}}"}),
    Line("GET", "/account/verification",          "200 200 200 200 200 200 login login login"),
    Line("GET", "/account/verification/email",    "200 200 200 200 200 200 login login login"),
    # Everybody's is verified, so nobody has a code.
    Line("POST", "/account/verification/email",   "409 409 409 409 409 409 login login login", {"form_key": "{new_key}"}),
    Line("POST", "/account/verification/email/code", "404 404 404 404 404 404 login login login", {"code": "123456"}),
    Line("GET", "/account/verification/phone",    "200 200 200 200 200 200 login login login"),
    Line("POST", "/account/verification/phone",   "422 422 422 422 422 422 login login login", {"number": "none", "form_key": "{new_key}"}),
    # Nobody has a code, nor a number to remove.
    Line("POST", "/account/verification/phone/code", "404 404 404 404 404 404 login login login", {"code": "123456"}),
    Line("POST", "/account/verification/phone/remove", "409 409 409 409 409 409 login login login"),
    Line("GET", "/account/verification/document", "200 200 200 200 200 200 login login login"),
    # A form without a file.
    Line("POST", "/account/verification/document", "422 422 422 422 422 422 login login login"),
    # Nobody has sent a document: the page shows another state than it asks about.
    Line("GET", "/account/verification/document/state?state=checking", "200 200 200 200 200 200 login login login"),
    Line("GET", "/account/two-factor",            "200 200 200 200 200 200 login login login"),
    Line("GET", "/account/two-factor/app",        "200 200 200 200 200 200 login login login"),
    # Nothing was proposed, and nobody has a factor to turn off.
    Line("POST", "/account/two-factor/app",       "303 303 303 303 303 303 login login login", {"code": "123456"}),
    Line("POST", "/account/two-factor/off",       "409 409 409 409 409 409 login login login", {"code": "123456"}),
    Line("POST", "/account/two-factor/recovery-codes", "303 303 303 303 303 303 login login login"),
    Line("POST", "/account/two-factor/recovery-codes.txt", "422 422 422 422 422 422 login login login", {"codes": "none"}),
    Line("GET", "/account/notices",               "200 200 200 200 200 200 login login login"),
    Line("GET", "/account/notices?company={company}", "200 200 200 200 200 404 login login login"),
    Line("POST", "/account/notices/read",         "303 303 303 303 303 303 login login login", {"up_to": "1000000", "form_key": "{new_key}"}),
    Line("GET", "/blocks/bell",                   "200 200 200 200 200 200 login login login"),
    Line("GET", "/blocks/bell?company={company}", "200 200 200 200 200 404 login login login"),
    # Who has the token need not be logged in; a guessed one is worth nothing to anybody.
    Line("GET", f"/not-me/{'0' * 96}",            "404 404 404 404 404 404 404 404 404"),
    Line("POST", f"/not-me/{'0' * 96}",           "404 404 404 404 404 404 404 404 404"),
    # No passkey of theirs has such an id.
    Line("GET", "/account/passkeys/{new_key}",    "404 404 404 404 404 404 login login login"),
    Line("POST", "/account/passkeys/{new_key}/name", "404 404 404 404 404 404 login login login", {"name": "My key", "form_key": "a-key"}),
    Line("POST", "/account/passkeys/{new_key}/remove", "404 404 404 404 404 404 login login login"),
    Line("POST", "/account/passkeys/options",     "200 200 200 200 200 200 login login login"),
    # Refused on the page that they are led to.
    Line("POST", "/account/passkeys",             "303 303 303 303 303 303 login login login", {"credential": "{{}}"}),
    Line("GET", "/companies/{company}/profile",   "200 200 200 200 200 404 login login login"),
    Line("GET", "/companies/{company}/leave",     "200 200 200 200 200 404 login login login"),
    # Nobody has a second company, without which they can't leave this one.
    Line("POST", "/companies/{company}/leave",    "409 409 409 409 409 404 login login login", {"form_key": "{new_key}"}),
    Line("GET", "/companies/{company}/profile/edit", "200 200 403 403 403 404 login login login"),
    Line("GET", "/companies/{company}/profile/tax", "200 200 200 403 200 404 login login login"),
    Line("POST", "/companies/{company}/profile/edit", "303 303 403 403 403 404 login login login", {"version": "1", "name": f"Company {OUR_WORD}", "kind": "business", "city": f"City of {OUR_WORD}", "country": "DE", "time_zone": "UTC", "form_key": "a-key"}),
    Line("POST", "/companies/{company}/tax-id",   "303 303 303 403 403 404 login login login", {"tax_id": "DE136695976", "form_key": "a-key"}),
    Line("GET", "/companies/{company}/close",     "200 403 403 403 403 404 login login login"),
    # Not the company's name, as that would close it.
    Line("POST", "/companies/{company}/close",    "422 403 403 403 403 404 login login login", {"name": "another", "form_key": "{new_key}"}),
    Line("GET", "/companies/{company}/members",   "200 200 200 200 200 404 login login login"),
    Line("GET", "/companies/{company}/members/{member}", "200 200 403 403 403 404 login login login"),
    Line("POST", "/companies/{company}/members/{member}/role", "303 303 403 403 403 404 login login login", {"role": "billing", "form_key": "{new_key}"}),
    Line("POST", "/companies/{company}/members/{member}/remind", "303 303 403 403 403 404 login login login", {"form_key": "{new_key}"}),
    Line("POST", "/companies/{company}/members/{member}/remove", "303 303 403 403 403 404 login login login", {"form_key": "{new_key}"}),
    # No longer required, which it never was.
    Line("POST", "/companies/{company}/members/two-factor", "303 303 403 403 403 404 login login login", {"form_key": "{new_key}"}),
    # Nothing is offered, as people read on the page that they are led to.
    Line("POST", "/companies/{company}/members/ownership/withdraw", "303 403 403 403 403 404 login login login", {"form_key": "{new_key}"}),
    Line("POST", "/companies/{company}/members/ownership/accept", "303 303 303 303 303 404 login login login", {"form_key": "{new_key}"}),
    Line("POST", "/companies/{company}/members/ownership/decline", "303 303 303 303 303 404 login login login", {"form_key": "{new_key}"}),
    Line("POST", "/companies/{company}/members/ownership/offer/{member}", "303 403 403 403 403 404 login login login", {"form_key": "{new_key}"}),
    Line("GET", "/help/roles",                    "200 200 200 200 200 200 login login login"),
    Line("GET", "/companies/{company}/members/invite", "200 200 403 403 403 404 login login login"),
    Line("POST", "/companies/{company}/members/invite", "303 303 403 403 403 404 login login login", {"email": "{new_key}@{word}.example", "role": "viewer", "form_key": "{new_key}"}),
    # No invitation of theirs has such an id.
    Line("POST", "/companies/{company}/members/invitations/{new_key}/resend", "303 303 403 403 403 404 login login login", {"form_key": "{new_key}"}),
    Line("POST", "/companies/{company}/members/invitations/{new_key}/revoke", "303 303 403 403 403 404 login login login", {"form_key": "{new_key}"}),
    Line("POST", "/companies/{company}/members/invitations/{new_key}/approve", "303 303 403 403 403 404 login login login", {"form_key": "{new_key}"}),
    Line("GET", "/companies/{company}/members/contacts/add", "200 200 200 403 200 404 login login login"),
    Line("POST", "/companies/{company}/members/contacts/add", "303 303 303 403 403 404 login login login", {"email": "{new_key}@{word}.example", "form_key": "{new_key}"}),
    Line("POST", "/companies/{company}/members/contacts/{new_key}/remove", "303 303 303 403 403 404 login login login", {"form_key": "{new_key}"}),
    # Nobody has the link that a mail brings.
    Line("GET", "/invitations/none",              "404 404 404 404 404 404 404 404 404"),
    Line("POST", "/invitations/none/accept",      "404 404 404 404 404 404 login login login"),
    Line("POST", "/invitations/none/join",        "404 404 404 404 404 404 404 404 404", {"name": "Ann", "new": "tram under violet elms"}),
    Line("POST", "/invitations/none/join-existing", "404 404 404 404 404 404 404 404 404"),
    Line("POST", "/invitations/none/decline",     "404 404 404 404 404 404 404 404 404"),
    Line("GET", "/confirm-contact/none",          "404 404 404 404 404 404 404 404 404"),
    Line("POST", "/confirm-contact/none",         "404 404 404 404 404 404 404 404 404"),
    Line("GET", "/stop-documents/none",           "404 404 404 404 404 404 404 404 404"),
    Line("POST", "/stop-documents/none",          "404 404 404 404 404 404 404 404 404"),
    Line("GET", "/companies/{company}/activity",  "200 200 403 403 403 404 login login login"),
    Line("GET", "/companies/{company}/activity.csv", "200 200 403 403 403 404 login login login"),
    Line("GET", "/companies/{company}/transactions", "200 200 200 403 200 404 login login login"),
    Line("GET", "/companies/{company}/transactions/{entry}", "200 200 200 403 200 404 login login login"),
    Line("GET", "/companies/{company}/transactions.csv", "200 200 200 403 200 404 login login login"),
    Line("GET", "/companies/{company}/invoices",  "200 200 200 403 200 404 login login login"),
    Line("GET", "/companies/{company}/invoices.zip", "200 200 200 403 200 404 login login login"),
    Line("GET", "/companies/{company}/invoices/{document}", "200 200 200 403 200 404 login login login"),
    Line("GET", "/companies/{company}/invoices/{document}.pdf", "200 200 200 403 200 404 login login login"),
    # Only owners hand services over. Nobody has this ID, and no handover has it.
    Line("GET", "/companies/{company}/services/{service}/hand-over", "200 403 403 403 403 404 login login login"),
    Line("POST", "/companies/{company}/services/{service}/hand-over", "404 403 403 403 403 404 login login login", {"other": "{new_key}"}),
    Line("GET", "/companies/{company}/handovers/{new_key}", "404 403 403 403 403 404 login login login"),
    Line("POST", "/companies/{company}/handovers/{new_key}/accept", "404 403 403 403 403 404 login login login"),
    Line("POST", "/companies/{company}/handovers/{new_key}/decline", "404 403 403 403 403 404 login login login"),
    Line("POST", "/companies/{company}/handovers/{new_key}/withdraw", "404 403 403 403 403 404 login login login"),
    Line("GET", "/companies/{company}/wallets",   "200 200 200 403 200 404 login login login"),
    # The company has that one already.
    Line("POST", "/companies/{company}/wallets",  "409 409 409 403 403 404 login login login", {"currency": "EUR", "form_key": "a-key"}),
    Line("POST", "/companies/{company}/wallets/primary", "303 303 303 403 403 404 login login login", {"currency": "EUR", "form_key": "a-key"}),
    Line("POST", "/companies/{company}/wallets/comfort-buffer", "303 303 303 403 403 404 login login login", {"currency": "EUR", "buffer": "5", "horizon": "30", "form_key": "a-key"}),
    Line("GET", "/funds/add",                     "200 200 200 200 200 200 login login login"),
    Line("GET", "/funds/add?company={company}",   "200 200 200 200 200 404 login login login"),
    Line("GET", "/funds/quote?net=20&currency=EUR", "200 200 200 403 403 200 login login login"),
    Line("POST", "/funds/add",                    "303 303 303 403 403 404 login login login", {"company": "{company}", "net": "20", "currency": "EUR", "gateway": "bank_transfer", "digest": "{digest}", "is_intended": "yes", "form_key": "{new_key}"}),
    Line("GET", "/funds/top-ups/{top_up}",        "200 200 200 403 200 404 login login login"),
    Line("GET", "/funds/top-ups/{top_up}/state",  "200 200 200 403 200 404 login login login"),
    Line("POST", "/funds/top-ups/{top_up}/pay",   "303 303 303 403 403 404 login login login"),
    Line("POST", "/funds/top-ups/{top_up}/cancel", "303 303 303 403 403 404 login login login"),
    Line("POST", "/funds/top-ups/{top_up}/refund-requests", "303 303 303 403 403 404 login login login", {"payment": "{duplicate}", "form_key": "a-key"}),
    # The example is paid by bank: sent back to its own page.
    Line("GET", "/funds/top-ups/{top_up}/card",   "303 303 303 403 403 404 login login login"),
    Line("POST", "/funds/top-ups/{top_up}/card/forget", "404 404 404 403 403 404 login login login", {"card": "pm_1"}),
    # What counts is the gateway's signature.
    Line("POST", "/webhooks/bank_transfer",       "401 401 401 401 401 401 401 401 401"),
    Line("POST", "/companies/switch",             "303 303 303 303 303 404 login login login", {"company": "{company}"}),
    # Whoever has a session is sent on from the login, whether it still lives or not.
    Line("GET", "/login",                         "302 302 302 302 302 302 200 302 302"),
    Line("POST", "/login",                        "303 303 303 303 303 303 401 401 401", {"email": "{email}", "password": PASSWORD}),
    Line("GET", "/login/forgot",                  "200 200 200 200 200 200 200 200 200"),
    Line("POST", "/login/forgot",                 "303 303 303 303 303 303 303 303 303", {"email": "{email}"}),
    Line("GET", "/login/forgot/sent",             "200 200 200 200 200 200 200 200 200"),
    # Nobody has the link that a mail brings.
    Line("GET", "/reset-password/none",           "404 404 404 404 404 404 404 404 404"),
    Line("POST", "/reset-password/none",          "404 404 404 404 404 404 404 404 404", {"new": "tram under violet elms"}),
    # The provider does not offer it here; tests/integration/web/signing_up does.
    Line("GET", "/sign-up",                       "404 404 404 404 404 404 404 404 404"),
    Line("POST", "/sign-up",                      "404 404 404 404 404 404 404 404 404", {"email": "{email}"}),
    Line("GET", "/sign-up/sent",                  "404 404 404 404 404 404 404 404 404"),
    Line("GET", "/sign-up/none",                  "404 404 404 404 404 404 404 404 404"),
    Line("POST", "/sign-up/none",                 "404 404 404 404 404 404 404 404 404", {"name": "Ann"}),
    # Nobody is between their password and their second factor.
    Line("GET", "/login/second-step",             "303 303 303 303 303 303 login 303 303"),
    Line("POST", "/login/second-step",            "303 303 303 303 303 303 login 303 303", {"code": "123456"}),
    Line("GET", "/login/set-up",                  "303 303 303 303 303 303 login 303 303"),
    Line("POST", "/login/set-up",                 "303 303 303 303 303 303 login 303 303", {"code": "123456"}),
    Line("POST", "/login/set-up/passkey/options", "401 401 401 401 401 401 401 401 401"),
    Line("POST", "/login/set-up/passkey",         "303 303 303 303 303 303 login 303 303", {"credential": "{{}}"}),
    Line("POST", "/login/passkey/options",        "200 200 200 200 200 200 200 200 200"),
    # Nobody's log-in waits for a second step: sent to the log-in, or on where they are logged in.
    Line("POST", "/login/second-step/passkey/options", "401 401 401 401 401 401 401 401 401"),
    Line("POST", "/login/second-step/passkey", "303 303 303 303 303 303 login 303 303", {"credential": "{{}}"}),
    Line("POST", "/login/passkey",                "422 422 422 422 422 422 422 422 422", {"credential": "{{}}"}),
    # The same answer whether there is such an account or not.
    Line("POST", "/login/link",                   "200 200 200 200 200 200 200 200 200", {"email": "{email}"}),
    Line("GET", "/login-link/no-such-link",       "404 404 404 404 404 404 404 404 404"),
    Line("GET", "/logout",                        "200 200 200 200 200 200 302 200 200"),
    Line("POST", "/logout",                       "out out out out out out login login login"),
    Line("POST", "/theme",                        "303 303 303 303 303 303 303 303 303", {"theme": "dark"}),
    Line("GET", "/theme.css",                     "200 200 200 200 200 200 200 200 200"),
    Line("GET", "/healthz",                       "200 200 200 200 200 200 200 200 200"),
    # In development only, with made-up data.
    Line("GET", "/dev/components",                "200 200 200 200 200 200 200 200 200"),
    Line("GET", "/dev/components/crowded",        "200 200 200 200 200 200 200 200 200"),
    Line("GET", "/dev/components/first-view",     "200 200 200 200 200 200 200 200 200"),
    # Mails are kept for developers only where there is no mail server.
    Line("GET", "/dev/mailbox",                   "404 404 404 404 404 404 404 404 404"),
    Line("GET", "/dev/mailbox/1",                 "404 404 404 404 404 404 404 404 404"),
    Line("GET", "/dev/mailbox/1.html",            "404 404 404 404 404 404 404 404 404"),
    # An address of ours in a way it does not know; one that nobody knows.
    Line("POST", "/services/{service}",           "405 405 405 405 405 405 405 405 405"),
    Line("GET", "/no/such/page",                  "404 404 404 404 404 404 404 404 404"),
)
# fmt: on

FRAGMENT_ADDRESSES = tuple(
    re.sub(r"<\w+>", "[^/?]+", address) + r"(\?|$)" for address in FRAGMENTS
)

FAILED_TRIES_ARE_KEPT = {
    "/login",
    "/account/password",
    "/invitations/none",
    "/invitations/none/accept",
    "/invitations/none/join",
    "/invitations/none/join-existing",
    "/invitations/none/decline",
    "/confirm-contact/none",
    "/stop-documents/none",
}
"""Limits count them."""

WITHOUT_IDENTITY = {
    "/webhooks/bank_transfer": "401",
    # The browser at least forgets who was signed in.
    "/logout": "303",
    "/theme": "303",
    "/confirm": "400",
    "/confirm/passkey": "400",
    "/services/{service}": "405",
    # Not offered here.
    "/sign-up": "404",
    "/sign-up/none": "404",
}
"""What a form is answered while identity is away, if it is not 503."""

SHOWS_TEXTS = (
    "/",
    "/blocks/menu",
    "/blocks/costs",
    "/services",
    "/services/{service}",
    "/account",
    "/companies/{company}/profile",
    "/companies/{company}/profile/edit",
    "/companies/{company}/members",
    "/companies/{company}/transactions/{entry}",
    "/companies/{company}/invoices/{document}",
    "/companies/{company}/wallets",
    "/funds/add",
)
"""Pages that bear their company's word: silence would prove nothing."""


@dataclass(repr=False)
class Browsers:
    """One signed-in browser for each person; each request is a tab of its own."""

    world: World
    app: Flask
    _signed_in: dict[str, tuple[FlaskClient, str]] = field(default_factory=dict)

    def tab(self, person: str) -> tuple[FlaskClient, str]:
        """A tab with the person's cookies, and the token for its forms."""
        if person not in self._signed_in:
            self._signed_in[person] = self._open(person)
        browser, token = self._signed_in[person]
        tab = same_cookies(self.app, browser)
        return tab, token

    def close(self, person: str) -> None:
        """Sign in anew next time."""
        del self._signed_in[person]

    def _open(self, person: str) -> tuple[FlaskClient, str]:
        if person == NOBODY:
            browser = self.app.test_client()
            return browser, csrf_token(browser, "/login")
        is_out = person in {ENDED, EXPIRED}
        email = self.world.email_of("owner" if is_out else person)
        browser = sign_in(self.app, email, PASSWORD)
        token = csrf_token(browser, "/account")
        if is_out:
            tab = same_cookies(self.app, browser)
            assert tab.post("/logout", data={"csrf_token": token}).status_code == 303
        if person == EXPIRED:
            browser.set_cookie("principal", self.world.principals[EXPIRED] or "")
        return browser, token


@pytest.fixture(scope="module")
def browsers(world: World) -> Browsers:
    # One application for all: what it remembers of one must not reach another.
    return Browsers(world, world.site.app())


@pytest.mark.parametrize("line", LINES, ids=str)
def test_everybody_gets_what_the_table_says(
    world: World, browsers: Browsers, line: Line
) -> None:
    wrong = []
    for person, cell in line.expected().items():
        found = _try(world, browsers, line, person, cell)
        if found != cell:
            wrong.append(f"{line} by {person}: {found}, should be {cell}")

    assert wrong == []


def test_every_address_has_its_line(world: World) -> None:
    app = world.site.app()
    places = app.url_map.bind("localhost")
    known = set()
    for line in LINES:
        path = line.address.format(**names_in(world, "", line)).partition("?")[0]
        if places.test(path, method=line.method):
            rule, _ = places.match(path, method=line.method, return_rule=True)
            known.add((line.method, rule.rule))
    missing = {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if (method, rule.rule) not in known
    }

    assert missing == set(), (
        f"say for each who gets what: add a Line to the table in {__file__}"
    )


def test_every_block_has_its_lines(world: World) -> None:
    from web.dashboard.blocks import BLOCKS

    wanted = {f"/blocks/{name}" for name in BLOCKS}
    wanted |= {f"{address}?company={{company}}" for address in wanted}

    assert wanted - {line.address for line in LINES} == set(), (
        f"a block is an address, too: add its Lines to the table in {__file__}"
    )


def test_what_is_looked_for_is_there_for_its_own_company(
    world: World, browsers: Browsers
) -> None:
    """Without this, a matrix of pages without any text would be worth nothing."""
    for person, side in (("owner", world.ours), (STRANGER, world.theirs)):
        names = {
            "company": side.company_id,
            "service": side.service_id,
            "entry": world.entry_of(side),
            "document": world.document_of(side),
        }
        for address in SHOWS_TEXTS:
            tab, _token = browsers.tab(person)
            page = tab.get(address.format(**names), headers=HTMX)
            assert side.word in page.text.lower(), f"{address} by {person}"


@pytest.mark.full
def test_without_identitys_word_no_form_changes_anything(
    world: World, browsers: Browsers
) -> None:
    """The principal is good for a while yet, but the session may have ended."""
    wrong = []
    for line in LINES:
        if line.method != "POST":
            continue
        names = names_in(world, "owner", line)
        tab, token = browsers.tab("owner")
        before = contents_of(world)
        with world.without(identity.CONTRACT.name):
            answer = open_line(tab, token, line, names)
        changed = "" if before == contents_of(world) else " that changed something"
        found = f"{answer.status_code}{changed}"
        wanted = WITHOUT_IDENTITY.get(line.address, "503")
        if found != wanted:
            wrong.append(f"{line}: {found}, should be {wanted}")

    assert wrong == []


def _try(world: World, browsers: Browsers, line: Line, person: str, cell: str) -> str:
    """Open the address; says what came of it, as a cell or, when worse, in words."""
    tab, token = browsers.tab(person)
    names = names_in(world, person, line)
    is_refused = cell == "login" or cell.startswith("4")
    before = contents_of(world) if is_refused else None
    answer = open_line(tab, token, line, names)
    if cell == "out":
        browsers.close(person)
    found = _cell_of(answer, cell)
    foreign = OUR_WORD if person == STRANGER else THEIR_WORD
    said = answer.get_data().decode(errors="replace")
    if foreign in f"{answer.headers}{said}".lower():
        return f"{found} with a word of the other company"
    if line.address in FAILED_TRIES_ARE_KEPT or before is None:
        return found
    return found if before == contents_of(world) else f"{found} that changed something"


def open_line(
    tab: FlaskClient, token: str, line: Line, names: Mapping[str, object]
) -> TestResponse:
    form = {name: value.format(**names) for name, value in line.form.items()}
    if line.method == "POST":
        form["csrf_token"] = token
    address = line.address.format(**names)
    headers = HTMX if _is_fragment(line, address) else None
    return tab.open(address, method=line.method, data=form or None, headers=headers)


def _is_fragment(line: Line, address: str) -> bool:
    is_got = line.method == "GET"
    return is_got and any(re.match(each, address) for each in FRAGMENT_ADDRESSES)


def _cell_of(answer: TestResponse, cell: str) -> str:
    where = answer.headers.get("Location") or answer.headers.get("HX-Redirect") or ""
    leads_to_login = where.partition("?")[0] == "/login"
    if answer.status_code in {303, 401} and leads_to_login:
        return "out" if cell == "out" else "login"
    return str(answer.status_code)


def names_in(world: World, person: str, line: Line) -> Mapping[str, object]:
    return {
        "top_up": world.new_top_up() if "{top_up}" in line.address else "",
        "duplicate": world.new_duplicate() if "payment" in line.form else "",
        "entry": world.entry_of(world.ours) if "{entry}" in line.address else "",
        "document": (
            world.document_of(world.ours) if "/invoices" in line.address else ""
        ),
        "digest": world.quote().digest if "digest" in line.form else "",
        "new_key": uuid4(),
        "member": world.new_member() if "{member}" in line.address else "",
        "word": world.word_of(person),
        "company": world.ours.company_id,
        "service": world.ours.service_id,
        "email": world.email_of(person),
    }


def contents_of(world: World) -> list[object]:
    return [world.contents(service) for service in SERVICES]
