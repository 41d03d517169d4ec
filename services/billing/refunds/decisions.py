"""How refund requests end: by an operator, or by the payment's outcome.

Lock the top-up before ending one.
"""

from uuid import UUID

from services.billing.models.payments import Payment
from services.billing.models.refunds import RefundRequest
from services.billing.models.top_ups import TopUp
from services.billing.top_ups.views import request_view
from shared.contracts import billing
from shared.contracts.billing.refund_requests import RefundRequestState
from shared.rpc.change import Change

_ENDED_WITH_MONEY = frozenset(
    {RefundRequestState.GRANTED, RefundRequestState.CHARGED_BACK}
)
_EMITTED = frozenset({RefundRequestState.GRANTED, RefundRequestState.DECLINED})
"""What customers are told of: we decided it."""


def decide(change: Change, row: RefundRequest, state: RefundRequestState) -> None:
    row.state = state
    row.decided_at = change.call.now
    row.decided_by = change.call.principal.name
    change.db.flush()
    if state in _EMITTED:
        _emit(change, row)


def end_request(change: Change, payment_id: UUID, state: RefundRequestState) -> None:
    """End the request for a payment's money, if one waits."""
    row = change.db.get(RefundRequest, payment_id)
    if row is not None and row.state is RefundRequestState.ASKED:
        decide(change, row, state)


def reopen_request(change: Change, payment_id: UUID) -> None:
    """Let the request for a payment wait again, if it ended with its money gone.

    Some of that money is there again: the refund was not paid out, or the dispute was
    won.
    """
    row = change.db.get(RefundRequest, payment_id)
    if row is None or row.state not in _ENDED_WITH_MONEY:
        return
    row.state = RefundRequestState.ASKED
    row.decided_at, row.decided_by = None, ""
    change.db.flush()


def _emit(change: Change, row: RefundRequest) -> None:
    # What had been given back before may have become another sum.
    change.db.refresh(row)
    top_up = change.db.get_one(TopUp, row.top_up_id)
    payment = change.db.get_one(Payment, row.payment_id)
    change.emit(
        billing.announcements.REFUND_DECIDED,
        request_view(row, top_up, payment),
        company_id=row.company_id,
        version=1,
    )
