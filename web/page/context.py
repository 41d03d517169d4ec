"""What the application holds for every request, made once by `web.app`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import current_app, g

from shared.clock import Clock
from shared.contract import Method, RequestT, ResponseT
from shared.rpc.client import DEFAULT_TIMEOUT_S, CallContext, ServiceClient, call
from shared.storage.storage import Storage
from web.page.freshness.changes import Changes
from web.page.freshness.last_known import PAGE_CAPACITY, LastKnown
from web.settings import WebSettings

EXTENSION = "client_area"


@dataclass(frozen=True)
class Context:
    """``document_storage`` takes people's documents, encrypted.

    ``kept_mails`` reads the numbered mails that are kept for developers, if any.
    """

    settings: WebSettings
    client: ServiceClient
    verify_key: Ed25519PublicKey
    clock: Clock
    last_known: LastKnown
    changes: Changes
    document_storage: Storage
    kept_mails: Callable[[], Sequence[tuple[int, EmailMessage]]] | None = None
    last_pages: LastKnown = field(default_factory=lambda: LastKnown(PAGE_CAPACITY))


def context() -> Context:
    return cast("Context", current_app.extensions[EXTENSION])


def call_public(
    method: Method[RequestT, ResponseT],
    arguments: RequestT,
    *,
    timeout_s: float = DEFAULT_TIMEOUT_S,
) -> ResponseT:
    """Call a method that takes no principal, and wait: its arguments have a token.

    Raises:
        ContractError, RemoteFault: as the method does.
    """
    caller = CallContext(request_id=g.request_id, timeout_s=timeout_s)
    return call(context().client, method, arguments, caller)
