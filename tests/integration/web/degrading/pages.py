"""Every page of the web front end: to add a page, add its line to `ABOUT`."""

import pytest

from web.documents.views import FILE_ADDRESS

ABOUT = {
    "/": None,
    "/services": "inventory",
    "/services/<service_id>": "inventory",
    "/account": "identity",
    "/account/password": "identity",
    "/account/two-factor": "identity",
    "/account/verification": "identity",
    "/companies/<company_id>/profile": "identity",
    "/companies/<company_id>/profile/edit": "identity",
    "/companies/<company_id>/members": "identity",
    "/companies/<company_id>/invoices": "billing",
    "/companies/<company_id>/invoices/<document_id>": "billing",
    "/companies/<company_id>/transactions": "billing",
    "/companies/<company_id>/transactions/<entry_id>": "billing",
    "/companies/<company_id>/wallets": "billing",
    "/funds/add": None,
    "/funds/top-ups/<top_up_id>": "billing",
    "/funds/top-ups/<top_up_id>/card": "billing",
}
"""Whose content a page is about: without that service it has nothing to show.

The others' parts are blocks, and the page is shown without them.
"""

ALL_PAGES = pytest.mark.parametrize("page", ABOUT)

NO_PAGES = {
    "/blocks/<name>",
    "/funds/quote",
    "/funds/top-ups/<top_up_id>/state",
    "/companies/<company_id>/profile/tax",
    "/companies/<company_id>/tax-id",
    "/companies/<company_id>/transactions.csv",
    "/companies/<company_id>/invoices.zip",
    f"/companies/<company_id>{FILE_ADDRESS}",
}
"""Files are in tests/unit/web/page/test_downloads.py."""

BLOCKS = {
    "billing": ("balance", "costs"),
    "inventory": ("menu", "services"),
    "identity": (),
}
FRAME = (">Dashboard</bdi>", 'id="block-balance"', 'id="block-menu"', "Add Funds")
SIGN_IN_AWAY = "The sign-in service can't be reached right now."
CUT_OFF = "Nothing can be reached right now."
