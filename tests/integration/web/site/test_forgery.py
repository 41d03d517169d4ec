"""What another site can make a browser send us does and shows nothing of use to it."""

import re

import pytest

from shared.contract import Effect
from shared.contracts import billing, identity, inventory
from tests.fixtures.installations import csrf_token
from tests.fixtures.web.customer_site import CustomerSite

EVIL = "evil.example"
ELSEWHERE = (
    f"//{EVIL}",
    f"https://{EVIL}/",
    f"/\\{EVIL}",
    f"/\t/{EVIL}",
    "javascript:alert(1)",
    "/no/page",
)

READS = {
    str(method)
    for contract in (billing.CONTRACT, identity.CONTRACT, inventory.CONTRACT)
    for method in (*contract.methods, contract.readiness)
    if method.effect is Effect.READ
}
SAFE = {"GET", "HEAD", "OPTIONS"}


def test_no_address_changes_anything_by_being_read(customer_site: CustomerSite) -> None:
    rules = list(customer_site.browser.application.url_map.iter_rules())
    calls = customer_site.site.client.calls
    calls.clear()

    for rule in rules:
        if "GET" in (rule.methods or ()):
            address = re.sub(r"<[^>]+>", "balance", customer_site.address(rule.rule))
            customer_site.browser.get(address).close()

    assert len(calls) > len(rules) / 2
    assert set(calls) <= READS


def test_forms_are_the_only_way_to_change_something(
    customer_site: CustomerSite,
) -> None:
    """Each needs its token: test_safety.py tries them all."""
    rules = customer_site.browser.application.url_map.iter_rules()
    methods = {method for rule in rules for method in rule.methods or ()}

    assert methods - SAFE == {"POST"}


def test_a_form_leads_back_only_to_our_own_pages(customer_site: CustomerSite) -> None:
    fields = {"company": str(customer_site.company_id), "theme": "dark"}
    token = csrf_token(customer_site.browser, "/account")

    for address in ("/theme", "/companies/switch"):
        for target in ELSEWHERE:
            form = {"csrf_token": token, "next": target, **fields}
            answer = customer_site.browser.post(address, data=form)
            assert answer.status_code == 303
            assert answer.headers["Location"].split("?")[0] == "/", (address, target)


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "Forwarded", "X-Host"])
def test_a_header_that_names_another_host_is_not_asked(
    customer_site: CustomerSite, name: str
) -> None:
    forged = {name: f"host={EVIL}" if name == "Forwarded" else EVIL}

    for address in ("/", "/login", "/no/such/page"):
        answer = customer_site.browser.get(address, headers=forged)
        assert EVIL not in f"{answer.headers}{answer.text}", address


def test_no_answer_is_shared_with_another_site(customer_site: CustomerSite) -> None:
    browser, origin = customer_site.browser, {"Origin": f"https://{EVIL}"}

    for address in ("/", "/blocks/balance", "/login", "/theme.css", "/no/such"):
        for answer in (
            browser.get(address, headers=origin),
            browser.options(
                address, headers={**origin, "Access-Control-Request-Method": "POST"}
            ),
        ):
            names = [name.lower() for name, _ in answer.headers]
            assert not [n for n in names if n.startswith("access-control-")], address
