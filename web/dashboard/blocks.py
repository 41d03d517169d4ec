"""The blocks that have an address of their own, which the dashboard serves."""

from shared.contracts import inventory
from web.page.blocks import Block
from web.page.costs import COSTS
from web.page.frame import BALANCE, MENU

SERVICES = Block(
    "services",
    inventory.reading.DASHBOARD,
    inventory.reading.Dashboard(),
    lambda counters: counters,
    (inventory.CONTRACT.name,),
)

BLOCKS = {block.name: block for block in (BALANCE, MENU, SERVICES, COSTS)}
