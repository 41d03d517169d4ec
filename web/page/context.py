"""What the application holds for every request, made once by `web.app`."""

from dataclasses import dataclass, field
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
    settings: WebSettings
    client: ServiceClient
    verify_key: Ed25519PublicKey
    clock: Clock
    last_known: LastKnown
    changes: Changes
    last_pages: LastKnown = field(default_factory=lambda: LastKnown(PAGE_CAPACITY))


def context() -> Context:
    return cast("Context", current_app.extensions[EXTENSION])
