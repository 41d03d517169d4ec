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
from tests.fixtures.billing.office import money
from tests.fixtures.billing.till import Till


def test_a_refund_in_parts_refunds_every_cent_of_tax(till: Till) -> None:
    paid = till.pay("100.00")
    for part in ("33.33", "33.33"):
        assert till.refund(paid, part).state is TopUpState.PARTLY_REFUNDED

    whole = till.refund(paid)

    assert whole.state is TopUpState.REFUNDED
    assert whole.refunded == money("100.00")
    assert till.balance == 0
    assert till.office.differences() == []


def test_a_refund_leaves_the_time_at_which_a_top_up_was_paid(till: Till) -> None:
    paid = till.pay("100.00")
    till.office.pass_time(timedelta(days=60))

    refunded = till.refund(paid)

    assert paid.settled_at is not None
    assert refunded.settled_at == paid.settled_at


def test_no_more_is_refunded_than_is_unspent(till: Till) -> None:
    paid = till.pay("100.00")
    till.office.adjust("-60")

    with pytest.raises(Conflict, match="more_than_unspent"):
        till.refund(paid, "40.01")

    assert till.refund(paid).refunded == money("40.00")


def test_goodwill_is_never_paid_out(till: Till) -> None:
    paid = till.pay("100.00")
    till.office.adjust("-90")
    till.office.adjust("25", kind=AdjustmentKind.GOODWILL)

    with pytest.raises(Conflict, match="goodwill_not_refundable") as refusal:
        till.refund(paid, "10.01")

    assert refusal.value.parameters == {"left": "10.000000", "goodwill": "25.000000"}
    request = RefundTopUp(top_up_id=paid.id, reason="As asked")
    done = till.office.call(REFUND_TOP_UP, request, till.office.operator())
    assert (done.net, done.kept_goodwill) == (money("10"), money("25"))
    with pytest.raises(Conflict, match="goodwill_not_refundable"):
        till.refund(paid)
    assert till.balance == 25


@pytest.mark.parametrize("before", ["refunded", "charged_back"])
def test_a_payment_that_comes_late_can_be_refunded_whatever_came_before(
    till: Till, before: str
) -> None:
    top_up = till.begin("100.00")
    till.start(top_up)
    (payment,) = till.get(top_up.id).payments
    till.notify(payment)
    if before == "refunded":
        till.refund(top_up)
    else:
        till.notify(payment, "charged_back")
    with pytest.raises(Conflict, match="not_refundable"):
        till.refund(top_up)
    till.notify(payment, transaction="late")
    assert till.balance == 100

    refunded = till.refund(top_up)

    assert refunded.state is TopUpState.REFUNDED
    assert till.balance == 0
    assert till.office.differences() == []


def test_a_bank_that_takes_back_a_payment_takes_the_tax_that_was_booked(
    till: Till,
) -> None:
    """Also where an earlier version parted net and tax otherwise, by a cent."""
    top_up = till.begin("100.00")
    till.start(top_up)
    (payment,) = till.get(top_up.id).payments
    till.notify(payment)
    cent = Decimal("0.01")
    _shift_tax(till, payment.id, -cent)

    till.notify(payment, "charged_back")

    assert till.balance == -cent
    # What others see of the books is right again.
    _shift_tax(till, payment.id, cent)


def test_a_bank_that_takes_back_a_part_of_a_payment_takes_no_more(till: Till) -> None:
    top_up = till.begin("100.00")
    till.start(top_up)
    (payment,) = till.get(top_up.id).payments
    till.notify(payment)
    till.refund(top_up, "50.00")

    till.notify(payment, "charged_back", amount="59.50")

    shown = till.get(top_up.id)
    assert shown.state is TopUpState.CHARGED_BACK
    assert [each.amount for each in shown.payments] == [money("119.00")]
    assert till.balance == 0
    assert till.office.differences() == []


@pytest.mark.parametrize("first", ["succeeded", "charged_back"])
def test_a_second_payment_known_only_by_its_chargeback_leaves_the_first_alone(
    till: Till, first: str
) -> None:
    top_up = till.begin("100.00")
    till.start(top_up)
    (payment,) = till.get(top_up.id).payments
    till.notify(payment, first, transaction="first")

    till.notify(payment, "charged_back", transaction="second")
    till.notify(payment, "succeeded", transaction="second")

    shown = till.get(top_up.id).payments
    assert [each.state.value for each in shown if each.id == payment.id] == [first]
    others = [each.state.value for each in shown if each.id != payment.id]
    assert others == ["charged_back"]
    assert till.balance == (100 if first == "succeeded" else 0)
    assert till.office.differences() == []


def test_a_refund_refused_after_a_chargeback_leaves_it_charged_back(
    till: Till,
) -> None:
    top_up, refund_id = _refund_that_waits(till)
    (payment,) = till.get(top_up.id).payments
    till.notify(payment, "charged_back")

    with _change(till) as change:
        give_up(change, change.db.get_one(Refund, refund_id), "refused")

    assert till.get(top_up.id).state is TopUpState.CHARGED_BACK
    assert till.balance == 0
    till.office.run_job("issue_documents")
    assert till.office.differences() == []


def test_a_refund_that_was_given_up_is_not_settled_any_more(till: Till) -> None:
    top_up, refund_id = _refund_that_waits(till)
    with _change(till) as change:
        give_up(change, change.db.get_one(Refund, refund_id), "refused")

    with _change(till) as change:
        settle(change, change.db.get_one(Refund, refund_id))

    with _change(till) as change:
        assert change.db.get_one(Refund, refund_id).state is RefundState.FAILED
    assert till.get(top_up.id).state is TopUpState.SUCCEEDED
    assert till.get(top_up.id).refunded == money("0")
    assert till.balance == 100
    assert till.office.differences() == []


def _refund_that_waits(till: Till) -> tuple[TopUp, UUID]:
    """A top-up of 100 net, of which the gateway was not yet told to give back 40."""
    top_up = till.begin("100.00")
    till.start(top_up)
    (payment,) = till.get(top_up.id).payments
    till.notify(payment)
    till.refund(top_up, "40.00")
    with _change(till) as change:
        refund = change.db.scalars(select(Refund)).one()
    return top_up, refund.id


@contextmanager
def _change(till: Till) -> Iterator[Change]:
    """What the job that tells gateways of refunds makes its changes with."""
    runtime = till.office.service.runtime
    with till.office.database.company(till.office.company_id) as session:
        yield Change(session, runtime, Call(system("test"), "", runtime.clock.now()))


def _shift_tax(till: Till, payment_id: UUID, amount: Decimal) -> None:
    with till.office.database.system() as session:
        row = session.get_one(Payment, payment_id)
        row.net, row.tax = row.net - amount, row.tax + amount
