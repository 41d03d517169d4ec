"""How refund requests end: by an operator, or by what became of the payment.

Whoever ends one has locked its top-up first.
"""

from uuid import UUID

from services.billing.models.payments import Payment
from services.billing.models.refunds import RefundRequest
from shared.contracts.billing.payments import PaymentState
from shared.contracts.billing.refund_requests import RefundRequestState
from shared.rpc.change import Change

_ENDED_WITH_MONEY = frozenset(
    {RefundRequestState.GRANTED, RefundRequestState.CHARGED_BACK}
)


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


def reopen_request(change: Change, payment: Payment) -> None:
    """Let the request for a payment wait again that ended with its money gone.

    The money is there again: the refund was not paid out, or the dispute was won. Where
    the bank has taken it meanwhile, that is how the request ends.
    """
    row = change.db.get(RefundRequest, payment.id)
    if row is None or row.state not in _ENDED_WITH_MONEY:
        return
    if payment.state is PaymentState.CHARGED_BACK:
        decide(change, row, RefundRequestState.CHARGED_BACK)
        return
    row.state = RefundRequestState.ASKED
    row.decided_at, row.decided_by = None, ""
    change.db.flush()
