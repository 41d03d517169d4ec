"""What Add Funds says of an amount: what it does at once, and what bounds it."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from msgspec import structs

from shared.contracts import inventory
from shared.contracts.billing.settlement import (
    GET_TOP_UP_EFFECTS,
    FoundEffects,
    ServiceCharge,
    ServiceDebt,
    Settlement,
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
from shared.contracts.inventory.reading import NamedService
from shared.contracts.inventory.services import ServiceState
from shared.errors import Unavailable
from tests.fixtures.documents import money
from tests.fixtures.stand_in import OURS, START, StandIn
from tests.fixtures.web.top_ups import (
    ADDRESS,
    TOP_UP_ID,
    duplicate,
    fetched,
    has_wallet,
    opened,
    quoted,
    refusing,
    shown,
    top_up_with,
    words,
)

PAID_FOR, UNPAID = UUID(int=1), UUID(int=2)
ADD = "/funds/add?net=100&currency=EUR"


@pytest.fixture
def browser(billing: StandIn) -> FlaskClient:
    has_wallet(billing)
    billing.answers[str(LIST_OPEN_TOP_UPS)] = lambda _: OpenTopUps(top_ups=[])
    return billing.browser()


def debt(service_id: UUID, charged: str, lacking: str) -> ServiceDebt:
    return ServiceDebt(
        service_id=service_id,
        is_suspended=True,
        owed=money("28.91"),
        new_period=money(charged) + money(lacking) - money("28.91"),
        charged=money(charged),
        lacking=money(lacking),
    )


def settled(left: str, *debts: ServiceDebt, missing: str = "0") -> Settlement:
    charged = sum((each.charged for each in debts), money("0"))
    stopped = sum(bool(each.lacking.amount) for each in debts)
    return Settlement(
        charged=charged,
        left=money(left),
        debts=list(debts),
        debt_count=len(debts),
        resumed_count=len(debts) - stopped,
        stopped_count=stopped,
        missing=money(missing),
    )


def named(
    billing: StandIn,
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
    billing: StandIn, browser: FlaskClient
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

    page = words(opened(browser, ADD))

    assert "Charged at once: hv-02\N{MINUS SIGN}247.91" in page
    assert "Rounding of 6 decimal places\N{MINUS SIGN}0.01" in page
    assert "Balance after top-up \N{MINUS SIGN}50.08" in page
    assert "hv-02 resumes within a minute" in page
    assert "hv-03 stays suspended It needs 40.00" in page
    assert "90.08 EUR more would pay everything that waits" in page


def test_without_inventory_the_figures_are_shown_all_the_same(
    billing: StandIn, browser: FlaskClient
) -> None:
    debts = debt(PAID_FOR, "50.00", "0")
    quoted(billing, repeats=False, settlement=settled("50.00", debts))
    billing.answers[str(inventory.reading.NAME_SERVICES)] = refusing(
        Unavailable("away")
    )

    page = words(opened(browser, ADD))

    assert "Charged at once: a service" in page
    assert "Balance after top-up 50.00" in page


@pytest.mark.parametrize(
    ("left", "largest", "told", "way"),
    [
        ("2.00", None, "2.00 EUR of that is left now", "Verify your"),
        ("60.00", "60.00", "60.00 EUR of that is left", "Use 60.00"),
    ],
)
def test_what_is_recommended_and_not_allowed_says_both_and_until_when(
    billing: StandIn,
    browser: FlaskClient,
    *,
    left: str,
    largest: str | None,
    told: str,
    way: str,
) -> None:
    most = money(largest) if largest else None
    recommended = SuggestedAmount(
        net=money("959"), reason=AmountReason.RECOMMENDED, is_allowed=False
    )
    problem = Problem(code="unverified_limit", parameters={})
    quoted(
        billing,
        repeats=False,
        unverified_limit=money("100"),
        unverified_left=money(left),
        next_room=NextRoom(at=START + timedelta(hours=3), net=money("98.00")),
        largest=most,
        instead=most,
        problems=[problem],
        suggested=[recommended],
    )

    html = opened(browser, ADD)

    page = words(html)
    assert "Recommended Add Funds is 959.00" in page
    assert "Until your account is verified, you can add 100.00" in page
    assert told in page
    assert "or add up to 98.00 EUR from 2 Mar 2026, 12:00" in page
    assert "Top Up Now" not in html
    assert way in html.partition('id="pay"')[2].partition("btn-primary")[2]


def test_a_paid_top_up_says_what_was_charged_and_what_runs_again(
    billing: StandIn, browser: FlaskClient
) -> None:
    shown(billing, duplicate())
    named(billing, ServiceState.ACTIVE, timedelta(seconds=20))
    effects = TopUpEffects(
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
    billing.answers[str(GET_TOP_UP_EFFECTS)] = lambda _: FoundEffects(effects=effects)

    html = opened(browser, ADDRESS)

    page = words(html)
    assert "We added 100.00 EUR to your balance" in page
    assert "hv-02 is running again." in page
    assert "Charged: hv-02\N{MINUS SIGN}247.91" in page
    assert "Balance after that\N{MINUS SIGN}50.07" in page
    assert "hv-03 is still overdue" not in page
    assert "hv-03 is still suspended It needs 40.00" in page
    assert "every 2s" not in html


def test_of_a_top_up_paid_twice_the_sums_are_of_the_first_payment(
    billing: StandIn, browser: FlaskClient
) -> None:
    top_up = top_up_with(duplicate(), TopUpState.SUCCEEDED)
    twice = structs.replace(top_up, credited=money("200"))
    billing.answers[str(GET_TOP_UP)] = lambda _: twice
    effects = TopUpEffects(
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
    billing.answers[str(GET_TOP_UP_EFFECTS)] = lambda _: FoundEffects(effects=effects)

    page = words(opened(browser, ADDRESS))

    assert "We added 200.00 EUR to your balance It was paid more than once." in page
    assert "First payment+100.00 EUR" in page


def test_below_zero_a_top_up_first_brings_the_balance_back_to_zero(
    billing: StandIn, browser: FlaskClient
) -> None:
    quoted(billing, repeats=False, balance=money("-52.25"), settlement=settled("47.75"))

    page = words(opened(browser, ADD))

    assert "52.25 EUR of it brings your balance back to zero" in page


def test_a_paid_top_up_is_looked_at_again_until_its_services_run(
    billing: StandIn, browser: FlaskClient
) -> None:
    shown(billing, duplicate())
    named(billing)
    effects = TopUpEffects(
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
    billing.answers[str(GET_TOP_UP_EFFECTS)] = lambda _: FoundEffects(effects=effects)

    state = f"/funds/top-ups/{TOP_UP_ID}/state?company={OURS}"
    assert "every 2s" in fetched(browser, state)
    assert "hv-02 resumes within a minute." in words(fetched(browser, state))
    billing.clock.move(timedelta(minutes=3))
    assert "every 2s" not in fetched(browser, state)
