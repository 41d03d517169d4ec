"""Possible duplicates asked back: given back or not, or gone in another way."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from msgspec import structs
from sqlalchemy import select

from services.billing.models.payments import Payment
from services.billing.models.refunds import Refund
from services.billing.refunds.lifecycle import give_up
from shared.contracts import billing
from shared.contracts.billing.refund_requests import RefundRequestState
from shared.contracts.billing.top_ups import TopUpState
from shared.contracts.billing.transactions import Transaction
from shared.contracts.identity.memberships import Role
from shared.errors import Conflict, Forbidden, InvalidInput, NotFound
from shared.money import Money
from shared.principal import system
from shared.rpc.call import Call
from shared.rpc.change import Change
from tests.fixtures.billing.duplicates import (
    duplicate,
    paid,
    stranger,
    transactions,
)
from tests.fixtures.billing.office import money
from tests.fixtures.billing.till import Till


def test_a_duplicate_that_is_asked_back_waits_for_an_operator(till: Till) -> None:
    payment = duplicate(till)

    request = ask(till, payment, "Clicked twice")

    assert request.state is RefundRequestState.ASKED
    assert request.amount == money("119.00")
    assert payment in open_requests(till)
    assert of_payment(till, request) == request
    assert till.balance == 200


def test_what_waits_says_whose_it_is_and_what_its_wallet_has(till: Till) -> None:
    payment = duplicate(till)
    give_back(till, payment, "40.00")
    request = ask(till, payment)
    till.office.run_job("issue_documents")

    (told,) = (it for it in waiting(till) if it.request == request)

    assert told.company == "Aurora Digital GmbH"
    assert told.invoice.startswith("INV-")
    assert (told.request.amount, told.net) == (money("71.40"), money("60.00"))
    assert told.balance == money("160.00")
    assert not told.seller


def test_a_request_that_is_granted_gives_the_whole_duplicate_back(till: Till) -> None:
    payment = duplicate(till)
    request = ask(till, payment)

    granted = grant(till, payment)

    assert granted.state is RefundRequestState.GRANTED
    assert of_payment(till, request) == granted
    assert till.balance == 100
    assert till.get(request.top_up_id).state is TopUpState.PARTLY_REFUNDED
    assert payment not in open_requests(till)
    newest = transactions(till).transactions[0]
    assert (newest.kind, newest.amount) == ("refund", money("-100.00"))
    assert [each.is_given_back for each in paid_in(till)] == [True, False]
    assert till.office.differences() == []


def test_a_declined_request_shows_the_customer_why(till: Till) -> None:
    payment = duplicate(till)
    request = ask(till, payment)

    with pytest.raises(InvalidInput, match="reason_missing"):
        decline(till, payment, " ")
    decline(till, payment, "Both were used")

    told = of_payment(till, request)
    assert told is not None
    assert (told.state, told.answer) == (RefundRequestState.DECLINED, "Both were used")
    assert till.balance == 200
    assert payment not in open_requests(till)


def test_a_duplicate_is_asked_back_once_and_a_request_decided_once(till: Till) -> None:
    payment = duplicate(till)
    ask(till, payment)
    with pytest.raises(Conflict, match="refund_asked_already"):
        ask(till, payment)

    grant(till, payment)

    with pytest.raises(Conflict, match="refund_request_decided"):
        grant(till, payment)
    with pytest.raises(Conflict, match="refund_request_decided"):
        decline(till, payment, "Too late")
    assert till.balance == 100


def test_what_was_sent_twice_with_one_key_is_one_request(till: Till) -> None:
    request = billing.refund_requests.AskForRefund(payment_id=duplicate(till))
    key = str(uuid4())

    once, again = (
        till.office.call(
            billing.refund_requests.ASK_FOR_REFUND, request, till.owner(), key
        )
        for _ in range(2)
    )

    assert once == again


def test_only_a_duplicate_can_be_claimed(till: Till) -> None:
    only = paid(till)

    with pytest.raises(Conflict, match="not_a_duplicate"):
        ask(till, only.payments[0].id)
    with pytest.raises(NotFound, match="no_such_payment"):
        ask(till, uuid4())


def test_what_went_back_already_can_not_be_asked_back(till: Till) -> None:
    payment = duplicate(till)
    give_back(till, payment, "40.00")
    give_back(till, payment)

    assert left(till, payment) == money("0")
    with pytest.raises(Conflict, match="given_back_already"):
        ask(till, payment)


def test_of_what_went_back_in_part_the_rest_is_asked_for_and_given(till: Till) -> None:
    payment = duplicate(till)
    give_back(till, payment, "5.00")
    assert left(till, payment) == money("113.05")
    assert not any(each.is_given_back for each in paid_in(till))

    request = ask(till, payment)
    granted = grant(till, payment)

    assert request.amount == granted.amount == money("113.05")
    assert left(till, payment) == money("0")
    assert till.balance == 100
    assert till.office.differences() == []


def test_of_what_goes_back_while_a_request_waits_the_rest_is_still_given(
    till: Till,
) -> None:
    payment = duplicate(till)
    request = ask(till, payment)
    give_back(till, payment, "5.00")

    shown = of_payment(till, request)
    granted = grant(till, payment)

    assert shown is not None
    assert (shown.state, shown.amount) == (RefundRequestState.ASKED, money("113.05"))
    assert of_payment(till, request) == granted
    assert granted.amount == money("113.05")
    assert till.balance == 100


def test_a_refund_made_without_its_request_ends_the_request(till: Till) -> None:
    payment = duplicate(till)
    request = ask(till, payment)
    give_back(till, payment)

    told = of_payment(till, request)

    assert told is not None
    assert told.state is RefundRequestState.GRANTED
    assert payment not in open_requests(till)
    with pytest.raises(Conflict, match="refund_request_decided"):
        grant(till, payment)
    assert till.balance == 100


def test_what_the_bank_takes_back_ends_its_request(till: Till) -> None:
    payment = duplicate(till)
    request = ask(till, payment)
    charge_back(till, payment)

    told = of_payment(till, request)

    assert told is not None
    assert told.state is RefundRequestState.CHARGED_BACK
    assert told.decided_at == till.office.clock.now()
    assert payment not in open_requests(till)
    with pytest.raises(Conflict, match="refund_request_decided"):
        grant(till, payment)
    with pytest.raises(Conflict, match="refund_request_decided"):
        decline(till, payment, "No")


def test_what_was_decided_stays_so_when_the_bank_takes_it_back(till: Till) -> None:
    payment = duplicate(till)
    request = ask(till, payment)
    decline(till, payment, "Both were used")
    charge_back(till, payment)

    told = of_payment(till, request)

    assert told is not None
    assert told.state is RefundRequestState.DECLINED


@pytest.mark.parametrize("is_taken", [False, True])
def test_a_request_follows_its_refund_that_is_not_paid_out(
    till: Till,
    is_taken: bool,  # noqa: FBT001  a case
) -> None:
    payment = duplicate(till)
    request = ask(till, payment)
    grant(till, payment)
    if is_taken:
        charge_back(till, payment)
    not_paid_out(till, payment)

    shown = of_payment(till, request)
    assert shown is not None
    if is_taken:
        assert shown.state is RefundRequestState.CHARGED_BACK
    else:
        assert (shown.state, shown.decided_at) == (RefundRequestState.ASKED, None)
        assert shown.amount == money("119.00")
        (told,) = (each for each in waiting(till) if each.request == shown)
        assert told.failure == "account_closed"
        # What can't be paid out is transferred by hand, or tried again.
        assert grant(till, payment).state is RefundRequestState.GRANTED
    assert till.balance == 100
    assert till.office.differences() == []


def test_another_company_can_not_ask_and_customers_can_not_decide(till: Till) -> None:
    payment = duplicate(till)

    with pytest.raises(NotFound, match="no_such_payment"):
        ask(stranger(till), payment)
    viewer = till.office.member(Role.VIEWER)
    request = billing.refund_requests.AskForRefund(payment_id=payment)
    with pytest.raises(Forbidden):
        till.office.call(billing.refund_requests.ASK_FOR_REFUND, request, viewer)
    ask(till, payment)
    own = billing.refund_requests.GrantRefundRequest(payment_id=payment)
    with pytest.raises(Forbidden):
        till.office.call(
            billing.refund_requests.GRANT_REFUND_REQUEST, own, till.owner()
        )


def test_spent_money_is_not_refunded_and_nothing_is_half_done(till: Till) -> None:
    payment = duplicate(till)
    request = ask(till, payment)
    till.office.adjust("-150.00")
    before = transactions(till)

    with pytest.raises(Conflict, match="more_than_unspent") as refusal:
        grant(till, payment)

    assert Decimal(str(refusal.value.parameters["left"])) == 50
    assert till.balance == 50
    assert transactions(till) == before
    assert of_payment(till, request) == request
    till.office.adjust("150.00")
    assert grant(till, payment).state is RefundRequestState.GRANTED


def test_a_request_that_nobody_made_can_not_be_decided(till: Till) -> None:
    payment = duplicate(till)

    with pytest.raises(NotFound, match="no_such_refund_request"):
        grant(till, payment)
    with pytest.raises(NotFound, match="no_such_refund_request"):
        decline(till, payment, "No")


def test_requests_are_listed_page_by_page_oldest_first(till: Till) -> None:
    payments = [duplicate(till), duplicate(till), duplicate(till)]
    for payment in payments:
        ask(till, payment)

    assert [each for each in open_requests(till, limit=1) if each in payments] == (
        payments
    )


def test_transactions_mark_duplicates_and_nothing_else(till: Till) -> None:
    payment = duplicate(till)
    ask(till, payment)
    grant(till, payment)

    rows = transactions(till).transactions

    marks = [(each.kind, each.is_possible_duplicate) for each in rows]
    assert marks == [("refund", False), ("top_up", True), ("top_up", False)]


def top_up_of(till: Till, payment: UUID) -> UUID:
    found = (each.top_up_id for each in transactions(till).transactions)
    return next(
        id_
        for id_ in found
        if id_ and payment in [each.id for each in till.get(id_).payments]
    )


def give_back(till: Till, payment: UUID, net: str | None = None) -> None:
    """By the operator, who was asked by phone."""
    request = billing.top_ups.RefundTopUp(
        top_up_id=top_up_of(till, payment),
        payment_id=payment,
        net=money(net) if net else None,
        reason="By phone",
    )
    till.office.call(billing.top_ups.REFUND_TOP_UP, request, till.office.operator())
    till.office.pass_time(timedelta(seconds=1))


def charge_back(till: Till, payment: UUID) -> None:
    """The gateway's order is the first payment's, whichever money it tells of."""
    payments = till.get(top_up_of(till, payment)).payments
    (ordered,) = (each for each in payments if each.id != payment)
    with till.office.database.system() as session:
        transaction = session.get_one(Payment, payment).transaction or ""
    transaction = transaction.removesuffix(f"-{ordered.id}")
    till.notify(ordered, "charged_back", transaction=transaction)


def not_paid_out(till: Till, payment: UUID) -> None:
    """The gateway refuses the payment's refund for good."""
    service = till.office.service
    with till.office.database.system() as session:
        call = Call(system("billing"), "", till.office.clock.now())
        of_payment = select(Refund).where(Refund.payment_id == payment)
        refund = session.scalars(of_payment).one()
        give_up(Change(session, service.runtime, call), refund, "account_closed")


def left(till: Till, payment: UUID) -> Money | None:
    payments = till.get(top_up_of(till, payment)).payments
    return next(each.left for each in payments if each.id == payment)


def paid_in(till: Till) -> list[Transaction]:
    """What came in, newest first."""
    return [each for each in transactions(till).transactions if each.kind == "top_up"]


def ask(
    till: Till, payment: UUID, reason: str = ""
) -> billing.refund_requests.RefundRequest:
    request = billing.refund_requests.AskForRefund(payment_id=payment, reason=reason)
    return till.office.call(
        billing.refund_requests.ASK_FOR_REFUND, request, till.owner()
    )


def grant(till: Till, payment: UUID) -> billing.refund_requests.RefundRequest:
    request = billing.refund_requests.GrantRefundRequest(payment_id=payment)
    return till.office.call(
        billing.refund_requests.GRANT_REFUND_REQUEST, request, till.office.operator()
    )


def decline(
    till: Till, payment: UUID, reason: str
) -> billing.refund_requests.RefundRequest:
    request = billing.refund_requests.DeclineRefundRequest(
        payment_id=payment, reason=reason
    )
    return till.office.call(
        billing.refund_requests.DECLINE_REFUND_REQUEST, request, till.office.operator()
    )


def open_requests(till: Till, limit: int = 25) -> list[UUID]:
    """The payments that are asked back, of all companies, page by page."""
    return [each.request.payment_id for each in waiting(till, limit)]


def waiting(
    till: Till, limit: int = 25
) -> list[billing.refund_requests.OpenRefundRequest]:
    found: list[billing.refund_requests.OpenRefundRequest] = []
    request = billing.refund_requests.ListRefundRequests(limit=limit)
    while True:
        page = till.office.call(
            billing.refund_requests.LIST_REFUND_REQUESTS,
            request,
            till.office.operator(),
        )
        found += page.requests
        if page.next is None:
            return found
        request = structs.replace(request, cursor=page.next)


def of_payment(
    till: Till, request: billing.refund_requests.RefundRequest
) -> billing.refund_requests.RefundRequest | None:
    """What the customer sees of a request, on their top-up."""
    payments = till.get(request.top_up_id).payments
    (shown,) = (each for each in payments if each.id == request.payment_id)
    return shown.refund_request
