"""Every method that changes something leaves one act in the trail.

Each is really called, with the examples of the table of methods, by its first customer
who may or else by an operator. The trail is that of identity's database.
"""

from uuid import UUID

from msgspec import structs
from sqlalchemy import Row, text

from services.billing.service import BillingService
from services.identity.service import IdentityService
from services.inventory.service import InventoryService
from shared.contract import Effect, Request
from shared.contracts import billing, identity
from shared.contracts.identity.verification import documents
from shared.principal import NOBODY_ID
from shared.rpc.activity import OWN_ACCOUNT
from tests.fixtures.acts import LEFT_OUT
from tests.fixtures.isolation import examples as e
from tests.fixtures.isolation.world import (
    CUSTOMERS,
    OPERATOR,
    World,
)
from tests.integration.identity.test_own_acts import CALLS
from tests.integration.isolation.test_methods import LINES, Line

SERVICES = (IdentityService, InventoryService, BillingService)
HANDLERS = {
    handler.method: handler for each in SERVICES for handler in each.methods.values()
}

ELSEWHERE = {
    *(*CALLS, billing.cards.FORGET_CARD),
    *(identity.leaving.EXPORT_USER, identity.leaving.ERASE_ACCOUNT),
    *(each for each in billing.handovers.METHODS if each.effect is Effect.ONCE),
    *(documents.FINISH_DOCUMENT, documents.VIEW_DOCUMENT),
}
"""Documents are in tests/integration/identity/documents/test_documents.py, cards in
tests/integration/billing/payments/test_stripe.py, exports in
tests/integration/identity/leaving/test_leaving.py, handing over in
tests/integration/billing/handovers."""

CHANGING = sorted(
    (
        line
        for line in LINES
        if line.method.effect is not Effect.READ and str(line.method) not in LEFT_OUT
    ),
    key=lambda line: line.method is identity.companies.CHANGE_COMPANY,
)
"""The company that moves to another country does so last: its VAT ID would not fit."""


def test_every_changing_method_leaves_one_act_in_the_trail(world: World) -> None:
    wrong = []
    for line in CHANGING:
        person = _caller(line)
        if person is None:
            continue
        if problem := _problem(world, line, person):
            wrong.append(f"{line.method} by {person}: {problem}")

    assert wrong == []


def test_what_is_not_called_here_is_recorded_by_dispatch() -> None:
    uncalled = {line.method for line in CHANGING if _caller(line) is None}
    by_themselves = {m for m in uncalled if not HANDLERS[m].in_transaction}

    assert by_themselves <= ELSEWHERE


def _caller(line: Line) -> str | None:
    cells = line.expected()
    if line.method is billing.documents.REBUILD_DOCUMENT:
        return OPERATOR
    may = (each for each in (*CUSTOMERS, OPERATOR) if cells[each] == "200")
    return next(may, None)


def _request(world: World, line: Line, person: str) -> Request:
    if line.method is billing.documents.REBUILD_DOCUMENT:
        document = world.document_of(world.ours)
        shown = world.call(
            "owner",
            billing.documents.GET_DOCUMENT,
            billing.documents.GetDocument(document_id=document),
        )
        return billing.documents.RebuildDocument(number=shown.document.number)
    filled = e.Filler(world).fill(line.example, person)
    if line.method is billing.charging.CHARGE_DUE:
        return structs.replace(filled, dry_run=False)
    return filled


def _problem(world: World, line: Line, person: str) -> str:
    """Call; say what is wrong with what the trail has of it, if anything."""
    method = line.method
    request = _request(world, line, person)
    before = {row.id for row in _trail(world, str(method))}
    world.call(person, method, request)
    added = [row for row in _trail(world, str(method)) if row.id not in before]
    if len(added) != 1:
        return f"{len(added)} acts"
    (act,) = added
    if person == OPERATOR:
        return "" if act.actor_kind == "support" else f"by {act.actor_kind}"
    user = world.site.user_ids.get(person) or _user_id(world, person)
    company = NOBODY_ID if method.permission in OWN_ACCOUNT else world.ours.company_id
    found = (act.actor_kind, act.user_id, act.company_id)
    return "" if found == ("person", user, company) else f"found {found}"


def _trail(world: World, method: str) -> list[Row[UUID]]:
    world.site.services.deliver_events()
    query = text("SELECT * FROM activity WHERE method = :method")
    with world.engines["identity"].connect() as connection:
        return list(connection.execute(query, {"method": method}))


def _user_id(world: World, person: str) -> UUID:
    get = identity.people.GET_ACCOUNT
    return world.call(person, get, identity.people.GetAccount()).user.id
