"""What the application holds for every request, made once by `web.app`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import current_app

from shared.clock import Clock
from shared.rpc.client import ServiceClient
from web.page.freshness.changes import Changes
from web.page.freshness.last_known import PAGE_CAPACITY, LastKnown
from web.settings import WebSettings

EXTENSION = "client_area"


@dataclass(frozen=True)
class Context:
    """``kept_mails`` reads the numbered mails that are kept for developers, if any."""

    settings: WebSettings
    client: ServiceClient
    verify_key: Ed25519PublicKey
    clock: Clock
    last_known: LastKnown
    changes: Changes
    kept_mails: Callable[[], Sequence[tuple[int, EmailMessage]]] | None = None
    last_pages: LastKnown = field(default_factory=lambda: LastKnown(PAGE_CAPACITY))


def context() -> Context:
    return cast("Context", current_app.extensions[EXTENSION])
