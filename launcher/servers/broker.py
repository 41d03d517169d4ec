"""RabbitMQ's definitions: exchanges, queues, accounts and permissions.

Everything is created here, at setup, by an account that no process has. The processes'
accounts can create only queues for replies and events, named after the account. An
exchange carries messages of several owners, so topic permissions define what an account
can publish or bind; an account without any for an exchange could use every key. The
broker doesn't check the keys of copies (CC), so nothing relies on keys on an exchange
that several accounts write to.
"""

import base64
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from launcher.servers.rabbitmq import ADMINISTRATOR, NAMEKO
from services.billing.service import BillingService
from services.identity.service import IdentityService
from services.inventory.service import InventoryService
from shared.rpc.messages import (
    DEAD,
    JUNK,
    REPLY_KEY,
    RPC_EXCHANGE,
    UUID,
    dead_letter_exchange,
    event_exchange,
)
from shared.rpc.service import Service

Definitions = dict[str, Any]

SERVICES: tuple[type[Service], ...] = (
    IdentityService,
    InventoryService,
    BillingService,
)
NAMEKO_EXCHANGE = "nameko-rpc"

_NAMES = tuple(service.contract.name for service in SERVICES)
_ANY_SERVICE = f"({'|'.join(_NAMES)})"
_NOTHING = "^$"
_METHODS = rf"^{_ANY_SERVICE}\.[a-z_]+$"
_READINESS = rf"^{_ANY_SERVICE}\.check_readiness$"
_WEEK_MS = 7 * 24 * 3600 * 1000
_HOUR_MS = 3600 * 1000
_MAX_DEAD_LETTERS = 10_000
_MAX_JUNK = 1_000
_ASIDE = rf"(dead-letters|junk)\.{_ANY_SERVICE}"


@dataclass(frozen=True)
class _Account:
    """An account's permissions as regular expressions; ``topics`` by exchange."""

    configure: str
    write: str
    read: str
    topics: Mapping[str, tuple[str, str]]


def definitions(passwords: Mapping[str, str]) -> Definitions:
    """Return a broker's accounts with ``passwords``, permissions and topology.

    The virtual host is ``/``. An account without a password here is left as it is.
    """
    laid_out = topology(SERVICES)
    accounts = {name: each for name, each in _accounts().items() if name in passwords}
    return {
        "users": [_user(name, passwords[name]) for name in accounts],
        "vhosts": [{"name": "/"}],
        "permissions": [
            _permissions(name, each.configure, each.write, each.read)
            for name, each in accounts.items()
        ],
        "topic_permissions": [
            row
            for name, account in accounts.items()
            for row in _topic_permissions(name, account)
        ],
        **{
            kind: [{"vhost": "/", **row} for row in laid_out[kind]] for kind in laid_out
        },
    }


def topology(services: Iterable[type[Service]]) -> Definitions:
    """Return exchanges, queues, bindings and policies, without a virtual host."""
    services = tuple(services)
    names = [service.contract.name for service in services]
    handlers = [handler for service in services for handler in service.event_handlers]
    sources = {handler.event.source for handler in handlers}.union(names)
    exchanges = [RPC_EXCHANGE, NAMEKO_EXCHANGE, *map(dead_letter_exchange, names)]
    exchanges += [event_exchange(name) for name in sorted(sources)]
    bindings = [
        # Their calls to us, and our replies to their keys, which have no dot in them.
        *(_binding(NAMEKO_EXCHANGE, f"{n}.*", RPC_EXCHANGE, "exchange") for n in names),
        _binding(RPC_EXCHANGE, "*", NAMEKO_EXCHANGE, "exchange"),
        *(each for service in services for each in _bindings_of(service)),
    ]
    queues = [
        each["destination"] for each in bindings if each["destination_type"] == "queue"
    ]
    return {
        "exchanges": [_exchange(name) for name in exchanges],
        "queues": [_queue(name) for name in queues],
        "bindings": bindings,
        "policies": _policies(),
    }


def _bindings_of(service: type[Service]) -> Iterable[dict[str, Any]]:
    """Return a service's queues, with nameko's names, and their bindings."""
    name = service.contract.name
    yield _binding(RPC_EXCHANGE, f"{name}.*", f"rpc-{name}")
    yield _binding(dead_letter_exchange(name), DEAD, f"dead-letters.{name}")
    yield _binding(dead_letter_exchange(name), JUNK, f"junk.{name}")
    for handler in service.event_handlers:
        event = handler.event
        queue = f"evt-{event.source}-{event.name}--{name}.{handler.name}"
        yield _binding(event_exchange(event.source), event.name, queue)


def _policies() -> list[dict[str, Any]]:
    """Return queue limits; as policies they also apply to earlier versions' queues."""
    # A full queue of dead letters takes no more: the event waits where it is. What
    # is junk has a queue of its own, and pushes out nothing but older junk.
    dead = {"max-length": _MAX_DEAD_LETTERS, "overflow": "reject-publish"}
    return [
        _policy("dead-letters", r"^dead-letters\.", {"message-ttl": _WEEK_MS, **dead}),
        _policy("junk", r"^junk\.", {"message-ttl": _WEEK_MS, "max-length": _MAX_JUNK}),
        _policy("left-behind", r"^(reply|followed-events)\.", {"expires": _HOUR_MS}),
    ]


def _accounts() -> dict[str, _Account]:
    events = [event_exchange(name) for name in _NAMES]
    follows = rf"followed-events\.web\.{UUID}"
    return {
        **{name: _service(name) for name in _NAMES},
        "web": _caller("web", _METHODS, follows=(follows, events)),
        "operator": _caller("operator", _METHODS, looks_into=_ASIDE),
        "health": _caller("health", _READINESS),
        NAMEKO: _nameko(),
        ADMINISTRATOR: _Account(".*", ".*", ".*", {}),
    }


def _service(name: str) -> _Account:
    """A service reads its own queues and publishes replies, events, dead letters."""
    events, dead_letters = event_exchange(name), dead_letter_exchange(name)
    return _Account(
        configure=_NOTHING,
        write=_one_of(RPC_EXCHANGE, events, dead_letters),
        read=_one_of(rf"rpc-{name}", rf"evt-[a-z]+-[a-z_]+--{name}\.[a-z_]+"),
        topics={
            RPC_EXCHANGE: (f"^{REPLY_KEY}$", _NOTHING),
            events: ("^[a-z_]+$", _NOTHING),
            dead_letters: (_one_of(DEAD, JUNK), _NOTHING),
        },
    )


def _caller(
    name: str,
    methods: str,
    *,
    follows: tuple[str, list[str]] = ("", []),
    looks_into: str = "",
) -> _Account:
    """A caller of ``methods``; if it ``follows`` events, through its own queue."""
    reply = rf"reply\.{name}\.{UUID}"
    queue, sources = follows
    return _Account(
        configure=_one_of(reply, queue),
        write=_one_of(RPC_EXCHANGE, reply, queue),
        read=_one_of(RPC_EXCHANGE, reply, queue, looks_into, *sources),
        topics={
            RPC_EXCHANGE: (methods, f"^{reply}$"),
            **dict.fromkeys(sources, (_NOTHING, "^#$")),
        },
    )


def _nameko() -> _Account:
    """Nameko's clients declare their exchange and could delete only that."""
    own = _one_of(NAMEKO_EXCHANGE, r"rpc\.reply-[\w-]+", r"amq\.gen-[\w-]+")
    return _Account(own, own, own, {NAMEKO_EXCHANGE: (_METHODS, f"^{UUID}$")})


def _one_of(*patterns: str) -> str:
    return f"^({'|'.join(filter(None, patterns))})$"


def _permissions(user: str, configure: str, write: str, read: str) -> dict[str, str]:
    rights = {"configure": configure, "write": write, "read": read}
    return {"user": user, "vhost": "/", **rights}


def _topic_permissions(name: str, account: _Account) -> Iterable[dict[str, str]]:
    for exchange, (write, read) in account.topics.items():
        rights = {"exchange": exchange, "write": write, "read": read}
        yield {"user": name, "vhost": "/", **rights}


def _user(name: str, password: str) -> dict[str, str]:
    salt = secrets.token_bytes(4)
    hashed = salt + hashlib.sha256(salt + password.encode()).digest()
    return {
        "name": name,
        "password_hash": base64.b64encode(hashed).decode(),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": "administrator" if name == ADMINISTRATOR else "",
    }


def _exchange(name: str) -> dict[str, Any]:
    kept = {"durable": True, "auto_delete": False, "internal": False, "arguments": {}}
    return {"name": name, "type": "topic", **kept}


def _queue(name: str) -> dict[str, Any]:
    return {"name": name, "durable": True, "auto_delete": False, "arguments": {}}


def _binding(
    source: str, key: str, destination: str, kind: str = "queue"
) -> dict[str, Any]:
    target = {"destination": destination, "destination_type": kind}
    return {"source": source, "routing_key": key, "arguments": {}, **target}


def _policy(name: str, pattern: str, limits: Mapping[str, Any]) -> dict[str, Any]:
    about = {"pattern": pattern, "apply-to": "queues", "priority": 0}
    return {"name": name, "definition": dict(limits), **about}
