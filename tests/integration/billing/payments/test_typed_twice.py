"""Adjustments, refunds and bookings that an operator may have typed twice."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from msgspec import structs

from shared.contracts import billing
from shared.contracts.billing.payments import BankBookingResult, GatewayName
from shared.contracts.billing.wallets import AdjustmentKind
from shared.errors import Conflict
from tests.fixtures.billing.harness import money
from tests.fixtures.billing.payer import Payer

Typed = Callable[[Payer], tuple[Callable[[UUID | None], UUID | None], str]]
"""What is typed: given an id to repeat, it returns the earlier one's, if refused."""


def _adjustment(payer: Payer) -> tuple[Callable[[UUID | None], UUID | None], str]:
    request = billing.wallets.AdjustWallet(
        company_id=payer.harness.company_id,
        amount=money("10"),
        kind=AdjustmentKind.GOODWILL,
        reason="Sorry",
    )

    def send(again: UUID | None) -> UUID | None:
        # Another reason is typed for the same thing, perhaps.
        sent = structs.replace(request, again=again, reason=f"Sorry {uuid4()}")
        method, operator = billing.wallets.ADJUST_WALLET, payer.harness.operator()
        return _refused(lambda: payer.harness.call(method, sent, operator))

    return send, "10"


def _refund(payer: Payer) -> tuple[Callable[[UUID | None], UUID | None], str]:
    paid = payer.pay("100.00")
    request = billing.top_ups.RefundTopUp(
        top_up_id=paid.id, net=money("10.00"), reason="As asked"
    )

    def send(again: UUID | None) -> UUID | None:
        sent = structs.replace(request, again=again)
        method, operator = billing.top_ups.REFUND_TOP_UP, payer.harness.operator()
        return _refused(lambda: payer.harness.call(method, sent, operator))

    return send, "-10"


def _booking(payer: Payer) -> tuple[Callable[[UUID | None], UUID | None], str]:
    quote = payer.quote("10.00")
    begin = billing.top_ups.BeginTopUp(
        net=quote.net, digest=quote.digest, gateway=GatewayName.BANK_TRANSFER
    )
    top_up = payer.harness.call(billing.top_ups.BEGIN_TOP_UP, begin, payer.owner())

    def send(again: UUID | None) -> UUID | None:
        paid = billing.payments.BankCredit(
            transaction=str(uuid4()), amount=top_up.gross, text=top_up.reference
        )
        request = billing.payments.BookBankPayments(
            credits=[paid], is_typed=True, again=again
        )
        method, operator = billing.payments.BOOK_BANK_PAYMENTS, payer.harness.operator()
        (booking,) = payer.harness.call(method, request, operator).bookings
        is_refused = booking.result is BankBookingResult.DONE_BEFORE
        assert is_refused == (booking.earlier is not None)
        return booking.earlier

    return send, "10"


def _refused(call: Callable[[], object]) -> UUID | None:
    try:
        call()
    except Conflict as refusal:
        if refusal.code != "done_before":
            raise
        return UUID(refusal.parameters["id"])
    return None


@pytest.mark.parametrize("typed", [_adjustment, _refund, _booking])
def test_what_is_typed_twice_is_done_once_unless_it_is_meant(
    payer: Payer, typed: Typed
) -> None:
    send, step = typed(payer)
    before = payer.balance

    assert send(None) is None
    first = send(None)
    assert first is not None
    assert send(uuid4()) == first
    assert payer.balance - before == money(step).amount

    payer.harness.pass_time(timedelta(seconds=1))
    assert send(first) is None
    second = send(first)
    assert second not in {None, first}
    assert payer.balance - before == 2 * money(step).amount

    payer.harness.pass_time(timedelta(hours=1))
    assert send(None) is None
    assert payer.harness.differences() == []


def test_a_request_for_the_rest_is_granted_after_an_equal_refund(payer: Payer) -> None:
    """Nobody types that: it is decided once."""
    paid = payer.pay("100.00", "pay-twice")
    marked = next(each.id for each in paid.payments if each.duplicate_of)
    refund = billing.top_ups.RefundTopUp(
        top_up_id=paid.id, payment_id=marked, net=money("50.00"), reason="As asked"
    )
    payer.harness.call(billing.top_ups.REFUND_TOP_UP, refund, payer.harness.operator())
    ask = billing.refund_requests.AskForRefund(payment_id=marked)
    payer.harness.call(billing.refund_requests.ASK_FOR_REFUND, ask, payer.owner())

    grant = billing.refund_requests.GrantRefundRequest(payment_id=marked)
    method = billing.refund_requests.GRANT_REFUND_REQUEST
    payer.harness.call(method, grant, payer.harness.operator())

    assert payer.balance == 100
