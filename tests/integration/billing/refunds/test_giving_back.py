"""Money of a top-up that goes back: given by us, or taken by the customer's bank."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select

from services.billing.models.payments import Payment
from services.billing.models.refunds import Refund, RefundState
from services.billing.refunds.lifecycle import give_up, settle
from shared.contracts.billing.top_ups import (
    REFUND_TOP_UP,
    RefundTopUp,
    TopUp,
    TopUpState,
)
from shared.contracts.billing.wallets import AdjustmentKind
from shared.errors import Conflict
from shared.principal import system
from shared.rpc.call import Call
from shared.rpc.change import Change
from tests.fixtures.billing.harness import money
from tests.fixtures.billing.payer import Payer


def test_a_refund_in_parts_refunds_every_cent_of_tax(payer: Payer) -> None:
    paid = payer.pay("100.00")
    for part in ("33.33", "33.33"):
        assert payer.refund(paid, part).state is TopUpState.PARTLY_REFUNDED

    whole = payer.refund(paid)

    assert whole.state is TopUpState.REFUNDED
    assert whole.refunded == money("100.00")
    assert payer.balance == 0
    assert payer.harness.differences() == []


def test_a_refund_leaves_the_time_at_which_a_top_up_was_paid(payer: Payer) -> None:
    paid = payer.pay("100.00")
    payer.harness.pass_time(timedelta(days=60))

    refunded = payer.refund(paid)

    assert paid.settled_at is not None
    assert refunded.settled_at == paid.settled_at


def test_no_more_is_refunded_than_is_unspent(payer: Payer) -> None:
    paid = payer.pay("100.00")
    payer.harness.adjust("-60")

    with pytest.raises(Conflict, match="more_than_unspent"):
        payer.refund(paid, "40.01")

    assert payer.refund(paid).refunded == money("40.00")


def test_goodwill_is_never_paid_out(payer: Payer) -> None:
    paid = payer.pay("100.00")
    payer.harness.adjust("-90")
    payer.harness.adjust("25", kind=AdjustmentKind.GOODWILL)

    with pytest.raises(Conflict, match="goodwill_not_refundable") as refusal:
        payer.refund(paid, "10.01")

    assert refusal.value.parameters == {"left": "10.000000", "goodwill": "25.000000"}
    request = RefundTopUp(top_up_id=paid.id, reason="As asked")
    done = payer.harness.call(REFUND_TOP_UP, request, payer.harness.operator())
    assert (done.net, done.kept_goodwill) == (money("10"), money("25"))
    with pytest.raises(Conflict, match="goodwill_not_refundable"):
        payer.refund(paid)
    assert payer.balance == 25


@pytest.mark.parametrize("before", ["refunded", "charged_back"])
def test_a_payment_that_comes_late_can_be_refunded_whatever_came_before(
    payer: Payer, before: str
) -> None:
    top_up = payer.begin("100.00")
    payer.start(top_up)
    (payment,) = payer.get(top_up.id).payments
    payer.notify(payment)
    if before == "refunded":
        payer.refund(top_up)
    else:
        payer.notify(payment, "charged_back")
    with pytest.raises(Conflict, match="not_refundable"):
        payer.refund(top_up)
    payer.notify(payment, transaction="late")
    assert payer.balance == 100

    refunded = payer.refund(top_up)

    assert refunded.state is TopUpState.REFUNDED
    assert payer.balance == 0
    assert payer.harness.differences() == []


def test_a_bank_that_takes_back_a_payment_takes_the_tax_that_was_booked(
    payer: Payer,
) -> None:
    """Also where an earlier version parted net and tax otherwise, by a cent."""
    top_up = payer.begin("100.00")
    payer.start(top_up)
    (payment,) = payer.get(top_up.id).payments
    payer.notify(payment)
    cent = Decimal("0.01")
    _shift_tax(payer, payment.id, -cent)

    payer.notify(payment, "charged_back")

    assert payer.balance == -cent
    # What others see of the books is right again.
    _shift_tax(payer, payment.id, cent)


def test_a_bank_that_takes_back_a_part_of_a_payment_takes_no_more(payer: Payer) -> None:
    top_up = payer.begin("100.00")
    payer.start(top_up)
    (payment,) = payer.get(top_up.id).payments
    payer.notify(payment)
    payer.refund(top_up, "50.00")

    payer.notify(payment, "charged_back", amount="59.50")

    shown = payer.get(top_up.id)
    assert shown.state is TopUpState.CHARGED_BACK
    assert [each.amount for each in shown.payments] == [money("119.00")]
    assert payer.balance == 0
    assert payer.harness.differences() == []


@pytest.mark.parametrize("first", ["succeeded", "charged_back"])
def test_a_second_payment_known_only_by_its_chargeback_leaves_the_first_alone(
    payer: Payer, first: str
) -> None:
    top_up = payer.begin("100.00")
    payer.start(top_up)
    (payment,) = payer.get(top_up.id).payments
    payer.notify(payment, first, transaction="first")

    payer.notify(payment, "charged_back", transaction="second")
    payer.notify(payment, "succeeded", transaction="second")

    shown = payer.get(top_up.id).payments
    assert [each.state.value for each in shown if each.id == payment.id] == [first]
    others = [each.state.value for each in shown if each.id != payment.id]
    assert others == ["charged_back"]
    assert payer.balance == (100 if first == "succeeded" else 0)
    assert payer.harness.differences() == []


def test_a_refund_refused_after_a_chargeback_leaves_it_charged_back(
    payer: Payer,
) -> None:
    top_up, refund_id = _refund_that_waits(payer)
    (payment,) = payer.get(top_up.id).payments
    payer.notify(payment, "charged_back")

    with _change(payer) as change:
        give_up(change, change.db.get_one(Refund, refund_id), "refused")

    assert payer.get(top_up.id).state is TopUpState.CHARGED_BACK
    assert payer.balance == 0
    payer.harness.run_job("issue_documents")
    assert payer.harness.differences() == []


def test_a_refund_that_was_given_up_is_not_settled_any_more(payer: Payer) -> None:
    top_up, refund_id = _refund_that_waits(payer)
    with _change(payer) as change:
        give_up(change, change.db.get_one(Refund, refund_id), "refused")

    with _change(payer) as change:
        settle(change, change.db.get_one(Refund, refund_id))

    with _change(payer) as change:
        assert change.db.get_one(Refund, refund_id).state is RefundState.FAILED
    assert payer.get(top_up.id).state is TopUpState.SUCCEEDED
    assert payer.get(top_up.id).refunded == money("0")
    assert payer.balance == 100
    assert payer.harness.differences() == []


def _refund_that_waits(payer: Payer) -> tuple[TopUp, UUID]:
    """A top-up of 100 net, of which the gateway was not yet told to give back 40."""
    top_up = payer.begin("100.00")
    payer.start(top_up)
    (payment,) = payer.get(top_up.id).payments
    payer.notify(payment)
    payer.refund(top_up, "40.00")
    with _change(payer) as change:
        refund = change.db.scalars(select(Refund)).one()
    return top_up, refund.id


@contextmanager
def _change(payer: Payer) -> Iterator[Change]:
    """What the job that tells gateways of refunds makes its changes with."""
    runtime = payer.harness.service.runtime
    with payer.harness.database.company(payer.harness.company_id) as session:
        yield Change(session, runtime, Call(system("test"), "", runtime.clock.now()))


def _shift_tax(payer: Payer, payment_id: UUID, amount: Decimal) -> None:
    with payer.harness.database.system() as session:
        row = session.get_one(Payment, payment_id)
        row.net, row.tax = row.net - amount, row.tax + amount
