"""Find out which services are ready.

Each service is asked to look into its database, by a call like any other: so the
answer covers the broker, the service and what it needs.
"""

from collections.abc import Iterable
from concurrent.futures import Future

from shared.contract import CheckReadiness, Nothing, ServiceContract
from shared.errors import ContractError, RemoteFault
from shared.rpc.client import CallContext, ServiceClient

ANSWER_WITHIN_S = 1.0


def find_missing(
    client: ServiceClient, contracts: Iterable[ServiceContract], request_id: str
) -> dict[str, str]:
    """Return the services that are not ready, each with a reason code.

    ``database_unreachable`` is the service's own word on its database. Others are the
    client's: ``broker_unreachable``; ``service_unreachable``, ``deadline_exceeded`` or
    ``service_resting`` where the service is away, or too busy to say; ``fault``.
    """
    call = CallContext(request_id=request_id, timeout_s=ANSWER_WITHIN_S)
    answers = [
        (contract.name, client.start(contract.readiness, CheckReadiness(), call))
        for contract in contracts
    ]
    reasons = {name: _reason(answer) for name, answer in answers}
    return {name: reason for name, reason in reasons.items() if reason}


def _reason(answer: Future[Nothing]) -> str:
    try:
        answer.result()
    except ContractError as refusal:
        return refusal.code
    except RemoteFault:
        return "fault"
    return ""
