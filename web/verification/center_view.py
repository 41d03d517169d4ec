"""What the Verification Center shows: each step's state, and what it lifts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cached_property

from shared.contracts.billing.limits import Allowance, CompanyTopUpLimits
from shared.contracts.identity.people import (
    Account,
    Verification,
    VerificationState,
    VerificationStep,
)
from shared.contracts.identity.verification.levels import VerificationLevel
from shared.money import Money

_LOOKS = {
    VerificationState.NOT_STARTED: ("neutral", "clock"),
    VerificationState.PENDING: ("info", "hourglass"),
    VerificationState.VERIFIED: ("success", "circle-check"),
    VerificationState.REJECTED: ("danger", "circle-x"),
    VerificationState.EXPIRED: ("warning", "alert-triangle"),
}
_NODES = {
    VerificationState.PENDING: "hourglass",
    VerificationState.VERIFIED: "check",
    VerificationState.REJECTED: "x",
    VerificationState.EXPIRED: "alert-triangle",
}
_REACHES = {
    VerificationStep.EMAIL: VerificationLevel.EMAIL,
    VerificationStep.PHONE: VerificationLevel.PHONE,
    VerificationStep.IDENTITY_DOCUMENT: VerificationLevel.IDENTITY,
}


class LiftKind(StrEnum):
    """What a step makes possible."""

    PER_DAY = "per_day"
    EACH = "each"
    BALANCE = "balance"
    INVITATIONS = "invitations"
    CARDS = "cards"


@dataclass(frozen=True)
class Lift:
    """``amount`` is the new limit, where it is one in money."""

    kind: LiftKind
    amount: Money | None = None


@dataclass(frozen=True)
class StepView:
    """A step; ``step`` and ``state`` are the contract's values.

    ``kind`` and ``icon`` are its badge's, ``node`` is the icon before its name, or
    empty for its ``number``. ``is_now`` marks the step to take next. ``reason_code``
    and ``reason``, an operator's own words, say why it is not verified.
    """

    number: int
    step: str
    state: str
    kind: str
    icon: str
    node: str
    is_now: bool
    changed_at: datetime | None
    valid_until: datetime | None
    reason_code: str
    reason: str
    lifts: Sequence[Lift]

    @property
    def is_verified(self) -> bool:
        return self.state == VerificationState.VERIFIED.value

    @property
    def last_day(self) -> date | None:
        """The last one on which it counts, which is a day of UTC."""
        if self.valid_until is None:
            return None
        return (self.valid_until.astimezone(UTC) - timedelta(microseconds=1)).date()

    @property
    def is_open(self) -> bool:
        """Whether there is something for the person to do."""
        waits = VerificationState.PENDING.value
        return not self.is_verified and self.state != waits


@dataclass(frozen=True)
class CenterView:
    """``limits`` is None while billing is unavailable, or without a wallet."""

    account: Account
    limits: CompanyTopUpLimits | None

    @cached_property
    def steps(self) -> Sequence[StepView]:
        next_step = next(self._to_do, None)
        return [
            self._step(number, it, is_now=it.step is next_step)
            for number, it in enumerate(self.account.verifications, start=1)
        ]

    @property
    def verified(self) -> int:
        return sum(step.is_verified for step in self.steps)

    @property
    def is_complete(self) -> bool:
        return self.verified == len(self.steps)

    @property
    def then(self) -> Allowance | None:
        """What the last step allows, unless that holds now or no step changes it."""
        limits = self.limits
        if limits is None or limits.is_set_by_operator:
            return None
        last = limits.levels[-1].allowance
        is_same = (limits.now.one, limits.now.per_day) == (last.one, last.per_day)
        return None if is_same else last

    @property
    def _to_do(self) -> Iterator[VerificationStep]:
        return (
            it.step
            for it in self.account.verifications
            if it.state not in {VerificationState.VERIFIED, VerificationState.PENDING}
        )

    def _step(self, number: int, it: Verification, *, is_now: bool) -> StepView:
        kind, icon = _LOOKS[it.state]
        return StepView(
            number=number,
            step=it.step.value,
            state=it.state.value,
            kind=kind,
            icon=icon,
            node=_NODES.get(it.state, ""),
            is_now=is_now,
            changed_at=it.changed_at,
            valid_until=it.valid_until,
            reason_code=it.reason_code,
            reason=it.reason,
            lifts=list(self._lifts(it)),
        )

    def _lifts(self, it: Verification) -> Iterable[Lift]:
        """Yield what a step would make possible that is not possible yet."""
        if it.state is VerificationState.VERIFIED or self.limits is None:
            return
        level = _REACHES.get(it.step)
        if level is None:
            yield from self._lifts_of_document(self.limits)
        elif not self.limits.level.reaches(level):
            yield from self._lifts_to(self.limits, level)

    def _lifts_of_document(self, limits: CompanyTopUpLimits) -> Iterable[Lift]:
        if limits.balance_then > limits.now.max_balance:
            yield Lift(LiftKind.BALANCE, limits.balance_then)

    def _lifts_to(
        self, limits: CompanyTopUpLimits, level: VerificationLevel
    ) -> Iterable[Lift]:
        (then,) = (it.allowance for it in limits.levels if it.level is level)
        if not limits.is_set_by_operator:
            is_each = then.per_day is None
            kind = LiftKind.EACH if is_each else LiftKind.PER_DAY
            yield Lift(kind, then.one if is_each else then.per_day)
        if level is VerificationLevel.PHONE:
            yield Lift(LiftKind.INVITATIONS)
        if then.saves_cards:
            yield Lift(LiftKind.CARDS)
