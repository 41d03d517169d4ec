"""The costs: in the page and alone, each family has the colour of its position."""

import re

from msgspec.structs import replace

from shared.contracts import inventory
from shared.contracts.billing.dashboard import DASHBOARD, BillingDashboard
from shared.contracts.inventory.reading import DashboardCounters, FamilyCounters
from shared.errors import Unavailable
from tests.fixtures.fake_services import FakeServices
from tests.fixtures.web.top_ups import fetched, opened, refusing
from web.dev import samples

SWATCHES = re.compile(r'class="swatch".*?class="data-(\d)".*?<bdi>(\w+)', re.DOTALL)


def test_families_have_the_colours_of_their_positions_in_the_catalogue(
    billing: FakeServices,
) -> None:
    costs = [samples.costs().breakdown]
    billing.answers[str(DASHBOARD)] = lambda _: BillingDashboard(
        wallets=[], costs=costs
    )
    menu = DashboardCounters(families=[_family("storage", 4), _family("hosting", 9)])
    billing.answers[str(inventory.reading.DASHBOARD)] = lambda _: menu
    browser = billing.browser()
    in_page = dict(SWATCHES.findall(opened(browser, "/")))
    away = refusing(Unavailable("service_unavailable"))
    billing.answers[str(inventory.reading.DASHBOARD)] = away

    alone = dict(SWATCHES.findall(fetched(browser, "/blocks/costs")))

    assert (in_page["4"], in_page["3"]) == ("Storage", "Hosting")
    assert alone == in_page


def _family(code: str, position: int) -> FamilyCounters:
    lxc = samples.counters().families[0]
    return replace(lxc, code=code, position=position)
