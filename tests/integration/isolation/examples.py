"""An example request for each method, with stand-ins for what differs by call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from shared.contract import RequestT
from shared.contracts import identity, inventory
from shared.contracts.inventory import SuspensionReason
from shared.wire import json_decoder, to_json
from tests.integration.isolation.world import OUR_WORD, World, plan_of


def _stand_in(number: int) -> UUID:
    return UUID(int=0xDEADBEEF << 64 | number)


OUR_COMPANY = _stand_in(1)
OUR_SERVICE = _stand_in(2)
PENDING, ACTIVE, SUSPENDED, LEAVING = map(_stand_in, range(3, 7))
"""Services of ours, made for each call, in this state or with this mark."""
OUTSIDER = _stand_in(7)
"""A user of no company."""
STAGED = _stand_in(8)
"""A catalogue that waits to be applied."""
STAGED_SERVICES = _stand_in(9)
NEW_ID = _stand_in(10)
OUR_TOP_UP = _stand_in(11)
"""A top-up of ours that nobody has paid; one is made again once it was used."""
THEIR_SERVICE = _stand_in(12)
OUR_DOCUMENT = _stand_in(13)
OUR_DUPLICATE = _stand_in(14)
"""A payment of ours that may be a duplicate."""
ASKED_BACK = _stand_in(15)
"""One that its customer has asked back."""
NEW_WORD = "<a new word>"
NEW_CURRENCY = "<a new currency>"
OUR_DIGEST = "<the digest of our quote>"
"""Of 20.00 EUR. Both companies live in the same country: they are quoted the same."""
OWN_EMAIL = "<the person's email>"
OWN_WORD = "<the word of the person's company>"
OWN_TOKEN = "<a session token of the person's>"
OWN_ASSERTION = "<an assertion of the person's>"

_CURRENCIES = iter(("USD", "GBP", "PLN", "CHF", "SEK", "NOK", "DKK", "CZK") * 10)


@dataclass
class Filler:
    """Puts the real thing in the place of each stand-in.

    A thing is made once, and again after a call that may have used it up.
    """

    world: World
    _made: dict[UUID | str, str] = field(default_factory=dict)

    def fill(self, example: RequestT, person: str) -> RequestT:
        written = to_json(example).decode()
        for mark, make in _OF_THE_PERSON.items():
            if mark in written:
                written = written.replace(mark, make(self.world, person))
        for stand_in in _MAKERS:
            if str(stand_in) in written:
                written = written.replace(str(stand_in), self._make(stand_in))
        filled: RequestT = json_decoder(type(example)).decode(written)
        return filled

    def used_up(self) -> None:
        self._made.clear()

    def _make(self, stand_in: UUID | str) -> str:
        if stand_in not in self._made:
            self._made[stand_in] = str(_MAKERS[stand_in](self.world))
        return self._made[stand_in]


def changed_company() -> identity.ChangeCompany:
    """The person's own company moved to Austria; whoever comes second changes nothing.

    All that it says bears the company's word still.
    """
    return identity.ChangeCompany(
        version=1,
        name=f"Company {OWN_WORD}",
        address=identity.Address(
            street=f"2 {OWN_WORD} street",
            postal_code=f"{OWN_WORD}-2",
            city=f"City of {OWN_WORD}",
            region=f"Region of {OWN_WORD}",
            country="AT",
        ),
        time_zone="Europe/Vienna",
        is_business=True,
    )


def service_row() -> inventory.ServiceRow:
    return inventory.ServiceRow(
        line="1",
        company_id=str(OUR_COMPANY),
        reference=NEW_WORD,
        name=NEW_WORD,
        plan_code=plan_of(OUR_WORD),
        currency="EUR",
        period="month",
    )


def _active(world: World) -> UUID:
    return world.change(inventory.ACTIVATE_SERVICE, world.new_service())


def _suspended(world: World) -> UUID:
    reason = SuspensionReason.POLICY
    return world.change(inventory.SUSPEND_SERVICE, _active(world), reason=reason)


def _staged_services(world: World) -> UUID:
    stage = inventory.StageServices(import_id=uuid4(), rows=[service_row()])
    world.operate(inventory.STAGE_SERVICES, Filler(world).fill(stage, ""))
    return stage.import_id


def _leaving(world: World) -> UUID:
    return world.change(inventory.REQUEST_TERMINATION, _active(world))


_OF_THE_PERSON: Mapping[str, Callable[[World, str], str]] = {
    OWN_EMAIL: World.email_of,
    OWN_WORD: World.word_of,
    OWN_TOKEN: World.token_of,
    OWN_ASSERTION: World.assertion_of,
}
_MAKERS: Mapping[UUID | str, Callable[[World], object]] = {
    OUR_COMPANY: lambda world: world.ours.company_id,
    OUR_SERVICE: lambda world: world.ours.service_id,
    THEIR_SERVICE: lambda world: world.theirs.service_id,
    PENDING: World.new_service,
    ACTIVE: _active,
    SUSPENDED: _suspended,
    LEAVING: _leaving,
    OUTSIDER: World.new_user,
    STAGED: World.stage_catalog,
    STAGED_SERVICES: _staged_services,
    OUR_TOP_UP: World.new_top_up,
    OUR_DOCUMENT: lambda world: world.document_of(world.ours),
    OUR_DUPLICATE: World.new_duplicate,
    ASKED_BACK: World.new_refund_request,
    NEW_ID: lambda _world: uuid4(),
    NEW_WORD: World.new_word,
    NEW_CURRENCY: lambda _world: next(_CURRENCIES),
    OUR_DIGEST: lambda world: world.quote().digest,
}
