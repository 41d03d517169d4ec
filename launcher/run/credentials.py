"""The credentials of each program of the stack: its own settings and keys only.

One that is taken over then has neither another service's database, nor the key that
principals are signed with, nor the payment gateways'.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from launcher.machine.accounts import closed_folder
from launcher.machine.files import make_folder, write_atomically
from launcher.servers import databases, given_broker
from launcher.servers.databases import SERVICES, owner_variable, url_variable
from launcher.servers.rabbitmq import NAMEKO, PROCESSES, amqp_variable
from launcher.servers.supervision import ROOT

_IDENTITY, _INVENTORY, _BILLING = (f"{service}.event.pub" for service in SERVICES)

CODE = (ROOT / "web", Path(sys.executable), Path(sys.executable).resolve())
"""What a program reads to run."""

KEYS = {
    "identity": (
        *("principal.key", "principal.pub", "operator.pub"),
        "identity.event.key",
    ),
    "inventory": ("principal.pub", "inventory.event.key", _BILLING),
    "billing": (
        *("principal.pub", "sandbox.secret"),
        *("billing.event.key", _IDENTITY, _INVENTORY, _BILLING),
    ),
    "sandbox": ("sandbox.secret",),
    "web": ("principal.pub", "web.secret", _IDENTITY, _INVENTORY, _BILLING),
}
"""The public keys of events are those of the sources that a program follows."""

_SECRETS = {
    "STRIPE_SECRET_KEY": "billing",
    "STRIPE_WEBHOOK_SECRET": "billing",
}
"""Settings that one program alone may read."""


def what_mixes_keys(all_keys: Path) -> Path | None:
    """The folder for whose sake programs that root starts can read any key.

    Only root may pass it, and they have to (see `launcher.machine.accounts`).
    """
    return closed_folder([*CODE, all_keys]) if os.geteuid() == 0 else None


def environment_of(
    program: str, environment: Mapping[str, str], keys: Path
) -> dict[str, str]:
    """The program's part of the stack's environment; ``keys`` is its own folder."""
    others = {url_variable(service) for service in SERVICES if service != program}
    others |= {owner_variable(service) for service in SERVICES}
    others |= {name for name, owner in _SECRETS.items() if owner != program}
    others |= {databases.ADMIN_URL, given_broker.ADMIN_URL}
    others |= {"AMQP_URL", *map(amqp_variable, (*PROCESSES, NAMEKO))}
    own = {name: value for name, value in environment.items() if name not in others}
    if program in PROCESSES:
        # One account for all is the operator's choice, who provides the broker.
        url = environment.get(amqp_variable(program)) or environment.get("AMQP_URL")
        own |= {"AMQP_URL": url} if url else {}
    return own | {"KEYS_DIR": str(keys)}


def give_keys(program: str, all_keys: Path, folder: Path) -> None:
    """Make ``folder`` hold the program's keys as they are now, and nothing else."""
    make_folder(folder).chmod(0o700)
    for file in folder.iterdir():
        if file.name not in KEYS[program]:
            file.unlink()
    for name in KEYS[program]:
        write_atomically(folder / name, (all_keys / name).read_bytes())
