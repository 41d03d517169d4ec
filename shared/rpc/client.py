"""The interface for calling services.

`shared.rpc.amqp.client` speaks to nameko services over RabbitMQ,
`shared.rpc.local_client` calls the same services in this process. Both are held to
tests/contract.
"""

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from prometheus_client import CollectorRegistry

from shared.contract import Method, RequestT, ResponseT

DEFAULT_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class CallContext:
    """A call's metadata, sent as AMQP headers.

    ``principal`` is the signed token (None for public methods), ``request_id`` follows
    one click through every service, ``idempotency_key`` is required by methods that
    change something.
    """

    request_id: str
    principal: str | None = None
    idempotency_key: str | None = None
    timeout_s: float = DEFAULT_TIMEOUT_S


class ServiceClient(Protocol):
    """Calls services; safe to use from any thread."""

    def start(
        self,
        method: Method[RequestT, ResponseT],
        request: RequestT,
        context: CallContext,
    ) -> Future[ResponseT]:
        """Send a call and return at once.

        The future always ends: with the response, with a `ContractError` that the
        service raised, with `RemoteFault`, or with `Unavailable`:

        - ``deadline_exceeded``: no answer in time;
        - ``service_unreachable``: it has never been running;
        - ``broker_unreachable``: it could not be sent;
        - ``connection_lost`` while it was under way;
        - ``service_resting``: not sent, as the service answers no calls at the moment
          (`shared.rpc.breaker`);
        - ``too_many_calls``: not sent, as too many wait already;
        - ``client_closed``.
        """
        ...

    @property
    def figures(self) -> CollectorRegistry:
        """Metrics of calls: counts, durations and outcomes."""
        ...

    def close(self) -> None:
        """End all pending calls with `Unavailable` and release resources."""
        ...


def call(
    client: ServiceClient,
    method: Method[RequestT, ResponseT],
    request: RequestT,
    context: CallContext,
) -> ResponseT:
    """Call and wait for the answer; raise the future's exception."""
    return client.start(method, request, context).result()
