"""What inventory offers: the catalogue, services and their history."""

from shared.contract import ServiceContract
from shared.contracts.inventory import importing, lifecycle, reading, services, upkeep
from shared.contracts.inventory.name import NAME

CONTRACT = ServiceContract(
    name=NAME,
    methods=(
        *reading.METHODS,
        *lifecycle.METHODS,
        *importing.METHODS,
        *upkeep.METHODS,
    ),
    events=(*services.SERVICE_EVENTS, *services.ANNOUNCEMENTS),
)
