"""Give each program of the stack only its own settings and keys.

A compromised program then has no access to another service's database, the key that
signs principals, or the payment gateways' secrets.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from launcher.machine.accounts import account_of, closed_folder
from launcher.machine.files import make_folder, write_atomically
from launcher.machine.keys import DOCUMENT_KEYS, FACTOR_KEYS, add_key
from launcher.machine.layout import Layout
from launcher.servers import databases, given_broker
from launcher.servers.databases import SERVICES, owner_variable, url_variable
from launcher.servers.rabbitmq import NAMEKO, PROCESSES, amqp_variable
from launcher.servers.supervision import ROOT
from shared.settings import Settings
from shared.storage.settings import VARIABLE as STORAGE

_IDENTITY, _INVENTORY, _BILLING = (f"{service}.event.pub" for service in SERVICES)

CODE = (ROOT / "web", Path(sys.executable), Path(sys.executable).resolve())
"""What a program reads to run."""

KEYS = {
    "identity": (
        *("principal.key", "principal.pub", "operator.pub"),
        *("identity.event.key", FACTOR_KEYS, DOCUMENT_KEYS),
        *(_IDENTITY, _INVENTORY, _BILLING),
    ),
    "inventory": ("principal.pub", "inventory.event.key", _IDENTITY, _BILLING),
    "billing": (
        *("principal.pub", "sandbox.secret"),
        *("billing.event.key", _IDENTITY, _INVENTORY, _BILLING),
    ),
    "sandbox": ("sandbox.secret",),
    "web": ("principal.pub", "web.secret", _IDENTITY, _INVENTORY, _BILLING),
}
"""A program has the public event keys of the sources that it follows."""

WEB_STORAGE = f"WEB_{STORAGE}"
"""Another account of web's at the storage of documents, with less rights."""

_SECRETS = {
    "SMTP_URL": ("identity",),
    "SMS_URL": ("identity",),
    "SMS_HEADERS": ("identity",),
    "SMS_BODY": ("identity",),
    "STRIPE_SECRET_KEY": ("billing",),
    "STRIPE_WEBHOOK_SECRET": ("billing",),
    STORAGE: ("identity", "web"),
    WEB_STORAGE: (),
}
"""Settings that only these programs may read."""


def folder_that_shares_keys(all_keys: Path) -> Path | None:
    """Return the folder that makes programs started by root share all keys, if any.

    Only root can enter it, and they need to (see `launcher.machine.accounts`).
    """
    return closed_folder([*CODE, all_keys]) if os.geteuid() == 0 else None


def environment_of(
    program: str, environment: Mapping[str, str], keys: Path
) -> dict[str, str]:
    """Return the program's part of the environment; ``keys`` is its own folder."""
    others = {url_variable(service) for service in SERVICES if service != program}
    others |= {owner_variable(service) for service in SERVICES}
    others |= {name for name, owners in _SECRETS.items() if program not in owners}
    others |= {databases.ADMIN_URL, given_broker.ADMIN_URL}
    others |= {"AMQP_URL", *map(amqp_variable, (*PROCESSES, NAMEKO))}
    own = {name: value for name, value in environment.items() if name not in others}
    if program in PROCESSES:
        # Operators with their own broker may choose one account for all.
        url = environment.get(amqp_variable(program)) or environment.get("AMQP_URL")
        own |= {"AMQP_URL": url} if url else {}
    if program == "web" and (url := environment.get(WEB_STORAGE)):
        own |= {STORAGE: url}
    return own | {"KEYS_DIR": str(keys)}


def rotate_key(settings: Settings, name: str) -> None:
    """Make a new key in one of identity's files of keys, also while it is running.

    Its copy is always readable for it, so it is replaced by one that it owns already.
    """
    add_key(settings.keys_dir, name)
    folder = Layout(settings.var).keys_folder("identity")
    if folder.exists():
        copy = folder / f"{name}.new"
        write_atomically(copy, (settings.keys_dir / name).read_bytes())
        account_of("identity").own(folder)
        copy.replace(folder / name)


def copy_keys(program: str, all_keys: Path, folder: Path) -> None:
    """Copy the program's current keys to ``folder`` and remove everything else."""
    make_folder(folder).chmod(0o700)
    for file in folder.iterdir():
        if file.name not in KEYS[program]:
            file.unlink()
    for name in KEYS[program]:
        write_atomically(folder / name, (all_keys / name).read_bytes())
