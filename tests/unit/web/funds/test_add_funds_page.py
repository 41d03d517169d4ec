"""What Add Funds says of an amount: what it does at once, and what bounds it."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from msgspec import structs

from shared.contracts import inventory
from shared.contracts.billing.settlement import (
    GET_TOP_UP_EFFECTS,
    FoundEffects,
    ServiceCharge,
    TopUpEffects,
)
from shared.contracts.billing.top_ups import (
    GET_TOP_UP,
    LIST_OPEN_TOP_UPS,
    AmountReason,
    NextRoom,
    OpenTopUps,
    Problem,
    SuggestedAmount,
    TopUpState,
)
from shared.contracts.identity.people import VerificationStep
from shared.contracts.inventory.reading import NamedService
from shared.contracts.inventory.services import ServiceState
from shared.errors import Unavailable
from tests.fixtures.documents import money
from tests.fixtures.fake_services import OURS, START, FakeServices
from tests.fixtures.installations import csrf_token
from tests.fixtures.web.top_ups import (
    ADDRESS,
    TOP_UP_ID,
    debt,
    duplicate,
    fetched,
    has_wallet,
    has_wallets,
    opened,
    quoted,
    recommended,
    refusing,
    settled,
    shown,
    top_up_with,
    words,
)

PAID_FOR, UNPAID = UUID(int=1), UUID(int=2)
ADD = "/funds/add?net=100&currency=EUR"


@pytest.fixture
def browser(billing: FakeServices) -> FlaskClient:
    has_wallet(billing)
    billing.answers[str(LIST_OPEN_TOP_UPS)] = lambda _: OpenTopUps(top_ups=[])
    return billing.browser()


def named(
    billing: FakeServices,
    state: ServiceState = ServiceState.SUSPENDED,
    since: timedelta = timedelta(),
) -> None:
    """Inventory calls the services hv-02 and hv-03."""
    services = [
        NamedService(
            id=service_id,
            name=name,
            state=state,
            state_since=START + since,
            activated_at=START - timedelta(days=9),
        )
        for service_id, name in ((PAID_FOR, "hv-02"), (UNPAID, "hv-03"))
    ]
    answer = inventory.reading.ServiceNames(services=services)
    billing.answers[str(inventory.reading.NAME_SERVICES)] = lambda _: answer


def test_the_balance_after_a_top_up_is_what_is_left_once_debts_are_charged(
    billing: FakeServices, browser: FlaskClient
) -> None:
    named(billing)
    debts = debt(PAID_FOR, "247.914111", "0"), debt(UNPAID, "0", "40.00")
    quoted(
        billing,
        repeats=False,
        balance=money("97.837"),
        credit_limit=money("100"),
        settlement=settled("-50.077111", *debts, missing="90.08"),
    )

    html = opened(browser, ADD)

    assert sums(html)[:5] == ["97.84", "+100.00", "-247.91", "-0.01", "-50.08"]
    assert effects(html) == [
        ("good", "hv-02", ["219.00", "28.91"]),
        ("warn", "hv-03", ["40.00", "11.09", "28.91"]),
        ("warn", "", ["90.08", "190.08"]),
    ]


def test_without_inventory_the_figures_are_still_shown(
    billing: FakeServices, browser: FlaskClient
) -> None:
    debts = debt(PAID_FOR, "50.00", "0")
    quoted(billing, repeats=False, settlement=settled("50.00", debts))
    billing.answers[str(inventory.reading.NAME_SERVICES)] = refusing(
        Unavailable("away")
    )

    html = opened(browser, ADD)

    assert sums(html)[:4] == ["0.00", "+100.00", "-50.00", "50.00"]
    assert effects(html) == [("good", "One service", ["21.09", "28.91"])]


@pytest.mark.parametrize(
    ("left", "largest", "leads_to"),
    [
        ("2.00", None, f"/account/verification?company={OURS}#phone"),
        ("60.00", "60.00", "/funds/add?net=60.00&amp;currency=EUR"),
    ],
)
def test_what_is_recommended_and_not_allowed_says_both_and_until_when(
    billing: FakeServices,
    browser: FlaskClient,
    *,
    left: str,
    largest: str | None,
    leads_to: str,
) -> None:
    most = money(largest) if largest else None
    too_much = SuggestedAmount(
        net=money("959"), reason=AmountReason.RECOMMENDED, is_allowed=False
    )
    problem = Problem(code="above_day_limit", parameters={})
    quoted(
        billing,
        repeats=False,
        day_limit=money("100"),
        day_left=money(left),
        lifted_by=VerificationStep.PHONE,
        lifted_to=money("500"),
        next_room=NextRoom(at=START + timedelta(hours=3), net=money("98.00")),
        largest=most,
        instead=most,
        problems=[problem],
        suggested=[too_much],
    )

    html = opened(browser, ADD)

    amounts, pay = parts(html, "amounts", "pay")
    assert "959.00" in words(amounts)
    for figure in ("100.00", left, "98.00", "2 Mar 2026, 12:00"):
        assert figure in words(pay)
    assert 'type="submit">Top' not in pay
    assert f'href="{leads_to}' in pay.partition("btn-primary")[2]


@pytest.mark.parametrize("tax", ["19", "0"])
def test_vat_and_credit_are_explained_only_where_there_is_some(
    billing: FakeServices, browser: FlaskClient, tax: str
) -> None:
    quoted(billing, repeats=False, tax=money(tax), credit_limit=money(tax))

    html = opened(browser, ADD)

    assert ("tax office" in html) is (tax != "0")
    assert ("Your Credit" in html) is (tax != "0")


def test_a_paid_top_up_says_what_was_charged_and_what_runs_again(
    billing: FakeServices, browser: FlaskClient
) -> None:
    shown(billing, duplicate())
    named(billing, ServiceState.ACTIVE, timedelta(seconds=20))
    done = TopUpEffects(
        paid_at=START,
        before=money("97.84"),
        credited=money("100"),
        charged=money("247.91"),
        charges=[ServiceCharge(service_id=PAID_FOR, amount=money("247.91"))],
        charged_count=1,
        after=money("-50.07"),
        is_settling=False,
        waiting=settled("-50.07", debt(UNPAID, "0", "40.00"), missing="90.07"),
    )
    billing.answers[str(GET_TOP_UP_EFFECTS)] = lambda _: FoundEffects(effects=done)

    html = opened(browser, ADDRESS)

    head, _, _ = html.partition("done-sums")
    assert "100.00" in words(head.partition("done-title")[2])
    assert "hv-02" in head
    assert sums(html)[:4] == ["97.84", "+100.00", "-247.91", "-50.07"]
    assert effects(html) == [
        ("warn", "hv-03", ["40.00"]),
        ("warn", "", ["90.07", "90.07"]),
    ]
    assert "every 2s" not in html


def test_of_a_top_up_paid_twice_the_sums_are_of_the_first_payment(
    billing: FakeServices, browser: FlaskClient
) -> None:
    top_up = top_up_with(duplicate(), TopUpState.SUCCEEDED)
    twice = structs.replace(top_up, credited=money("200"))
    billing.answers[str(GET_TOP_UP)] = lambda _: twice
    done = TopUpEffects(
        paid_at=START,
        before=money("0"),
        credited=money("100"),
        charged=money("0"),
        charges=[],
        charged_count=0,
        after=money("100"),
        is_settling=False,
        waiting=settled("100"),
    )
    billing.answers[str(GET_TOP_UP_EFFECTS)] = lambda _: FoundEffects(effects=done)

    html = opened(browser, ADDRESS)

    assert "200.00" in words(html.partition("done-title")[2])
    assert "First payment" in html
    assert sums(html)[:3] == ["0.00", "+100.00", "100.00"]


def test_below_zero_a_top_up_first_brings_the_balance_back_to_zero(
    billing: FakeServices, browser: FlaskClient
) -> None:
    quoted(billing, repeats=False, balance=money("-52.25"), settlement=settled("47.75"))

    assert effects(opened(browser, ADD)) == [("good", "", ["52.25"])]


def test_a_paid_top_up_is_looked_at_again_until_its_services_run(
    billing: FakeServices, browser: FlaskClient
) -> None:
    shown(billing, duplicate())
    named(billing)
    done = TopUpEffects(
        paid_at=START,
        before=money("0"),
        credited=money("100"),
        charged=money("50"),
        charges=[ServiceCharge(service_id=PAID_FOR, amount=money("50"))],
        charged_count=1,
        after=money("50"),
        is_settling=False,
        waiting=settled("50"),
    )
    billing.answers[str(GET_TOP_UP_EFFECTS)] = lambda _: FoundEffects(effects=done)

    state = f"/funds/top-ups/{TOP_UP_ID}/state?company={OURS}"
    assert "every 2s" in fetched(browser, state)
    assert "hv-02" in fetched(browser, state).partition("done-sums")[0]
    billing.clock.move(timedelta(minutes=3))
    assert "every 2s" not in fetched(browser, state)


def test_what_is_recommended_in_another_currency_leads_there(
    billing: FakeServices, browser: FlaskClient
) -> None:
    """The amounts to choose from are the quote's; others are recommended beside."""
    quoted(billing, repeats=False)
    has_wallets(billing, recommended("75"), recommended("34", "USD"))

    html = opened(browser, "/funds/add?net=100&currency=EUR")

    (amounts,) = parts(html, "top-up")
    assert "/funds/add?net=34.00&amp;currency=USD" in amounts
    assert "/funds/add?net=75.00&amp;currency=EUR" not in amounts
    assert "btn-primary" not in html.partition('id="recommended-EUR"')[2]


def test_recalculating_without_a_script_keeps_all_that_was_chosen(
    browser: FlaskClient,
) -> None:
    typed = {"net": "12,5", "currency": "EUR", "gateway": "bank_transfer"}
    token = csrf_token(browser, "/")

    answer = browser.post(
        "/funds/add", data=typed | {"csrf_token": token, "work_out": ""}
    )

    assert answer.status_code == 303
    path, query = urlsplit(answer.location)[2:4]
    kept = {name: [text] for name, text in (typed | {"company": str(OURS)}).items()}
    assert (path, parse_qs(query)) == ("/funds/add", kept)


def sums(html: str) -> list[str]:
    """The amounts of the page's sums, in their order."""
    found = re.findall(r'<div class="sum.*?</div>', html, re.DOTALL)
    texts = [re.findall(r"\S+(?=\sEUR)", words(each))[-1] for each in found]
    return [
        each.rpartition("hv-02")[2].replace("\N{MINUS SIGN}", "-") for each in texts
    ]


def effects(html: str) -> list[tuple[str, str, list[str]]]:
    """What happens: each one's kind, its service and its amounts."""
    found = re.findall(r'<li class="effect effect-(\w+)">(.*?)</li>', html, re.DOTALL)
    return [
        (
            kind,
            "".join(re.findall(r"<bdi>(.*?)</bdi>", text)),
            re.findall(r"[\d.]+(?=\sEUR)", words(text)),
        )
        for kind, text in found
    ]


def parts(html: str, *ids: str) -> list[str]:
    """The parts of a page with these ids, each up to the end of its section."""
    return [html.partition(f'id="{id_}"')[2].partition("</section>")[0] for id_ in ids]
