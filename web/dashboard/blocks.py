"""The blocks that have an address of their own, which the dashboard serves."""

from shared.contracts import inventory
from web.dashboard.costs import COSTS
from web.dashboard.counters import Counters
from web.dashboard.security import SECURITY
from web.page.blocks import Block
from web.page.frame import BALANCE, BELL, MENU
from web.page.recommended import RECOMMENDED

SERVICES = Block(
    "services",
    inventory.reading.DASHBOARD,
    inventory.reading.Dashboard(),
    Counters,
    (inventory.CONTRACT.name,),
)

BLOCKS = {
    block.name: block
    for block in (BALANCE, MENU, BELL, RECOMMENDED, SERVICES, COSTS, SECURITY)
}
