"""The page of one transaction: what services' charges it is made of."""

import re
from html import unescape
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from services.billing.audit import charge_growth
from shared.contracts import inventory
from shared.contracts.inventory.services import Period
from tests.fixtures.billing.subscriber import Subscriber
from tests.fixtures.installations import Installation, sign_in

EMAIL = "ada@example.com"
NO_LINES = "No details for this transaction"
NO_NAMES = "Service names are unavailable right now."

Line = tuple[str, str, str, str]
"""Service's name, kind, from and to, and amount, as they are read."""


@pytest.fixture
def subscriber(site: Installation) -> Subscriber:
    subscriber = Subscriber(site, EMAIL)
    subscriber.pay_in("1000")
    return subscriber


@pytest.fixture
def browser(subscriber: Subscriber) -> FlaskClient:
    return sign_in(subscriber.site.app(), EMAIL)


def test_a_charge_opens_to_its_services_with_their_time_and_amounts(
    subscriber: Subscriber, browser: FlaskClient
) -> None:
    services = {subscriber.order("s", price="10.005"), subscriber.order("m")}
    subscriber.charge()

    page = _page(browser, _opened(browser, subscriber)[0])

    month = "2 Mar 2026, 09:00 - 2 Apr 2026, 09:00"
    assert sorted(_lines(page)) == [
        ("A service", "Charge", month, "-10.005 EUR"),
        ("A service", "Charge", month, "-25.00 EUR"),
    ]
    assert _services(page, subscriber) == services
    heading = re.findall(r"<h1>(.*?)</h1>", page)
    facts = re.findall(r"<dd>(.*?)</dd>", page.split("facts")[1], re.DOTALL)
    assert heading == ["Charge for services"]
    assert list(map(_read, facts[:3])) == [
        "-35.005 EUR",
        "2 Mar 202609:00",
        "964.995 EUR",
    ]


def test_lines_have_the_names_of_their_services(
    subscriber: Subscriber, browser: FlaskClient
) -> None:
    service = subscriber.order()
    subscriber.charge()
    _rename(subscriber, service, "web-01 <b>")

    page = _page(browser, _opened(browser, subscriber)[0])

    assert [line[0] for line in _lines(page)] == ["web-01 <b>"]
    assert (
        "<bdi>web-01 &lt;b&gt;</bdi>"
        in browser.get(_opened(browser, subscriber)[0]).text
    )


def test_each_kind_of_charge_has_words(subscriber: Subscriber) -> None:
    service = subscriber.order()
    subscriber.charge()
    subscriber.pass_time(days=10)
    subscriber.change_price(service, "20")
    subscriber.pass_time(days=10)
    subscriber.terminate(service)
    browser = sign_in(subscriber.site.app(), EMAIL)

    lines = [
        line
        for address in _opened(browser, subscriber)
        for line in _lines(_page(browser, address))
    ]

    assert [(kind, amount[0]) for _, kind, _, amount in lines] == [
        ("Unused time", "+"),
        ("Change of price", "-"),
        ("Charge", "-"),
    ]


def test_time_used_before_it_could_be_paid_is_named_as_such(
    site: Installation,
) -> None:
    subscriber = Subscriber(site, EMAIL)
    subscriber.order(period=Period.DAY)
    subscriber.charge()
    subscriber.pass_time(days=3)
    subscriber.charge()
    subscriber.pay_in("1000")
    subscriber.charge()
    browser = sign_in(site.app(), EMAIL)

    kinds = {
        line[1]
        for address in _opened(browser, subscriber)
        for line in _lines(_page(browser, address))
    }

    assert "Used before payment" in kinds


def test_the_lines_are_paged(subscriber: Subscriber, browser: FlaskClient) -> None:
    services = {subscriber.order() for _ in range(27)}
    subscriber.charge()
    found: list[set[UUID]] = []
    address: str | None = _opened(browser, subscriber)[0]

    while address:
        page = _page(browser, address)
        found.append(_services(page, subscriber))
        onward = re.search(r'rel="next" href="([^"]+)"', page)
        address = onward[1] if onward else None

    assert [len(page) for page in found] == [25, 2]
    assert set().union(*found) == services


def test_merged_hours_are_shown_without_links(
    subscriber: Subscriber,
) -> None:
    subscriber.order(period=Period.HOUR)
    subscriber.pass_time(days=6)
    subscriber.charge()
    browser = sign_in(subscriber.site.app(), EMAIL)
    address = _opened(browser, subscriber)[-1]
    assert len(_lines(_page(browser, address))) > 0
    charge_growth.merge_hours(subscriber.database, subscriber.site.clock.now())

    page = _page(browser, address)

    assert NO_LINES in page
    assert "Charge for services" in page
    assert _lines(page) == []
    assert _services(page, subscriber) == set()


def test_without_inventory_the_page_is_shown_and_leads_to_the_services(
    subscriber: Subscriber, browser: FlaskClient
) -> None:
    service = subscriber.order()
    subscriber.charge()
    _rename(subscriber, service, "web-01")
    (address,) = _opened(browser, subscriber)
    subscriber.site.client.down.add(inventory.CONTRACT.name)

    page = _page(browser, address)

    assert NO_NAMES in page
    assert [line[0] for line in _lines(page)] == ["A service"]
    assert _services(page, subscriber) == {service}
    subscriber.site.client.down.clear()
    assert NO_NAMES not in _page(browser, address)


def test_only_services_charges_can_be_opened(
    subscriber: Subscriber, browser: FlaskClient
) -> None:
    listed = _page(browser, f"/companies/{subscriber.company_id}/transactions")

    assert "Correction" in listed
    assert _opened(browser, subscriber) == []


def test_another_companys_transaction_and_one_that_never_was_look_the_same(
    subscriber: Subscriber, browser: FlaskClient
) -> None:
    subscriber.order()
    subscriber.charge()
    (address,) = _opened(browser, subscriber)
    stranger = Subscriber(subscriber.site, "bob@example.com")
    theirs = sign_in(subscriber.site.app(), "bob@example.com")
    of_ours = address.replace(str(subscriber.company_id), str(stranger.company_id))

    assert theirs.get(address).status_code == 404
    page = _page(theirs, of_ours)
    assert NO_LINES in page
    assert "Charge for services" not in page
    assert _lines(page) == []
    never = of_ours.rpartition("/")[0] + f"/{uuid4()}"
    assert NO_LINES in _page(theirs, never)


@pytest.mark.parametrize(
    ("change", "status"), [("?after=nonsense", 422), ("nonsense", 404)]
)
def test_an_address_that_makes_no_sense_is_refused(
    subscriber: Subscriber, browser: FlaskClient, change: str, status: int
) -> None:
    subscriber.order()
    subscriber.charge()

    assert browser.get(_opened(browser, subscriber)[0] + change).status_code == status


def _opened(browser: FlaskClient, subscriber: Subscriber) -> list[str]:
    """Where the transactions lead that can be opened, the newest first."""
    page = _page(browser, f"/companies/{subscriber.company_id}/transactions")
    found = re.findall(r'href="(/companies/[\w-]+/transactions/[\w-]+)"', page)
    return list(found)


def _page(browser: FlaskClient, address: str) -> str:
    answer = browser.get(unescape(address))
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def _lines(page: str) -> list[Line]:
    rows = re.findall(
        r'<tr role="row">(.*?)</tr>', page.split("<main", 1)[1], re.DOTALL
    )
    cells = [
        re.findall(r'<div class="cell-value">(.*?)</div>', r, re.DOTALL) for r in rows
    ]
    return [(_read(c[0]), _read(c[1]), _read(c[2]), _read(c[3])) for c in cells if c]


def _read(markup: str) -> str:
    """As it is read, with plain signs and spaces."""
    words = re.sub(r"</?(?:a|bdi|time|span)\b[^>]*>", "", markup)
    return " ".join(re.sub("[\N{MINUS SIGN}\N{EN DASH}]", "-", words).split())


def _services(page: str, subscriber: Subscriber) -> set[UUID]:
    company = subscriber.company_id
    return set(map(UUID, re.findall(rf'/services/([\w-]+)\?company={company}"', page)))


def _rename(subscriber: Subscriber, service: UUID, name: str) -> None:
    known = subscriber.service(service)
    row = inventory.importing.ServiceRow(
        line="1",
        company_id=str(subscriber.company_id),
        reference=known.reference,
        name=name,
        plan_code=known.plan_code,
        currency="EUR",
        period=known.period.value,
    )
    stage = inventory.importing.StageServices(import_id=uuid4(), rows=[row])
    subscriber.site.operator.call(inventory.importing.STAGE_SERVICES, stage)
    apply = inventory.importing.ApplyImport(import_id=stage.import_id)
    subscriber.site.operator.call(inventory.importing.APPLY_SERVICES, apply)
    subscriber.settle()
