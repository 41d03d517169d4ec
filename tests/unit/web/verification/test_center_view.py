"""The Verification Center: each step's look, and what it lifts."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from msgspec import structs

from shared.contracts.billing.limits import (
    Allowance,
    CompanyTopUpLimits,
    LevelAllowance,
)
from shared.contracts.identity.people import (
    Account,
    User,
    Verification,
    VerificationState,
    VerificationStep,
)
from shared.contracts.identity.verification.levels import VerificationLevel
from tests.fixtures.billing.harness import money
from web.verification.center_view import CenterView, Lift, LiftKind

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NONE, EMAIL, PHONE, IDENTITY = VerificationLevel
VERIFIED = VerificationState.VERIFIED


def test_each_state_has_a_look_and_the_first_open_step_is_next() -> None:
    states = (
        VERIFIED,
        VerificationState.PENDING,
        VerificationState.REJECTED,
        VerificationState.EXPIRED,
    )
    view = CenterView(account(*states), limits(PHONE))

    assert view.verified == 1
    assert [it.kind for it in view.steps] == ["success", "info", "danger", "warning"]
    assert [it.step for it in view.steps if it.is_now] == ["identity_document"]
    assert [it.is_open for it in view.steps] == [False, False, True, True]


def test_a_step_counts_until_the_end_of_its_last_day() -> None:
    known = account(VERIFIED).verifications[0]
    midnight = structs.replace(known, valid_until=datetime(2031, 5, 2, tzinfo=UTC))
    person = structs.replace(account(VERIFIED), verifications=[midnight])

    (step,) = CenterView(person, None).steps

    assert step.last_day == date(2031, 5, 1)


@pytest.mark.parametrize("level", [NONE, EMAIL, PHONE, IDENTITY])
def test_a_step_says_in_figures_what_it_lifts_unless_that_holds_already(
    level: VerificationLevel,
) -> None:
    view = CenterView(account(), limits(level))
    of_steps = [
        [Lift(LiftKind.PER_DAY, money("100"))],
        [Lift(LiftKind.PER_DAY, money("500")), Lift(LiftKind.INVITATIONS)],
        [Lift(LiftKind.EACH, money("1000")), Lift(LiftKind.CARDS)],
    ]

    shown = [list(step.lifts) for step in view.steps]

    reached: list[list[Lift]] = [[] for _ in range(level.rank)]
    assert shown[:3] == reached + of_steps[level.rank :]
    assert shown[3] == [Lift(LiftKind.BALANCE, money("10000"))]
    assert (view.then is None) is (level is IDENTITY)


def test_limits_set_by_the_provider_are_lifted_by_no_step() -> None:
    view = CenterView(account(), limits(EMAIL, is_set_by_operator=True))

    kinds = [lift.kind for step in view.steps[:3] for lift in step.lifts]

    assert kinds == [LiftKind.INVITATIONS, LiftKind.CARDS]
    assert view.then is None


def test_without_billing_the_steps_are_shown_alone() -> None:
    view = CenterView(account(VERIFIED), None)

    assert [list(step.lifts) for step in view.steps] == [[], [], [], []]


def account(*states: VerificationState) -> Account:
    rest = [VerificationState.NOT_STARTED] * (len(VerificationStep) - len(states))
    return Account(
        user=User(
            id=UUID(int=1),
            email="ada@example.com",
            name="Ada",
            locale="en",
            time_zone="UTC",
            two_factor_enabled=False,
            is_verified=False,
        ),
        created_at=NOON,
        password_changed_at=NOON,
        verifications=[
            Verification(step=step, state=state, changed_at=NOON)
            for step, state in zip(VerificationStep, [*states, *rest], strict=True)
        ],
        memberships=[],
    )


def limits(
    level: VerificationLevel, *, is_set_by_operator: bool = False
) -> CompanyTopUpLimits:
    levels = [
        LevelAllowance(level=each, allowance=allowance(one, per_day))
        for each, one, per_day in zip(
            VerificationLevel,
            ("50", "100", "500", "1000"),
            ("50", "100", "500", None),
            strict=True,
        )
    ]
    return CompanyTopUpLimits(
        level=level,
        has_company_document=False,
        now=levels[level.rank].allowance,
        levels=levels,
        balance_then=money("10000"),
        is_set_by_operator=is_set_by_operator,
    )


def allowance(one: str, per_day: str | None) -> Allowance:
    return Allowance(
        one=money(one),
        per_day=money(per_day) if per_day else None,
        max_balance=money("5000"),
        saves_cards=per_day is None,
    )
