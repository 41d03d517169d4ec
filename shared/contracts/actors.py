"""Who did something, as a customer may see it: a person, support, or automatic."""

import re
from enum import Enum
from typing import Any

from shared.contract import Response
from shared.principal import Kind, Principal

_PROGRAMS = frozenset(
    {
        *("identity", "inventory", "billing", "import", "nobody"),
        *("sandbox", "stripe", "bank_transfer"),
    }
)
_LOGIN_NAME = re.compile(r"[a-z_][a-z0-9_.-]*\$?")


class ActorKind(Enum):
    PERSON = "person"
    """One of the customer's own people."""
    SUPPORT = "support"
    """One of the provider's."""
    AUTOMATIC = "automatic"
    """A job, an event or a gateway."""


_KINDS = {
    Kind.USER: ActorKind.PERSON,
    Kind.OPERATOR: ActorKind.SUPPORT,
    Kind.SYSTEM: ActorKind.AUTOMATIC,
}


class Actor(Response, frozen=True, kw_only=True):
    """``name`` is a person's; empty for support that gave none, and for automatic."""

    kind: ActorKind
    name: str = ""

    @property
    def columns(self) -> dict[str, Any]:
        """What a table keeps of it, beside the name that its operator reads."""
        return {"actor_kind": self.kind.value, "actor_name": self.name}


UNNAMED = Actor(kind=ActorKind.SUPPORT)


def actor_of(principal: Principal) -> Actor:
    """Return the calling actor, never with a program's or a login's name."""
    return Actor(kind=_KINDS[principal.kind], name=principal.shown_name)


def read_actor(kind: str, name: str, who: str) -> Actor:
    """Read an actor from a table.

    A row from before actors were kept has no ``kind``, and only the name of ``who``
    has. Names that look like a login can't be attributed and are not shown.
    """
    if kind:
        return Actor(kind=ActorKind(kind), name=name)
    if who in _PROGRAMS or who.startswith("system:"):
        return Actor(kind=ActorKind.AUTOMATIC)
    if not who or _LOGIN_NAME.fullmatch(who):
        return UNNAMED
    return Actor(kind=ActorKind.PERSON, name=who)
