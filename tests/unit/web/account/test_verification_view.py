"""The Verification Center: each step's look, and what it says."""

from uuid import UUID

from shared.contracts.identity.people import (
    User,
    Verification,
    VerificationState,
    VerificationStep,
)
from web.account.verification_view import VerificationView


def test_each_state_has_a_look_and_a_rejection_its_reason() -> None:
    steps = [
        Verification(step=VerificationStep.EMAIL, state=VerificationState.VERIFIED),
        Verification(step=VerificationStep.PHONE, state=VerificationState.NOT_STARTED),
        Verification(
            step=VerificationStep.IDENTITY_DOCUMENT,
            state=VerificationState.REJECTED,
            reason="Not readable",
        ),
        Verification(
            step=VerificationStep.COMPANY_DOCUMENT, state=VerificationState.EXPIRED
        ),
    ]

    view = VerificationView.of(_user(), steps)

    assert view.verified == 1
    assert [it.kind for it in view.steps] == ["success", "neutral", "danger", "warning"]
    assert [it.note for it in view.steps] == ["ada@example.com", "", "Not readable", ""]


def _user() -> User:
    return User(
        id=UUID(int=1),
        email="ada@example.com",
        name="Ada",
        locale="en",
        time_zone="UTC",
        two_factor_enabled=False,
        is_verified=False,
    )
