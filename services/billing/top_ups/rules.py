"""Whether an amount may be topped up, and how to split it. Pure.

The limits depend on the company: see `services.billing.top_ups.allowances`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace as replace_struct

from shared.contracts.billing.top_ups import NextRoom, Problem
from shared.contracts.identity.people import VerificationStep
from shared.money import (
    Money,
    round_down_to_minor_unit,
    round_to_minor_unit,
)

WINDOW = timedelta(hours=24)
"""In which top-ups count together where a level has a limit for all of them."""

_MAX_PARTS = 12
"""The most top-ups into which a large amount is split."""


@dataclass(frozen=True)
class Bounds:
    """What bounds a company's top-ups, as net amounts in one currency.

    ``minimum`` and ``maximum`` are those of one top-up, ``per_day`` is the maximum of
    all within 24 hours (None if there is none), ``max_balance`` what the wallet may
    hold afterwards. ``lifted_by`` is the verification step by which top-ups may be
    larger, up to ``lifted_to`` each; ``balance_lifted_by`` is the one for the balance.
    They are None where no step changes anything.
    """

    minimum: Decimal
    maximum: Decimal
    per_day: Decimal | None
    max_balance: Decimal
    lifted_by: VerificationStep | None = None
    lifted_to: Decimal | None = None
    balance_lifted_by: VerificationStep | None = None


@dataclass(frozen=True)
class Counted:
    """The net amount of a payment, which counts ``until`` then."""

    paid_at: datetime
    net: Decimal

    @property
    def until(self) -> datetime:
        return self.paid_at + WINDOW


@dataclass(frozen=True)
class Circumstances:
    """What a wallet's top-ups are bound by, in its currency.

    ``open_net`` are top-ups that may still be paid, ``open_elsewhere`` those of the
    company's other wallets. ``counted`` was paid within 24 hours to any of them,
    whenever it was asked for, oldest first. What is elsewhere takes the same share of
    this currency's limit as it does of its own.
    """

    limits: Bounds
    balance: Decimal
    open_net: Decimal
    counted: Sequence[Counted]
    open_elsewhere: Decimal = Decimal(0)

    @property
    def room(self) -> Decimal:
        """What the wallet can still take, open top-ups being paid."""
        taken = self.balance + self.open_net
        return max(self.limits.max_balance - taken, Decimal(0))

    @property
    def day_left(self) -> Decimal | None:
        """What may still be topped up within 24 hours; None without a limit."""
        if self.limits.per_day is None:
            return None
        still_open = self.open_net + self.open_elsewhere
        taken = still_open + sum((each.net for each in self.counted), Decimal(0))
        return max(self.limits.per_day - taken, Decimal(0))

    def at(self, moment: datetime) -> "Circumstances":
        """The same, once the payments until ``moment`` count no more."""
        still = [each for each in self.counted if each.until > moment]
        return replace(self, counted=still)


def largest(net: Money, about: Circumstances) -> Money | None:
    """The most, in its currency, that can be topped up at once; None if nothing can."""
    left = about.day_left
    bounds = [about.limits.maximum, about.room, *([] if left is None else [left])]
    most = round_down_to_minor_unit(Money(min(bounds), net.currency))
    is_possible = most.amount > 0 and most.amount >= about.limits.minimum
    return most if is_possible else None


def instead(net: Money, about: Circumstances) -> Money | None:
    """The allowed amount that is next to ``net``; None if nothing is allowed."""
    most = largest(net, about)
    if most is None:
        return None
    least = Money(about.limits.minimum, net.currency)
    return max(least, min(net, most))


def next_room(net: Money, about: Circumstances) -> NextRoom | None:
    """When more than now can be topped up, as time goes by and nothing else changes."""
    if about.day_left is None:
        return None
    now = largest(net, about)
    for each in about.counted:
        then = largest(net, about.at(each.until))
        if then is not None and (now is None or then > now):
            return NextRoom(at=each.until, net=then)
    return None


def fits_payment(net: Money) -> bool:
    """Whether an amount can be paid as it is: positive, no finer than a cent."""
    return net.amount > 0 and round_to_minor_unit(net) == net


def problems(net: Money, about: Circumstances) -> Iterator[Problem]:
    """Every reason why this amount can't be topped up now.

    ``step`` is the verification step that would lift a limit, if one does.
    """
    limits = about.limits
    if net.amount < limits.minimum:
        yield _problem("below_minimum", net, minimum=limits.minimum)
    if net.amount > limits.maximum:
        problem = _problem("above_maximum", net, maximum=limits.maximum)
        yield _lifted(problem, limits.lifted_by)
    if net.amount > about.room:
        problem = _problem(
            "above_max_balance", net, max_balance=limits.max_balance, room=about.room
        )
        yield _lifted(problem, limits.balance_lifted_by)
    left = about.day_left
    if left is not None and limits.per_day is not None and net.amount > left:
        problem = _problem("above_day_limit", net, limit=limits.per_day, left=left)
        yield _lifted(problem, limits.lifted_by)


def _lifted(problem: Problem, step: VerificationStep | None) -> Problem:
    if step is None:
        return problem
    parameters = {**problem.parameters, "step": step.value}
    return replace_struct(problem, parameters=parameters)


def split(net: Money, about: Circumstances) -> list[Money]:
    """Top-ups that reach an amount above the maximum, one after the other.

    Each is within the limits; the last ones share the rest where it would be below the
    minimum. Empty when one top-up is enough, or when no number of them helps: the
    balance would grow too high, the limit of 24 hours is lower, or it takes too many.
    """
    limits = about.limits
    left = about.day_left
    if net.amount <= limits.maximum or net.amount > about.room:
        return []
    if left is not None and net.amount > left:
        return []
    count, rest = divmod(net.amount, limits.maximum)
    parts = [limits.maximum] * int(count)
    if rest >= limits.minimum:
        parts.append(rest)
    elif rest:
        # The last full part gives up what the rest lacks of the minimum.
        missing = limits.minimum - rest
        if limits.maximum - missing < limits.minimum:
            return []
        parts[-1] -= missing
        parts.append(limits.minimum)
    if len(parts) > _MAX_PARTS:
        return []
    return [Money(part, net.currency) for part in parts]


def _problem(code: str, net: Money, **amounts: Decimal) -> Problem:
    currency = net.currency.code
    texts = {name: f"{amount:f}" for name, amount in amounts.items()}
    return Problem(code=code, parameters={"currency": currency, **texts})
