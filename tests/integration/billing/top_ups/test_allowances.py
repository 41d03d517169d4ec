"""What a company may top up, as its verification rises and falls."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from shared.contracts import billing
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.people import VerificationStep
from shared.contracts.identity.verification.levels import VerificationLevel
from shared.errors import Conflict, InvalidInput, NotFound
from tests.fixtures.billing.harness import money
from tests.fixtures.billing.payer import Payer

NONE, EMAIL, PHONE, IDENTITY = VerificationLevel


def limits(payer: Payer) -> billing.limits.CompanyTopUpLimits:
    viewer = payer.harness.member(Role.TECHNICAL)
    ask = billing.limits.GetTopUpLimits()
    found = payer.harness.call(billing.limits.GET_TOP_UP_LIMITS, ask, viewer).limits
    assert found
    return found


def own_limits(payer: Payer, currency: str = "EUR") -> billing.limits.SetTopUpLimits:
    return billing.limits.SetTopUpLimits(
        company_id=payer.harness.company_id, currency=currency
    )


def set_limits(
    payer: Payer, request: billing.limits.SetTopUpLimits
) -> billing.limits.Allowance:
    method, operator = billing.limits.SET_TOP_UP_LIMITS, payer.harness.operator()
    return payer.harness.call(method, request, operator)


@pytest.mark.parametrize(
    ("level", "net", "codes", "step"),
    [
        (NONE, "50", [], VerificationStep.EMAIL),
        (NONE, "51", ["above_maximum", "above_day_limit"], VerificationStep.EMAIL),
        (EMAIL, "100", [], VerificationStep.PHONE),
        (EMAIL, "101", ["above_maximum", "above_day_limit"], VerificationStep.PHONE),
        (PHONE, "500", [], VerificationStep.IDENTITY_DOCUMENT),
        (
            PHONE,
            "501",
            ["above_maximum", "above_day_limit"],
            VerificationStep.IDENTITY_DOCUMENT,
        ),
        (IDENTITY, "1000", [], None),
        (IDENTITY, "1001", ["above_maximum"], None),
    ],
)
def test_each_level_allows_more_and_names_the_next_step(
    payer: Payer,
    level: VerificationLevel,
    net: str,
    codes: list[str],
    step: VerificationStep | None,
) -> None:
    payer.harness.verify(level)

    quote = payer.quote(net)

    assert [each.code for each in quote.problems] == codes
    assert quote.lifted_by is step
    named = {each.parameters.get("step") for each in quote.problems}
    assert named == ({step.value} if step and codes else {None} if codes else set())


def test_the_companys_document_lifts_the_maximum_balance(payer: Payer) -> None:
    payer.harness.adjust("4500")
    (before,) = payer.quote("1000").problems
    payer.harness.verify(IDENTITY, has_document=True)

    assert before.code == "above_max_balance"
    assert before.parameters["step"] == "company_document"
    assert payer.quote("1000").problems == []


def test_a_lower_level_holds_at_once_and_an_older_event_changes_nothing(
    payer: Payer,
) -> None:
    payer.harness.verify(EMAIL, version=5)
    payer.harness.verify(IDENTITY, version=4)

    assert limits(payer).level is EMAIL


def test_the_page_has_every_level_in_figures(payer: Payer) -> None:
    payer.harness.verify(PHONE)
    found = limits(payer)

    assert found.level is PHONE
    assert not found.is_set_by_operator
    assert found.now.per_day == money("500")
    ones = [each.allowance.one for each in found.levels]
    assert ones == [money(each) for each in ("50", "100", "500", "1000")]
    assert [each.allowance.saves_cards for each in found.levels] == [0, 0, 0, 1]
    assert (found.now.max_balance, found.balance_then) == (
        money("5000"),
        money("10000"),
    )


def test_an_operator_sets_limits_of_a_company_and_takes_them_back(
    payer: Payer,
) -> None:
    payer.harness.verify(EMAIL)
    more = replace(own_limits(payer), one=money("2000"), is_day_unlimited=True)
    now = set_limits(payer, more)
    assert (now.one, now.per_day, now.max_balance) == (
        money("2000"),
        None,
        money("5000"),
    )
    assert payer.quote("2000").problems == []
    (problem,) = payer.quote("2001").problems
    assert "step" not in problem.parameters
    assert limits(payer).is_set_by_operator

    assert set_limits(payer, own_limits(payer)).one.amount == Decimal(100)
    assert not limits(payer).is_set_by_operator


@pytest.mark.parametrize(
    ("own", "refusal"),
    [
        ({"one": money("9")}, InvalidInput),
        ({"one": money("20", "USD")}, InvalidInput),
        ({"per_day": money("20"), "is_day_unlimited": True}, InvalidInput),
        ({"currency": "USD"}, NotFound),
    ],
)
def test_limits_that_make_no_sense_are_refused(
    payer: Payer, own: dict[str, object], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        set_limits(payer, replace(own_limits(payer), **own))


def test_another_wallet_has_no_limit_of_its_own_within_a_day(payer: Payer) -> None:
    payer.harness.verify(EMAIL)
    for currency in ("PLN", "USD"):
        payer.harness.open_wallet(currency)
    payer.pay("60")
    payer.begin("10")

    # 70 of 100 are taken: of a hundred dollars, and of five hundred zlotys.
    for currency, left in (("USD", "30"), ("PLN", "150"), ("EUR", "30")):
        quote = payer.quote("400" if currency == "PLN" else "80", currency)
        assert [each.code for each in quote.problems] == ["above_day_limit"]
        assert quote.day_left == money(left, currency)
        assert quote.open_net == money("10" if currency == "EUR" else "0", currency)
    dollars = payer.quote("30", "USD")
    payer.begin_as_quoted(dollars)
    with pytest.raises(Conflict) as refused:
        payer.begin_as_quoted(payer.quote("10"))
    assert refused.value.code == "above_day_limit"

    set_limits(payer, replace(own_limits(payer), is_day_unlimited=True))
    assert payer.quote("10").day_left is None
    assert payer.quote("10", "USD").day_left == money("70", "USD")
