"""Run the three services in this process, for the embedded run, demo and CLI."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from typing import Any

import msgspec
from argon2 import PasswordHasher

from services.billing.service import BillingService, prepare
from services.billing.settings import BillingSettings
from services.identity.notices.postboxes import Postbox
from services.identity.people.passwords import ARGON2
from services.identity.service import IdentityService
from services.identity.settings import read_identity_settings
from services.identity.verification.sms_gateways import TextsAmongMails
from services.inventory.service import InventoryService
from shared.db import events
from shared.db.database import Database
from shared.principal import load_public_key
from shared.rpc.dispatch import Dispatcher
from shared.rpc.jobs import common_jobs, local_publish, run_job
from shared.rpc.local_client import LocalClient
from shared.rpc.service import Job, Service
from shared.runtime import Runtime
from shared.settings import Settings


class LocalServices:
    """The services over their databases; events are delivered in this process."""

    def __init__(  # noqa: PLR0913  what a deployment decides
        self,
        database_urls: Mapping[str, str],
        settings: Settings,
        runtime: Runtime,
        billing: BillingSettings | None = None,
        hasher: PasswordHasher = ARGON2,
        *,
        postbox: Postbox | None = None,
        keeps_texts: bool = False,
    ) -> None:
        """Build the services whose databases are given.

        Mails go to ``postbox`` if there is one, else where the settings say; text
        messages as well where it ``keeps_texts``.

        Raises:
            SettingError: a seller is missing that companies buy from, or what is
                built at set-up.
        """
        self._runtime = runtime
        self._databases = {name: Database(url) for name, url in database_urls.items()}
        billing = billing or BillingSettings()
        if "billing" in self._databases:
            with self._databases["billing"].system() as session:
                prepare(session, billing, runtime.clock.now())
        self.verify_key = load_public_key(settings.keys_dir / "principal.pub")

        def identity(database: Database) -> Service:
            own = read_identity_settings(settings)
            own = replace(own, postbox=postbox or own.postbox)
            if postbox and keeps_texts:
                own = replace(own, sms_gateway=TextsAmongMails(postbox))
            return IdentityService(database, runtime, own, hasher)

        builders: dict[str, Callable[[Database], Service]] = {
            "identity": identity,
            "inventory": lambda database: InventoryService(database, runtime),
            "billing": lambda database: BillingService(database, runtime, billing),
        }
        services = [builders[name](each) for name, each in self._databases.items()]
        self.dispatchers = {
            service.contract.name: Dispatcher(service, self.verify_key)
            for service in services
        }
        self._publish_to_handlers = local_publish(self.dispatchers)
        self._followers: list[Callable[[bytes], None]] = []

    def follow(self, receive: Callable[[bytes], None]) -> None:
        """Pass each event to ``receive``, as encoded, once it is handled."""
        self._followers.append(receive)

    @contextmanager
    def client(self, workers: int) -> Iterator[LocalClient]:
        """Provide a client for the length of the block.

        Each service works on ``workers`` calls at once, whatever the others do.
        """
        with ExitStack() as pools:
            executors = {
                name: pools.enter_context(ThreadPoolExecutor(workers, name))
                for name in self.dispatchers
            }
            with closing(LocalClient(self.dispatchers, executors)) as client:
                yield client

    def jobs(self) -> list[Job]:
        """Return all jobs of the services, including the relay of events."""
        jobs: list[Job] = []
        for dispatcher in self.dispatchers.values():
            jobs.extend(common_jobs(dispatcher.service, self._publish))
            jobs.extend(dispatcher.service.jobs())
        return jobs

    def run_job(self, name: str) -> None:
        """Run one of the services' jobs once, for callers that run no jobs."""
        (job,) = (each for each in self.jobs() if each.name == name)
        run_job(job, self._runtime)

    def deliver_events(self) -> None:
        """Deliver all waiting events, for callers that run no jobs."""
        now = self._runtime.clock.now()
        databases = self._databases.values()
        while sum(events.relay(each, self._publish, now) for each in databases):
            pass

    def _publish(self, name: str, envelope: Any) -> None:
        self._publish_to_handlers(name, envelope)
        for receive in self._followers:
            receive(msgspec.json.encode(envelope))

    def close(self) -> None:
        for database in self._databases.values():
            database.close()
