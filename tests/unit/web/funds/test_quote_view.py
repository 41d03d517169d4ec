"""Which amounts, limits, consequences and next step Add Funds shows of a quote."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec import structs

from shared.contracts.billing.settlement import ServiceDebt
from shared.contracts.billing.top_ups import (
    AmountReason,
    NextRoom,
    Problem,
    SuggestedAmount,
)
from shared.contracts.identity.people import VerificationStep
from tests.fixtures.documents import money
from tests.fixtures.fake_services import START
from tests.fixtures.web.top_ups import debt, quote_of, recommended, settled
from web.funds.quote_view import (
    After,
    AmountNote,
    DebtParts,
    LimitKind,
    LimitLeft,
    LimitNext,
    QuoteView,
    Step,
    other_recommendations,
)

HV_02, HV_03 = UUID(int=1), UUID(int=2)
NAMES = {HV_02: "hv-02"}
LIMITED = {
    "day_limit": money("100"),
    "problems": [Problem(code="x", parameters={})],
}
PAID, STOPPED = debt(HV_02, "50", "0"), debt(HV_03, "0", "40")
RUNNING = structs.replace(PAID, is_suspended=False, new_period=money("0"))


def view(**changes: object) -> QuoteView:
    return QuoteView(structs.replace(quote_of(), **changes), NAMES)


def suggested(net: str, reason: AmountReason) -> SuggestedAmount:
    return SuggestedAmount(net=money(net), reason=reason, is_allowed=True)


@pytest.mark.parametrize(
    ("debts", "note", "service"),
    [
        ([PAID], AmountNote.RESUMES_ONE, "hv-02"),
        ([PAID, STOPPED], AmountNote.RESUMES_SEVERAL, ""),
        ([PAID, RUNNING], AmountNote.PAYS_OVERDUE, ""),
    ],
)
def test_an_amount_says_which_services_it_pays(
    debts: list[ServiceDebt], note: AmountNote, service: str
) -> None:
    pays = suggested("50", AmountReason.PAYS_DEBTS)

    (amount,) = view(suggested=[pays], settlement=settled("0", *debts)).amounts

    assert (amount.note, amount.service) == (note, service)


@pytest.mark.parametrize(
    ("left", "note"),
    [(None, AmountNote.MAXIMUM), ("60", AmountNote.LIMIT_TODAY)],
)
def test_the_largest_amount_is_the_maximum_or_todays_limit(
    left: str | None, note: AmountNote
) -> None:
    largest = suggested("60", AmountReason.LARGEST)
    unverified = money(left) if left else None

    shown = view(suggested=[largest], day_left=unverified, net=money("60"))

    assert [(it.note, it.is_current) for it in shown.amounts] == [(note, True)]


@pytest.mark.parametrize(
    ("left", "kind", "of_limit"),
    [
        (None, LimitKind.PER_TOP_UP, LimitLeft.ALL),
        ("100", LimitKind.PER_DAY, LimitLeft.ALL),
        ("60", LimitKind.PER_DAY, LimitLeft.PART),
        ("2", LimitKind.PER_DAY, LimitLeft.BELOW_MINIMUM),
        ("0", LimitKind.PER_DAY, LimitLeft.NOTHING),
    ],
)
def test_what_is_left_of_a_limit(
    left: str | None, kind: LimitKind, of_limit: LimitLeft
) -> None:
    unverified = money(left) if left else None
    shown = view(day_limit=money("100"), day_left=unverified)

    assert (shown.limit, shown.limit_left) == (kind, of_limit)


@pytest.mark.parametrize(
    ("largest", "kind", "then"),
    [
        ("400", LimitKind.BALANCE, LimitNext.AFTER_PAYMENT),
        (None, LimitKind.BALANCE_FULL, LimitNext.UNKNOWN),
    ],
)
def test_a_wallet_that_is_nearly_full_bounds_a_top_up(
    largest: str | None, kind: LimitKind, then: LimitNext
) -> None:
    shown = view(largest=money(largest) if largest else None)

    assert (shown.limit, shown.limit_next) == (kind, then)
    room = NextRoom(at=START + timedelta(hours=3), net=money("98"))
    assert view(next_room=room).limit_next is LimitNext.AT


def test_a_limit_is_explained_once() -> None:
    recommended = SuggestedAmount(
        net=money("959"), reason=AmountReason.RECOMMENDED, is_allowed=False
    )
    bounded = {"suggested": [recommended], "largest": money("100")}
    problems = [Problem(code=it, parameters={}) for it in ("above_day_limit",) * 2]

    assert view(**bounded).explains_limit
    assert not view(**bounded, problems=problems).explains_limit
    assert view(**bounded, problems=problems).problems == ["limit"]
    assert not view(suggested=[recommended]).explains_limit


@pytest.mark.parametrize(
    ("is_suspended", "owed", "new_period", "parts"),
    [
        (True, "0", "219", DebtParts.NEW_PERIOD),
        (True, "28.91", "219", DebtParts.NEW_PERIOD_AND_OLD),
        (True, "28.91", "0", DebtParts.OLD),
        (False, "28.91", "0", DebtParts.OVERDUE),
    ],
)
def test_what_a_service_needs_has_parts(
    owed: str, new_period: str, parts: DebtParts, *, is_suspended: bool
) -> None:
    needs = structs.replace(
        PAID,
        is_suspended=is_suspended,
        owed=money(owed),
        new_period=money(new_period),
    )

    assert QuoteView.parts_of(needs) is parts


@pytest.mark.parametrize(
    ("balance", "left", "debts", "missing", "after"),
    [
        ("0", "10", [PAID, STOPPED], "30", After.MORE_NEEDED),
        ("0", "-5", [PAID], "0", After.BELOW_ZERO),
        ("0", "50", [PAID], "0", After.PART_STAYS),
        ("-52", "48", [], "0", After.BACK_ABOVE_ZERO),
        ("0", "100", [], "0", After.ALL_STAYS),
    ],
)
def test_how_the_balance_is_left(
    balance: str, left: str, debts: list[ServiceDebt], missing: str, after: After
) -> None:
    settlement = settled(left, *debts, missing=missing)

    shown = view(balance=money(balance), settlement=settlement)

    assert shown.after is after
    assert shown.needed == money("100") + money(missing)


def test_of_very_many_services_the_first_are_shown_and_the_others_counted() -> None:
    debts = [debt(UUID(int=n), "1", "0") for n in range(8)]
    listed = settled("92", *debts)
    longer = structs.replace(listed, debt_count=900, charged=money("900"))

    assert (len(view(settlement=listed).paid), view(settlement=listed).more_debts) == (
        5,
        3,
    )
    assert view(settlement=longer).more_debts == 895
    assert view(settlement=longer).charged_further == money("892")
    assert view(settlement=longer).only_charged is None
    assert view(settlement=settled("50", PAID)).only_charged == HV_02


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({}, Step.PAY),
        ({**LIMITED, "day_left": money("60")}, Step.USE_ALLOWED),
        (
            {**LIMITED, "lifted_by": VerificationStep.PHONE, "instead": None},
            Step.VERIFY,
        ),
        ({**LIMITED, "instead": None}, Step.CONTACT_SUPPORT),
        ({**LIMITED, "gateways": []}, Step.CONTACT_SUPPORT),
    ],
)
def test_the_button_does_what_is_possible(
    changes: dict[str, object], step: Step
) -> None:
    assert view(**changes).step is step


@pytest.mark.parametrize("tax", ["19", "0"])
def test_vat_is_spoken_of_only_where_there_is_some(tax: str) -> None:
    assert view(tax=money(tax)).has_tax is (tax != "0")


def test_rounded_amounts_add_up_as_they_are_written() -> None:
    charged = debt(HV_02, "247.914111", "0")
    shown = view(balance=money("97.837"), settlement=settled("-50.077111", charged))

    assert shown.rounding == money("-0.01")
    assert sum(shown.charges, money("0")) == shown.quote.settlement.left


def test_what_is_recommended_in_other_currencies_is_not_among_the_amounts() -> None:
    euros, dollars = recommended("75"), recommended("34", "USD")
    each = [euros, dollars, recommended("0", "GBP")]

    assert other_recommendations(each, view()) == [dollars]
    assert other_recommendations(each, None) == [euros, dollars]
