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
from tests.fixtures.billing.harness import money
from tests.fixtures.billing.payer import Payer


def test_a_duplicate_that_is_asked_back_waits_for_an_operator(payer: Payer) -> None:
    payment = duplicate(payer)

    request = ask(payer, payment, "Clicked twice")

    assert request.state is RefundRequestState.ASKED
    assert request.amount == money("119.00")
    assert payment in open_requests(payer)
    assert of_payment(payer, request) == request
    assert payer.balance == 200


def test_what_waits_says_whose_it_is_and_what_its_wallet_has(payer: Payer) -> None:
    payment = duplicate(payer)
    give_back(payer, payment, "40.00")
    request = ask(payer, payment)
    payer.harness.run_job("issue_documents")

    (told,) = (it for it in waiting(payer) if it.request == request)

    assert told.company == "Aurora Digital GmbH"
    assert told.invoice.startswith("INV-")
    assert (told.request.amount, told.net) == (money("71.40"), money("60.00"))
    assert told.balance == money("160.00")
    assert not told.seller


def test_a_request_that_is_granted_gives_the_whole_duplicate_back(payer: Payer) -> None:
    payment = duplicate(payer)
    request = ask(payer, payment)

    granted = grant(payer, payment)

    assert granted.state is RefundRequestState.GRANTED
    assert of_payment(payer, request) == granted
    assert payer.balance == 100
    assert payer.get(request.top_up_id).state is TopUpState.PARTLY_REFUNDED
    assert payment not in open_requests(payer)
    newest = transactions(payer).transactions[0]
    assert (newest.kind, newest.amount) == ("refund", money("-100.00"))
    assert [each.is_given_back for each in paid_in(payer)] == [True, False]
    assert payer.harness.differences() == []


def test_a_declined_request_shows_the_customer_why(payer: Payer) -> None:
    payment = duplicate(payer)
    request = ask(payer, payment)

    with pytest.raises(InvalidInput, match="reason_missing"):
        decline(payer, payment, " ")
    decline(payer, payment, "Both were used")

    told = of_payment(payer, request)
    assert told is not None
    assert (told.state, told.answer) == (RefundRequestState.DECLINED, "Both were used")
    assert payer.balance == 200
    assert payment not in open_requests(payer)


def test_a_duplicate_is_asked_back_once_and_a_request_decided_once(
    payer: Payer,
) -> None:
    payment = duplicate(payer)
    ask(payer, payment)
    with pytest.raises(Conflict, match="refund_asked_already"):
        ask(payer, payment)

    grant(payer, payment)

    with pytest.raises(Conflict, match="refund_request_decided"):
        grant(payer, payment)
    with pytest.raises(Conflict, match="refund_request_decided"):
        decline(payer, payment, "Too late")
    assert payer.balance == 100


def test_what_was_sent_twice_with_one_key_is_one_request(payer: Payer) -> None:
    request = billing.refund_requests.AskForRefund(payment_id=duplicate(payer))
    key = str(uuid4())

    once, again = (
        payer.harness.call(
            billing.refund_requests.ASK_FOR_REFUND, request, payer.owner(), key
        )
        for _ in range(2)
    )

    assert once == again


def test_only_a_duplicate_can_be_claimed(payer: Payer) -> None:
    only = paid(payer)

    with pytest.raises(Conflict, match="not_a_duplicate"):
        ask(payer, only.payments[0].id)
    with pytest.raises(NotFound, match="no_such_payment"):
        ask(payer, uuid4())


def test_what_went_back_already_can_not_be_asked_back(payer: Payer) -> None:
    payment = duplicate(payer)
    give_back(payer, payment, "40.00")
    give_back(payer, payment)

    assert left(payer, payment) == money("0")
    with pytest.raises(Conflict, match="given_back_already"):
        ask(payer, payment)


def test_of_what_went_back_in_part_the_rest_is_asked_for_and_given(
    payer: Payer,
) -> None:
    payment = duplicate(payer)
    give_back(payer, payment, "5.00")
    assert left(payer, payment) == money("113.05")
    assert not any(each.is_given_back for each in paid_in(payer))

    request = ask(payer, payment)
    granted = grant(payer, payment)

    assert request.amount == granted.amount == money("113.05")
    assert left(payer, payment) == money("0")
    assert payer.balance == 100
    assert payer.harness.differences() == []


def test_of_what_goes_back_while_a_request_waits_the_rest_is_still_given(
    payer: Payer,
) -> None:
    payment = duplicate(payer)
    request = ask(payer, payment)
    give_back(payer, payment, "5.00")

    shown = of_payment(payer, request)
    granted = grant(payer, payment)

    assert shown is not None
    assert (shown.state, shown.amount) == (RefundRequestState.ASKED, money("113.05"))
    assert of_payment(payer, request) == granted
    assert granted.amount == money("113.05")
    assert payer.balance == 100


def test_a_refund_made_without_its_request_ends_the_request(payer: Payer) -> None:
    payment = duplicate(payer)
    request = ask(payer, payment)
    give_back(payer, payment)

    told = of_payment(payer, request)

    assert told is not None
    assert told.state is RefundRequestState.GRANTED
    assert payment not in open_requests(payer)
    with pytest.raises(Conflict, match="refund_request_decided"):
        grant(payer, payment)
    assert payer.balance == 100


def test_what_the_bank_takes_back_ends_its_request(payer: Payer) -> None:
    payment = duplicate(payer)
    request = ask(payer, payment)
    charge_back(payer, payment)

    told = of_payment(payer, request)

    assert told is not None
    assert told.state is RefundRequestState.CHARGED_BACK
    assert told.decided_at == payer.harness.clock.now()
    assert payment not in open_requests(payer)
    with pytest.raises(Conflict, match="refund_request_decided"):
        grant(payer, payment)
    with pytest.raises(Conflict, match="refund_request_decided"):
        decline(payer, payment, "No")


def test_what_was_decided_stays_so_when_the_bank_takes_it_back(payer: Payer) -> None:
    payment = duplicate(payer)
    request = ask(payer, payment)
    decline(payer, payment, "Both were used")
    charge_back(payer, payment)

    told = of_payment(payer, request)

    assert told is not None
    assert told.state is RefundRequestState.DECLINED


@pytest.mark.parametrize("is_taken", [False, True])
def test_a_request_follows_its_refund_that_is_not_paid_out(
    payer: Payer,
    is_taken: bool,  # noqa: FBT001  a case
) -> None:
    payment = duplicate(payer)
    request = ask(payer, payment)
    grant(payer, payment)
    if is_taken:
        charge_back(payer, payment)
    not_paid_out(payer, payment)

    shown = of_payment(payer, request)
    assert shown is not None
    if is_taken:
        assert shown.state is RefundRequestState.CHARGED_BACK
    else:
        assert (shown.state, shown.decided_at) == (RefundRequestState.ASKED, None)
        assert shown.amount == money("119.00")
        (told,) = (each for each in waiting(payer) if each.request == shown)
        assert told.failure == "account_closed"
        # What can't be paid out is transferred by hand, or tried again.
        assert grant(payer, payment).state is RefundRequestState.GRANTED
    assert payer.balance == 100
    assert payer.harness.differences() == []


def test_another_company_can_not_ask_and_customers_can_not_decide(payer: Payer) -> None:
    payment = duplicate(payer)

    with pytest.raises(NotFound, match="no_such_payment"):
        ask(stranger(payer), payment)
    viewer = payer.harness.member(Role.VIEWER)
    request = billing.refund_requests.AskForRefund(payment_id=payment)
    with pytest.raises(Forbidden):
        payer.harness.call(billing.refund_requests.ASK_FOR_REFUND, request, viewer)
    ask(payer, payment)
    own = billing.refund_requests.GrantRefundRequest(payment_id=payment)
    with pytest.raises(Forbidden):
        payer.harness.call(
            billing.refund_requests.GRANT_REFUND_REQUEST, own, payer.owner()
        )


def test_spent_money_is_not_refunded_and_nothing_is_half_done(payer: Payer) -> None:
    payment = duplicate(payer)
    request = ask(payer, payment)
    payer.harness.adjust("-150.00")
    before = transactions(payer)

    with pytest.raises(Conflict, match="more_than_unspent") as refusal:
        grant(payer, payment)

    assert Decimal(str(refusal.value.parameters["left"])) == 50
    assert payer.balance == 50
    assert transactions(payer) == before
    assert of_payment(payer, request) == request
    payer.harness.adjust("150.00")
    assert grant(payer, payment).state is RefundRequestState.GRANTED


def test_a_request_that_nobody_made_can_not_be_decided(payer: Payer) -> None:
    payment = duplicate(payer)

    with pytest.raises(NotFound, match="no_such_refund_request"):
        grant(payer, payment)
    with pytest.raises(NotFound, match="no_such_refund_request"):
        decline(payer, payment, "No")


def test_requests_are_listed_page_by_page_oldest_first(payer: Payer) -> None:
    payments = [duplicate(payer), duplicate(payer), duplicate(payer)]
    for payment in payments:
        ask(payer, payment)

    assert [each for each in open_requests(payer, limit=1) if each in payments] == (
        payments
    )


def test_transactions_mark_duplicates_and_nothing_else(payer: Payer) -> None:
    payment = duplicate(payer)
    ask(payer, payment)
    grant(payer, payment)

    rows = transactions(payer).transactions

    marks = [(each.kind, each.is_possible_duplicate) for each in rows]
    assert marks == [("refund", False), ("top_up", True), ("top_up", False)]


def top_up_of(payer: Payer, payment: UUID) -> UUID:
    found = (each.top_up_id for each in transactions(payer).transactions)
    return next(
        id_
        for id_ in found
        if id_ and payment in [each.id for each in payer.get(id_).payments]
    )


def give_back(payer: Payer, payment: UUID, net: str | None = None) -> None:
    """By the operator, who was asked by phone."""
    request = billing.top_ups.RefundTopUp(
        top_up_id=top_up_of(payer, payment),
        payment_id=payment,
        net=money(net) if net else None,
        reason="By phone",
    )
    payer.harness.call(billing.top_ups.REFUND_TOP_UP, request, payer.harness.operator())
    payer.harness.pass_time(timedelta(seconds=1))


def charge_back(payer: Payer, payment: UUID) -> None:
    """The gateway's order is the first payment's, whichever money it tells of."""
    payments = payer.get(top_up_of(payer, payment)).payments
    (ordered,) = (each for each in payments if each.id != payment)
    with payer.harness.database.system() as session:
        transaction = session.get_one(Payment, payment).transaction or ""
    transaction = transaction.removesuffix(f"-{ordered.id}")
    payer.notify(ordered, "charged_back", transaction=transaction)


def not_paid_out(payer: Payer, payment: UUID) -> None:
    """The gateway refuses the payment's refund for good."""
    service = payer.harness.service
    with payer.harness.database.system() as session:
        call = Call(system("billing"), "", payer.harness.clock.now())
        of_payment = select(Refund).where(Refund.payment_id == payment)
        refund = session.scalars(of_payment).one()
        give_up(Change(session, service.runtime, call), refund, "account_closed")


def left(payer: Payer, payment: UUID) -> Money | None:
    payments = payer.get(top_up_of(payer, payment)).payments
    return next(each.left for each in payments if each.id == payment)


def paid_in(payer: Payer) -> list[Transaction]:
    """What came in, newest first."""
    return [each for each in transactions(payer).transactions if each.kind == "top_up"]


def ask(
    payer: Payer, payment: UUID, reason: str = ""
) -> billing.refund_requests.RefundRequest:
    request = billing.refund_requests.AskForRefund(payment_id=payment, reason=reason)
    return payer.harness.call(
        billing.refund_requests.ASK_FOR_REFUND, request, payer.owner()
    )


def grant(payer: Payer, payment: UUID) -> billing.refund_requests.RefundRequest:
    request = billing.refund_requests.GrantRefundRequest(payment_id=payment)
    return payer.harness.call(
        billing.refund_requests.GRANT_REFUND_REQUEST, request, payer.harness.operator()
    )


def decline(
    payer: Payer, payment: UUID, reason: str
) -> billing.refund_requests.RefundRequest:
    request = billing.refund_requests.DeclineRefundRequest(
        payment_id=payment, reason=reason
    )
    return payer.harness.call(
        billing.refund_requests.DECLINE_REFUND_REQUEST,
        request,
        payer.harness.operator(),
    )


def open_requests(payer: Payer, limit: int = 25) -> list[UUID]:
    """The payments that are asked back, of all companies, page by page."""
    return [each.request.payment_id for each in waiting(payer, limit)]


def waiting(
    payer: Payer, limit: int = 25
) -> list[billing.refund_requests.OpenRefundRequest]:
    found: list[billing.refund_requests.OpenRefundRequest] = []
    request = billing.refund_requests.ListRefundRequests(limit=limit)
    while True:
        page = payer.harness.call(
            billing.refund_requests.LIST_REFUND_REQUESTS,
            request,
            payer.harness.operator(),
        )
        found += page.requests
        if page.next is None:
            return found
        request = structs.replace(request, cursor=page.next)


def of_payment(
    payer: Payer, request: billing.refund_requests.RefundRequest
) -> billing.refund_requests.RefundRequest | None:
    """What the customer sees of a request, on their top-up."""
    payments = payer.get(request.top_up_id).payments
    (shown,) = (each for each in payments if each.id == request.payment_id)
    return shown.refund_request
