"""The services of one process do not wait for each other."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from random import Random

from shared.clock import ManualClock
from shared.contract import Method, Nothing, Request, ServiceContract
from shared.db.database import Database
from shared.permissions import Permission
from shared.rpc.call import Call
from shared.rpc.client import CallContext, call
from shared.rpc.dispatch import Dispatcher
from shared.rpc.local_client import LocalClient
from shared.rpc.service import Service, handles
from shared.runtime import Runtime
from tests.fixtures.principals import Principals

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PATIENT = CallContext("test", timeout_s=10)


class Ask(Request, frozen=True, kw_only=True):
    pass


SLOW = Method("slow", "ask", Ask, Nothing, Permission.PUBLIC)
QUICK = Method("quick", "ask", Ask, Nothing, Permission.PUBLIC)


class QuickService(Service):
    contract = ServiceContract("quick", (QUICK,))

    @handles(QUICK)
    def ask(self, _call: Call, _request: Ask) -> Nothing:
        return Nothing()


class SlowService(Service):
    """Answers nobody before ``end`` is set."""

    contract = ServiceContract("slow", (SLOW,))
    end = threading.Event()

    @handles(SLOW)
    def ask(self, _call: Call, _request: Ask) -> Nothing:
        self.end.wait()
        return Nothing()


def test_a_service_that_answers_nobody_keeps_no_other_waiting() -> None:
    # Neither of them ever connects to it.
    database = Database("postgresql://nobody@127.0.0.1:9/none")
    runtime = Runtime(ManualClock(START), Random(1))
    key = Principals(START).verify_key
    services = (SlowService(database, runtime), QuickService(database, runtime))
    dispatchers = {each.contract.name: Dispatcher(each, key) for each in services}
    with ExitStack() as stack:
        executors = {
            name: stack.enter_context(ThreadPoolExecutor(2)) for name in dispatchers
        }
        client = stack.enter_context(closing(LocalClient(dispatchers, executors)))
        stack.callback(SlowService.end.set)
        waiting = [client.start(SLOW, Ask(), PATIENT) for _ in range(5)]

        assert call(client, QUICK, Ask(), PATIENT) == Nothing()

        assert not any(each.done() for each in waiting)
