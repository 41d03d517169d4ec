"""The blocks that have an address of their own, which the dashboard serves."""

from shared.contracts import inventory
from web.page.blocks import Block
from web.page.costs import COSTS, RECOMMENDED
from web.page.figures.counters import Counters
from web.page.frame import BALANCE, MENU

SERVICES = Block(
    "services",
    inventory.reading.DASHBOARD,
    inventory.reading.Dashboard(),
    Counters,
    (inventory.CONTRACT.name,),
)

BLOCKS = {block.name: block for block in (BALANCE, MENU, RECOMMENDED, SERVICES, COSTS)}
