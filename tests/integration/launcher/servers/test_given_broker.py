"""The set-up of a broker that the operator provides."""

from collections.abc import Mapping

import pika
import pika.exceptions
import pytest

from launcher.machine.errors import LaunchError
from launcher.servers.given_broker import ADMIN_URL, given_definitions, set_up_broker
from launcher.servers.rabbitmq import PROCESSES, RabbitNode, amqp_variable
from shared.rpc.messages import RPC_EXCHANGE
from shared.settings import SettingError
from tests.fixtures.accounts import is_refused


def environment_for(node: RabbitNode, password: str) -> dict[str, str]:
    administrator = f"client-area:{node.password()}"
    urls = {
        amqp_variable(name): f"amqp://{name}:{password}@127.0.0.1:{node.ports.amqp}/"
        for name in PROCESSES
    }
    admin_url = f"http://{administrator}@127.0.0.1:{node.ports.management}/"
    return {ADMIN_URL: admin_url, **urls}


def can_log_in(environment: Mapping[str, str]) -> bool:
    parameters = pika.URLParameters(environment["WEB_AMQP_URL"])
    try:
        pika.BlockingConnection(parameters).close()
    except pika.exceptions.ProbableAuthenticationError:
        return False
    return True


def test_it_gets_accounts_and_queues_and_new_passwords_at_the_next_start(
    rabbitmq_server: RabbitNode,
) -> None:
    first = environment_for(rabbitmq_server, "first%21")
    second = environment_for(rabbitmq_server, "second")

    set_up_broker(first)

    assert can_log_in(first)
    web, billing = first["WEB_AMQP_URL"], first["BILLING_AMQP_URL"]
    call = (RPC_EXCHANGE, "billing.dashboard", b"{}")
    assert not is_refused(web, lambda channel: channel.basic_publish(*call))
    assert is_refused(billing, lambda channel: channel.basic_publish(*call))
    set_up_broker(second)
    assert can_log_in(second)
    assert not can_log_in(first)


def test_an_administrator_with_a_wrong_password_is_refused(
    rabbitmq_server: RabbitNode,
) -> None:
    environment = environment_for(rabbitmq_server, "secret")
    wrong = environment[ADMIN_URL].replace(rabbitmq_server.password(), "wrong")

    with pytest.raises(LaunchError, match=ADMIN_URL):
        set_up_broker(environment | {ADMIN_URL: wrong})


@pytest.mark.parametrize("url", ["amqp://web@host/", "amqp://other:secret@host/"])
def test_an_account_has_its_own_name_and_a_password(url: str) -> None:
    with pytest.raises(SettingError, match="WEB_AMQP_URL"):
        given_definitions({"WEB_AMQP_URL": url})


def test_a_broker_without_an_administrators_url_is_left_alone() -> None:
    set_up_broker({"WEB_AMQP_URL": "amqp://web:secret@nowhere.invalid/"})
