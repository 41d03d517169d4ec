"""What the Verification Center shows of each step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from shared.contracts.identity.people import (
    User,
    Verification,
    VerificationState,
    VerificationStep,
)

_LOOKS = {
    VerificationState.NOT_STARTED: ("neutral", "clock"),
    VerificationState.PENDING: ("info", "hourglass"),
    VerificationState.VERIFIED: ("success", "circle-check"),
    VerificationState.REJECTED: ("danger", "circle-x"),
    VerificationState.EXPIRED: ("warning", "alert-triangle"),
}


@dataclass(frozen=True)
class StepView:
    """``step`` and ``state`` are the contract's values; ``kind`` is a badge's."""

    step: str
    state: str
    kind: str
    icon: str
    note: str


@dataclass(frozen=True)
class VerificationView:
    steps: Sequence[StepView]
    verified: int

    @classmethod
    def of(cls, user: User, verifications: Sequence[Verification]) -> Self:
        return cls(
            steps=[_step(user, it) for it in verifications],
            verified=sum(_is_verified(it) for it in verifications),
        )


def _step(user: User, it: Verification) -> StepView:
    kind, icon = _LOOKS[it.state]
    address = user.email if it.step is VerificationStep.EMAIL else ""
    return StepView(it.step.value, it.state.value, kind, icon, it.reason or address)


def _is_verified(it: Verification) -> bool:
    return it.state is VerificationState.VERIFIED
