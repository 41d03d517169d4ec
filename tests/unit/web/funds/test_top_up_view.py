"""What a top-up's page says first, what it offers, and how it shows payments."""

from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from shared.contracts.billing.payments import (
    BankInstructions,
    GatewayName,
    Payment,
    PaymentState,
    PaymentTax,
)
from shared.contracts.billing.refund_requests import RefundRequestState
from shared.contracts.billing.settlement import ServiceCharge, TopUpEffects
from shared.contracts.billing.top_ups import TopUp, TopUpState
from tests.fixtures.documents import money
from tests.fixtures.fake_services import START
from tests.fixtures.web.top_ups import (
    OTHER_ID,
    REASON,
    TOP_UP_ID,
    debt,
    duplicate,
    settled,
    top_up_with,
)
from web.funds.queries import Outcome
from web.funds.top_up_view import (
    Documents,
    Duplicate,
    PaymentRemark,
    PaymentView,
    RefundStatus,
    Remark,
    Status,
    TopUpView,
)

ONCE = structs.replace(duplicate(), duplicate_of=None, duplicate_top_up_id=None)
FAILED = structs.replace(ONCE, state=PaymentState.FAILED, failure="card_declined")
BANK = BankInstructions(
    recipient="A", iban="DE1", bic="", bank="", amount=money("119"), reference="TU-1"
)


def view(
    payment: Payment = ONCE,
    state: TopUpState = TopUpState.SUCCEEDED,
    *,
    may: bool = True,
    outcome: Outcome | None = None,
    **changes: object,
) -> TopUpView:
    top_up: TopUp = structs.replace(top_up_with(payment, state), **changes)
    return TopUpView(top_up, outcome, may)


def outcome(**changes: object) -> Outcome:
    effects = TopUpEffects(
        paid_at=START,
        before=money("0"),
        credited=money("100"),
        charged=money("60.005"),
        charges=[ServiceCharge(service_id=UUID(int=1), amount=money("50.004"))],
        charged_count=1,
        after=money("39.995"),
        is_settling=False,
        waiting=settled("40", *(debt(UUID(int=n), "0", "40") for n in range(9))),
    )
    return Outcome(structs.replace(effects, **changes), {}, START)


@pytest.mark.parametrize(
    ("state", "payment", "changes", "status"),
    [
        (TopUpState.DRAFT, ONCE, {"payments": []}, Status.NOT_STARTED),
        (TopUpState.PENDING, ONCE, {}, Status.WAITING),
        (TopUpState.PENDING, FAILED, {}, Status.DECLINED),
        (TopUpState.PENDING, ONCE, {"bank": BANK}, Status.WAITING_FOR_TRANSFER),
        (TopUpState.SUCCEEDED, ONCE, {}, Status.ADDED),
        (TopUpState.FAILED, FAILED, {}, Status.FAILED),
        (TopUpState.CANCELLED, ONCE, {}, Status.CANCELLED),
        (TopUpState.EXPIRED, ONCE, {}, Status.EXPIRED),
        (TopUpState.CHARGED_BACK, ONCE, {}, Status.REVERSED),
        (TopUpState.PARTLY_REFUNDED, ONCE, {}, Status.REFUNDED),
        (TopUpState.REFUNDED, ONCE, {}, Status.REFUNDED),
    ],
)
def test_what_is_said_first(
    state: TopUpState, payment: Payment, changes: dict[str, Any], status: Status
) -> None:
    shown = view(payment, state, **changes)

    assert shown.status is status
    assert shown.is_open is (state in {TopUpState.DRAFT, TopUpState.PENDING})
    assert shown.can_be_cancelled is shown.is_open
    assert shown.can_be_paid is (shown.is_open and "bank" not in changes)
    assert bool(shown.polls) is shown.is_open
    assert not view(payment, state, may=False, **changes).can_be_cancelled


@pytest.mark.parametrize(
    ("payment", "state", "gateway", "documents"),
    [
        (FAILED, TopUpState.FAILED, GatewayName.STRIPE, None),
        (FAILED, TopUpState.EXPIRED, GatewayName.BANK_TRANSFER, Documents.PROFORMA),
        (ONCE, TopUpState.REFUNDED, GatewayName.STRIPE, Documents.INVOICES),
        (ONCE, TopUpState.SUCCEEDED, GatewayName.BANK_TRANSFER, None),
    ],
)
def test_only_documents_that_exist_are_led_to(
    payment: Payment,
    state: TopUpState,
    gateway: GatewayName,
    documents: Documents | None,
) -> None:
    shown = view(payment, state, gateway=gateway)

    assert shown.documents is documents
    assert shown.has_transactions is (payment is ONCE)


@pytest.mark.parametrize(
    ("payment", "credited", "remark"),
    [
        (ONCE, "100", None),
        (duplicate(), "200", Remark.PAID_TWICE),
        (duplicate(duplicate_top_up_id=OTHER_ID), "100", None),
        (ONCE, "60", Remark.PART_ARRIVED),
        (ONCE, "160", Remark.OTHER_AMOUNT),
        (
            structs.replace(
                ONCE, tax=PaymentTax(net=money("99"), tax=money("20"), reason=REASON)
            ),
            "99",
            Remark.TAXED_OTHERWISE,
        ),
    ],
)
def test_why_another_amount_was_added(
    payment: Payment, credited: str, remark: Remark | None
) -> None:
    assert view(payment, credited=money(credited)).remark is remark


@pytest.mark.parametrize(
    ("quoted", "taxed", "has_tax"),
    [
        ("19", None, True),
        ("0", None, False),
        ("19", "0", False),
        ("0", "19", True),
    ],
)
def test_vat_is_spoken_of_only_where_some_was_paid(
    quoted: str, taxed: str | None, *, has_tax: bool
) -> None:
    tax = PaymentTax(net=money("100"), tax=money(taxed or "0"), reason=REASON)
    payment = structs.replace(ONCE, tax=tax if taxed else None)

    assert view(payment, tax=money(quoted)).has_tax is has_tax


def test_what_the_money_did_adds_up() -> None:
    shown = view(outcome=outcome())

    assert shown.charged_further == money("10.001")
    assert shown.rounding is None
    assert len(shown.lacking) == 5
    assert not shown.is_first_payment
    assert view(outcome=outcome(), credited=money("200")).is_first_payment
    assert view(outcome=outcome(is_settling=True)).is_settling
    assert view(outcome=outcome(is_settling=True)).polls == "2s"


@pytest.mark.parametrize(
    ("payment", "state", "remark"),
    [
        (ONCE, "succeeded", None),
        (structs.replace(ONCE, is_late=True), "succeeded", PaymentRemark.LATE),
        (duplicate(), "succeeded", PaymentRemark.POSSIBLE_DUPLICATE),
        (duplicate(left="0"), "refunded", PaymentRemark.DUPLICATE),
        (FAILED, "failed", None),
    ],
)
def test_a_payment_in_the_list(
    payment: Payment, state: str, remark: PaymentRemark | None
) -> None:
    shown = PaymentView(payment, TOP_UP_ID)

    assert (shown.state, shown.remark) == (state, remark)


@pytest.mark.parametrize(
    ("payment", "kind", "refund"),
    [
        (duplicate(), Duplicate.OF_THIS, RefundStatus.OFFERED),
        (duplicate(left="9"), Duplicate.OF_THIS, RefundStatus.REST_OFFERED),
        (
            duplicate(refund_request=RefundRequestState.ASKED),
            Duplicate.OF_THIS,
            RefundStatus.UNDER_REVIEW,
        ),
        (
            duplicate(duplicate_top_up_id=OTHER_ID, left="0"),
            Duplicate.SAME_AMOUNT,
            RefundStatus.REFUNDED,
        ),
    ],
)
def test_a_possible_duplicate(
    payment: Payment, kind: Duplicate, refund: RefundStatus
) -> None:
    shown = PaymentView(payment, TOP_UP_ID)

    assert (shown.kind, shown.refund) == (kind, refund)
    is_offered = refund in {RefundStatus.OFFERED, RefundStatus.REST_OFFERED}
    assert shown.can_request_refund is is_offered
