"""Closing a company, through all three services: services, money and documents."""

import re

import pytest
from werkzeug.test import TestResponse

from shared.contracts import billing
from shared.contracts.billing.last_refunds import (
    GRANT_LAST_REFUND,
    LIST_LAST_REFUNDS,
    GrantLastRefund,
    LastRefund,
    LastRefundGranted,
    ListLastRefunds,
)
from shared.contracts.billing.payments import BOOK_BANK_PAYMENTS, BankCredit
from shared.errors import Conflict
from shared.money import Money, currency_of
from tests.fixtures.installations import csrf_token, post
from tests.fixtures.web.customer_site import CustomerSite

EUR = currency_of("EUR")
NET, GROSS = Money("20", EUR), Money("23.80", EUR)
NAME = "Ada & Co"
PAGE = "/companies/<company_id>/close"
OPEN_AFTER = tuple(
    f"/companies/<company_id>/{name}"
    for name in (
        "activity",
        "invoices",
        "members",
        "profile",
        "transactions",
        "wallets",
    )
)
SHUT_AFTER = ("/companies/<company_id>/profile/edit", PAGE)


def close(visit: CustomerSite, name: str) -> TestResponse:
    address = visit.address(PAGE)
    fields = {"csrf_token": csrf_token(visit.browser, address), "form_key": name}
    return visit.browser.post(address, data={**fields, "name": name})


def pay(visit: CustomerSite) -> None:
    """Pay the top-up by bank."""
    top_up = visit.open("/funds/top-ups/<top_up_id>").text
    reference = re.search(r"TU-[A-Z0-9-]+", top_up)
    assert reference
    paid = BankCredit(transaction="T-1", amount=GROSS, text=reference[0])
    booking = billing.payments.BookBankPayments(credits=[paid])
    visit.site.operator.call(BOOK_BANK_PAYMENTS, booking)
    visit.site.services.deliver_events()


def waiting(visit: CustomerSite) -> list[LastRefund]:
    return visit.site.operator.call(LIST_LAST_REFUNDS, ListLastRefunds()).refunds


def grant(visit: CustomerSite) -> LastRefundGranted:
    request = GrantLastRefund(company_id=visit.company_id, currency="EUR")
    return visit.site.operator.call(GRANT_LAST_REFUND, request)


def test_closing_ends_services_cancels_top_ups_and_asks_for_the_last_refund(
    customer_site: CustomerSite,
) -> None:
    pay(customer_site)
    page = customer_site.open(PAGE).text
    assert "1 service</a>" in page
    assert "1 open top-up " in page
    with pytest.raises(Conflict, match="company_open"):
        grant(customer_site)

    assert close(customer_site, "Another").status_code == 422
    assert close(customer_site, NAME.lower()).status_code == 303
    customer_site.site.services.deliver_events()

    service = customer_site.open("/services/<service_id>").text
    assert "The company was closed" in service
    by_card = f"/funds/top-ups/{customer_site.card_top_up_id}"
    assert "Cancelled" in customer_site.open(by_card).text
    assert {customer_site.open(page).status_code for page in OPEN_AFTER} == {200}
    assert {customer_site.open(page).status_code for page in SHUT_AFTER} == {403}
    for page in OPEN_AFTER:
        shown = customer_site.open(page).text
        assert "This company is closed" in shown, page
        assert "Your role does not include" not in shown, page
    (refund,) = waiting(customer_site)
    # What the service gave back was paid from goodwill, which stays.
    assert (refund.company, refund.net, refund.live_services) == (NAME, NET, 0)
    assert grant(customer_site).net == NET
    assert waiting(customer_site) == []
    with pytest.raises(Conflict, match="nothing_to_refund"):
        grant(customer_site)


def test_a_closed_company_says_so_to_who_works_in_another(
    customer_site: CustomerSite,
) -> None:
    browser, new = customer_site.browser, "/account/companies/new"
    fields = {"name": "Second Ltd", "kind": "business", "country": "DE"}
    token = {"csrf_token": csrf_token(browser, new), "form_key": "a"}
    created = browser.post(new, data={**fields, **token, "time_zone": "UTC"})
    second = created.location.split("/")[2]
    close(customer_site, NAME)
    customer_site.site.services.deliver_events()
    post(browser, "/companies/switch", company=second)

    for page in (*OPEN_AFTER, "/companies/<company_id>/leave"):
        assert "This company is closed" in customer_site.open(page).text, page
    leave = customer_site.address("/companies/<company_id>/leave")
    left = post(browser, leave, form_key="b")
    assert left.status_code == 409
    assert "its only owner" in left.text
    assert "Closed" in browser.get("/account").text
