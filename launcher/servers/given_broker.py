"""Set up a broker that the operator provides, with the accounts in the URLs."""

import time
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

import requests

from launcher.machine.errors import LaunchError
from launcher.servers.broker import Definitions, definitions
from launcher.servers.rabbitmq import NAMEKO, PROCESSES, amqp_variable
from shared.settings import SettingError

ADMIN_URL = "ADMIN_BROKER_URL"
"""The management API, with an administrator's name and password."""

_TIMEOUT_S = 60
_RETRY_S = 0.5


def given_urls(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the broker's URLs by account, for accounts that have their own."""
    urls = {name: environment.get(amqp_variable(name)) for name in (*PROCESSES, NAMEKO)}
    return {name: url for name, url in urls.items() if url}


def given_definitions(environment: Mapping[str, str]) -> Definitions:
    """Return the broker's definitions, with the passwords of the given URLs.

    Raises:
        SettingError: an account's URL lacks its name or its password.
    """
    passwords = {}
    for account, url in given_urls(environment).items():
        address = urlsplit(url)
        if address.username != account or not address.password:
            variable = amqp_variable(account)
            raise SettingError(
                f"{variable} needs the user {account} and a password in its URL."
            )
        passwords[account] = unquote(address.password)
    return definitions(passwords)


def set_up_broker(environment: Mapping[str, str]) -> None:
    """Make or update accounts, permissions, exchanges and queues.

    Where no administrator is named, they have to be there.

    Raises:
        LaunchError: the management API does not answer, or refuses.
        SettingError: an account's URL lacks its name or its password.
    """
    if admin_url := environment.get(ADMIN_URL):
        wanted = given_definitions(environment)
        answer = _post(f"{admin_url.rstrip('/')}/api/definitions", wanted)
        if not answer.ok:
            raise LaunchError(f"{ADMIN_URL} can't be used: {answer.text[:500]}")


def _post(url: str, wanted: Definitions) -> requests.Response:
    """Post as soon as the broker is up; nothing else waits for it."""
    deadline = time.monotonic() + _TIMEOUT_S
    while True:
        try:
            return requests.post(url, json=wanted, timeout=_TIMEOUT_S)
        except requests.ConnectionError as error:
            if time.monotonic() > deadline:
                reason = type(error).__name__
                raise LaunchError(f"{ADMIN_URL} can't be used: {reason}") from error
        time.sleep(_RETRY_S)
