"""The three services as they are, with everything round them in the seed's hand."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from launcher.machine.keys import DOCUMENT_KEYS, FACTOR_KEYS, ensure_keys
from launcher.servers.local_services import LocalServices
from shared.clock import ManualClock
from shared.contract import Method, RequestT, ResponseT
from shared.contracts import billing, identity, inventory
from shared.contracts.inventory.importing import CatalogRow
from shared.db.database import Database
from shared.errors import ContractError, RemoteFault, Unavailable
from shared.principal import load_private_key
from shared.rpc.dispatch import Dispatcher
from shared.rpc.jobs import common_jobs
from shared.rpc.service import Job
from shared.runtime import Runtime
from shared.settings import read_settings
from tests.fixtures.direct_calls import DirectCalls
from tests.fixtures.hashing import QUICK_HASHER
from tests.fixtures.principals import Principals
from tests.simulation.intents import Intent, Outcome
from tests.simulation.locks import LockWatch
from tests.simulation.network import Network, read_reply, tally
from tests.simulation.scheduler import Scheduler, current_task
from tests.simulation.statements import stop_at_statements

START = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)

PLANS = {"lxc-s": "lxc", "lxc-l": "lxc", "web-pro": "hosting"}
CURRENCIES = ("EUR", "PLN")

MAX_TRIES = 4
TRIES_WITHIN = timedelta(days=1)
"""Nobody sends a form again that was shown longer ago: its key is kept for a week."""


@dataclass
class World:
    """What actors see and do. ``random`` is the run's one source of chance."""

    services: LocalServices
    clock: ManualClock
    random: Random
    scheduler: Scheduler
    network: Network
    principals: Principals
    owner_id: UUID = field(init=False)
    companies: list[UUID] = field(default_factory=list)
    service_ids: list[UUID] = field(default_factory=list)
    intents: list[Intent] = field(default_factory=list)

    @property
    def dispatchers(self) -> Mapping[str, Dispatcher]:
        return self.services.dispatchers

    def database(self, service: str) -> Database:
        return self.dispatchers[service].service.database

    def jobs(self, service: str) -> list[Job]:
        """All repeated work of a service, the relay of its events first."""
        ours = self.dispatchers[service].service
        return [*common_jobs(ours, self.network.publish), *ours.jobs()]

    def call(
        self,
        who: str,
        method: Method[RequestT, ResponseT],
        request: RequestT,
        principal: str,
        company_id: UUID | None,
    ) -> ResponseT | None:
        """Call as a browser does: again with the same key, until told or tired of it.

        ``company_id`` is the company that it is about, if it is one. Returns None when
        it was refused or no answer came.
        """
        number, began = len(self.intents), len(self.scheduler.trace)
        intent = Intent(number, who, method, request, principal, company_id, began)
        self.intents.append(intent)
        give_up_at = self.clock.now() + TRIES_WITHIN
        for _ in range(self.random.randint(1, MAX_TRIES)):
            answer = self._try(intent)
            if not isinstance(answer, Unavailable | RemoteFault):
                _conclude(intent, answer, len(self.scheduler.trace))
                break
            if self.clock.now() > give_up_at:
                break
        response: ResponseT | None = intent.response
        return response

    def _try(self, intent: Intent) -> Any:
        task = current_task()
        assert task is not None
        wire = self.network.send(intent, task)
        self.scheduler.wait("waits for an answer")
        return read_reply(wire)


def _conclude(intent: Intent, answer: Any, now: int) -> None:
    intent.ended = now
    if isinstance(answer, ContractError):
        intent.outcome = Outcome.REFUSED
    else:
        intent.outcome, intent.response = Outcome.DONE, answer


def make_world(
    urls: Mapping[str, str], var: Path, random: Random, watch: LockWatch
) -> World:
    """Services over empty databases, with a catalogue, companies and wallets."""
    ensure_keys(var / "keys")
    # Its name is in a statement, which is traced.
    for keys in (FACTOR_KEYS, DOCUMENT_KEYS):
        (var / "keys" / keys).write_bytes(urlsafe_b64encode(bytes(32)))
    settings = read_settings({"VAR": str(var)})
    clock = ManualClock(START)
    # The services' own chance is apart, so that a fault in them shifts nothing else.
    runtime = Runtime(clock, Random(random.getrandbits(64)))
    services = LocalServices(urls, settings, runtime, hasher=QUICK_HASHER)
    scheduler = Scheduler(watch)
    key = load_private_key(var / "keys" / "principal.key")
    world = World(
        services,
        clock,
        random,
        scheduler,
        Network(services.dispatchers, scheduler, random, clock),
        Principals(START, key),
    )
    for name in services.dispatchers:
        engine = world.database(name).engine
        tally.create(engine, checkfirst=True)
        stop_at_statements(engine, scheduler)
    _fill(world)
    return world


def _fill(world: World) -> None:
    """What is there before the run begins."""
    operator = world.principals.operator()
    calls = {name: DirectCalls(each) for name, each in world.dispatchers.items()}

    def do(method: Method[RequestT, ResponseT], request: RequestT) -> ResponseT:
        key = f"first-{world.random.getrandbits(64)}"
        return calls[method.service](method, request, operator, key)

    import_id = UUID(int=world.random.getrandbits(128))
    stage = inventory.importing.StageCatalog(import_id=import_id, rows=_catalogue())
    assert do(inventory.importing.STAGE_CATALOG, stage).refused == []
    do(
        inventory.importing.APPLY_CATALOG,
        inventory.importing.ApplyImport(import_id=import_id),
    )
    owner = identity.people.CreateUser(
        email="owner@example.com", name="An Owner", password="a-long-Password-1"
    )
    world.owner_id = do(identity.people.CREATE_USER, owner).id
    for zone in ("Europe/Berlin", "America/New_York"):
        company = identity.companies.CreateCompany(
            name=f"A company in {zone}",
            address=identity.companies.Address(country="DE"),
            owner_id=world.owner_id,
            time_zone=zone,
        )
        world.companies.append(do(identity.companies.CREATE_COMPANY, company).id)
    wallet = billing.wallets.OpenWallet(
        company_id=world.companies[0], currency=CURRENCIES[0]
    )
    do(billing.wallets.OPEN_WALLET, wallet)


def _catalogue() -> list[CatalogRow]:
    return [
        CatalogRow(
            line=f"{number}",
            family_code=family,
            family_name=family.upper(),
            plan_code=plan,
            plan_name=plan.title(),
            currency=currency,
            period=period,
            price=f"{number}.50",
        )
        for number, (plan, family, currency, period) in enumerate(
            (plan, family, currency, period)
            for plan, family in PLANS.items()
            for currency in CURRENCIES
            for period in ("hour", "month")
        )
    ]
