"""Nameko's own client can call every method: the wire is plain nameko JSON."""

import json
import subprocess
import sys
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.world import PATIENCE_S, World
from tests.fixtures.service_processes import ServiceProcess

CALLER = """
import json, sys
from nameko.standalone.rpc import ClusterRpcProxy
from nameko.exceptions import RemoteError
url, context, method, arguments = sys.argv[1:]
config = {"AMQP_URI": url}
with ClusterRpcProxy(config, context_data=json.loads(context), timeout=5) as cluster:
    try:
        print(json.dumps(getattr(cluster.parcel, method)(**json.loads(arguments))))
    except RemoteError as error:
        print(json.dumps({"exc_type": error.exc_type, "value": error.value}))
"""


@pytest.fixture
def stock(parcel_process: ServiceProcess) -> Any:
    def call(method: str, context: dict[str, str], **arguments: Any) -> Any:
        done = subprocess.run(
            [
                *(sys.executable, "-W", "ignore", "-c", CALLER),
                *(parcel_process.amqp_url, json.dumps(context)),
                *(method, json.dumps(arguments)),
            ],
            capture_output=True,
            check=True,
            timeout=PATIENCE_S,
        )
        return json.loads(done.stdout)

    return call


def test_it_calls_a_public_method(stock: Any) -> None:
    money = {"amount": "12.340000", "currency": "EUR"}

    echoed = stock("echo", {"request_id": "by hand"}, text="héllo", money=money)

    assert echoed["text"] == "héllo"
    assert echoed["money"] == money
    assert echoed["request_id"] == "by hand"


def test_it_acts_as_a_principal(stock: Any, amqp_world: World) -> None:
    label = str(uuid4())
    context = {"principal": amqp_world.owner(), "idempotency_key": label}

    sent = stock("send", context, label=label)

    assert sent["label"] == label
    assert amqp_world.count_sent(label) == 1


def test_it_is_refused_without_a_principal(stock: Any) -> None:
    refusal = stock("list_sent", {})

    assert refusal == {"exc_type": "Unauthenticated", "value": "principal_missing"}
