"""The stack's services answer nameko's own client, and each checks who is calling."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from launcher.demo.story import PASSWORD
from launcher.machine.layout import Layout
from launcher.servers.infrastructure import rabbitmq_of
from launcher.servers.rabbitmq import NAMEKO
from shared.principal import load_private_key, load_public_key, sign, verify
from tests.fixtures.servers import Servers
from tests.fixtures.sites import Site

CALLER = """
import json, sys
from nameko.exceptions import RemoteError
from nameko.standalone.rpc import ClusterRpcProxy
url, context, service, method, arguments = sys.argv[1:]
config = {"AMQP_URI": url}
with ClusterRpcProxy(config, context_data=json.loads(context), timeout=10) as cluster:
    try:
        called = getattr(getattr(cluster, service), method)
        print(json.dumps({"result": called(**json.loads(arguments))}))
    except RemoteError as error:
        print(json.dumps({"refusal": [error.exc_type, error.value]}))
"""
pytestmark = pytest.mark.full

DASHBOARDS = (
    ("identity", "get_account"),
    ("inventory", "dashboard"),
    ("billing", "dashboard"),
)

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def stack(servers: Servers) -> Site:
    site = servers.ask("stack")
    assert isinstance(site, Site)
    return site


@pytest.fixture
def call(stack: Site) -> Call:
    url = rabbitmq_of(Layout(stack.folder)).url(account=NAMEKO)

    def make(method: str, principal: str | None, **arguments: Any) -> Any:
        context = json.dumps({"principal": principal} if principal else {})
        command = [sys.executable, "-W", "ignore", "-c", CALLER, url, context]
        done = subprocess.run(
            [*command, *method.split("."), json.dumps(arguments)],
            capture_output=True,
            check=True,
            timeout=60,
        )
        return json.loads(done.stdout)

    return make


def log_in(call: Call, email: str) -> str:
    answer = call(
        "identity.log_in", None, email=email, password=PASSWORD, address="127.0.0.1"
    )
    return str(answer["result"]["session"]["principal"])


def test_it_reaches_each_service_as_a_customer(call: Call) -> None:
    principal = log_in(call, "demo@example.com")

    answers = {name: call(f"{name}.{method}", principal) for name, method in DASHBOARDS}

    assert answers["identity"]["result"]["user"]["email"] == "demo@example.com"
    assert len(answers["inventory"]["result"]["families"]) >= 5
    assert answers["billing"]["result"]["wallets"][0]["currency"] == "EUR"


@pytest.mark.parametrize(("service", "method"), DASHBOARDS)
def test_each_service_refuses_a_principal_that_is_missing_expired_or_forged(
    call: Call, stack: Site, service: str, method: str
) -> None:
    keys = stack.folder / "keys"
    now = datetime.now(UTC)
    genuine = log_in(call, "demo@example.com")
    principal = verify(genuine, load_public_key(keys / "principal.pub"), now)
    expired = sign(
        replace(principal, expires_at=now - timedelta(seconds=1)),
        load_private_key(keys / "principal.key"),
    )
    forged = sign(principal, Ed25519PrivateKey.generate())

    refusals = [
        call(f"{service}.{method}", token)["refusal"]
        for token in (None, expired, forged)
    ]

    assert refusals == [
        ["Unauthenticated", "principal_missing"],
        ["Unauthenticated", "principal_expired"],
        ["Unauthenticated", "principal_forged"],
    ]


def test_a_stranger_finds_nothing_of_auroras(call: Call) -> None:
    aurora = log_in(call, "demo@example.com")
    services = call("inventory.list_services", aurora)["result"]["services"]
    stranger = log_in(call, "other@example.com")

    answer = call("inventory.get_service", stranger, service_id=services[0]["id"])
    seen = call("inventory.list_services", stranger)["result"]["services"]

    assert answer == {"refusal": ["NotFound", "no_such_service"]}
    assert seen
    assert not {s["company_id"] for s in services} & {s["company_id"] for s in seen}
