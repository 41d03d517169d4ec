"""How refund requests end: by an operator, or by what became of the payment.

Whoever ends one has locked its top-up first.
"""

from uuid import UUID

from services.billing.models.refunds import RefundRequest
from shared.contracts.billing.refund_requests import RefundRequestState
from shared.rpc.change import Change


def decide(change: Change, row: RefundRequest, state: RefundRequestState) -> None:
    row.state = state
    row.decided_at = change.call.now
    row.decided_by = change.call.principal.name
    change.db.flush()


def end_request(change: Change, payment_id: UUID, state: RefundRequestState) -> None:
    """End the request for a payment's money, if one waits."""
    row = change.db.get(RefundRequest, payment_id)
    if row is not None and row.state is RefundRequestState.ASKED:
        decide(change, row, state)
