"""What Add Funds shows of a quote: which amounts, limits, consequences and next step.

The templates have a sentence for each case.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from shared.contracts.billing.dashboard import Recommendation
from shared.contracts.billing.settlement import ServiceDebt
from shared.contracts.billing.top_ups import (
    AmountReason,
    ShownQuote,
    SuggestedAmount,
    TopUpState,
)
from shared.language.formatting import rounding_gap
from shared.money import Money, zero

MOST_SHOWN = 5
"""How many services a list names at most."""

_LIMIT_PROBLEMS = frozenset({"above_max_balance", "above_day_limit"})
_PAYABLE = frozenset({TopUpState.DRAFT, TopUpState.PENDING})


class AmountNote(StrEnum):
    """What a suggested amount does."""

    RECOMMENDED = "recommended"
    LIMIT_TODAY = "limit_today"
    MAXIMUM = "maximum"
    MINIMUM = "minimum"
    RESUMES_ONE = "resumes_one"
    RESUMES_SEVERAL = "resumes_several"
    PAYS_OVERDUE = "pays_overdue"


@dataclass(frozen=True)
class Amount:
    """A suggested amount; ``service`` is the name of the one that it resumes."""

    net: Money
    note: AmountNote
    service: str
    is_allowed: bool
    is_current: bool


class LimitKind(StrEnum):
    """What bounds a top-up now."""

    PER_DAY = "per_day"
    PER_TOP_UP = "per_top_up"
    BALANCE = "balance"
    BALANCE_FULL = "balance_full"


class LimitLeft(StrEnum):
    """What is left of the limit within 24 hours."""

    ALL = "all"
    PART = "part"
    BELOW_MINIMUM = "below_minimum"
    NOTHING = "nothing"


class LimitNext(StrEnum):
    """When more can be added without another step of verification."""

    AT = "at"
    AFTER_PAYMENT = "after_payment"
    UNKNOWN = "unknown"


class DebtParts(StrEnum):
    """What a service needs to be paid for."""

    NEW_PERIOD = "new_period"
    NEW_PERIOD_AND_OLD = "new_period_and_old"
    OLD = "old"
    OVERDUE = "overdue"


class After(StrEnum):
    """How the balance is left once all is charged."""

    MORE_NEEDED = "more_needed"
    BELOW_ZERO = "below_zero"
    BACK_ABOVE_ZERO = "back_above_zero"
    ALL_STAYS = "all_stays"
    PART_STAYS = "part_stays"


class Step(StrEnum):
    """What the button below the sums does."""

    PAY = "pay"
    USE_ALLOWED = "use_allowed"
    VERIFY = "verify"
    CONTACT_SUPPORT = "contact_support"


@dataclass(frozen=True)
class QuoteView:
    """A quote as it is shown; ``names`` are services' by id."""

    quote: ShownQuote
    names: Mapping[UUID, str]

    @property
    def amounts(self) -> list[Amount]:
        return [self._amount(each) for each in self.quote.suggested]

    @property
    def recommended(self) -> Money | None:
        for each in self.quote.suggested:
            if each.reason is AmountReason.RECOMMENDED:
                return each.net
        return None

    @property
    def explains_limit(self) -> bool:
        """Whether the recommended amount can't be chosen, and no problem says why."""
        net, most = self.recommended, self.quote.largest
        if net is None or (most is not None and net <= most):
            return False
        return "limit" not in self.problems

    @property
    def problems(self) -> list[str]:
        """The codes of what is wrong with the amount; limits are explained once."""
        codes = [each.code for each in self.quote.problems]
        return list(
            dict.fromkeys("limit" if c in _LIMIT_PROBLEMS else c for c in codes)
        )

    @property
    def limit(self) -> LimitKind:
        quote = self.quote
        if quote.day_left is not None and quote.day_left <= quote.maximum:
            return LimitKind.PER_DAY
        if quote.largest is None:
            return LimitKind.BALANCE_FULL
        is_maximum = quote.largest == quote.maximum
        return LimitKind.PER_TOP_UP if is_maximum else LimitKind.BALANCE

    @property
    def limit_left(self) -> LimitLeft:
        left = self.quote.day_left
        if left is None:
            return LimitLeft.ALL
        if not left.amount:
            return LimitLeft.NOTHING
        if left < self.quote.minimum:
            return LimitLeft.BELOW_MINIMUM
        is_whole = left == self.quote.day_limit
        return LimitLeft.ALL if is_whole else LimitLeft.PART

    @property
    def limit_next(self) -> LimitNext:
        if self.quote.next_room:
            return LimitNext.AT
        return LimitNext.AFTER_PAYMENT if self.quote.largest else LimitNext.UNKNOWN

    @cached_property
    def charged(self) -> list[ServiceDebt]:
        return [each for each in self._debts if each.charged.amount]

    @property
    def paid(self) -> list[ServiceDebt]:
        """The debts that are paid in full, as far as they are shown."""
        paid = [each for each in self.charged if not each.lacking.amount]
        return paid[:MOST_SHOWN]

    @property
    def lacking(self) -> list[ServiceDebt]:
        """The debts of which something stays unpaid, as far as they are shown."""
        return [each for each in self._debts if each.lacking.amount][:MOST_SHOWN]

    @property
    def more_debts(self) -> int:
        """How many debts are in the sums and not shown."""
        shown = len(self.paid) + len(self.lacking)
        return self.quote.settlement.debt_count - shown

    @staticmethod
    def parts_of(debt: ServiceDebt) -> DebtParts:
        if debt.new_period.amount:
            has_old = bool(debt.owed.amount)
            return DebtParts.NEW_PERIOD_AND_OLD if has_old else DebtParts.NEW_PERIOD
        return DebtParts.OLD if debt.is_suspended else DebtParts.OVERDUE

    @property
    def only_charged(self) -> UUID | None:
        """The service that all is charged for, if it is one."""
        is_whole = self.quote.settlement.debt_count <= len(self._debts)
        if is_whole and len(self.charged) == 1:
            return self.charged[0].service_id
        return None

    @property
    def charged_further(self) -> Money | None:
        """What is charged for services that the quote does not list."""
        settlement = self.quote.settlement
        if settlement.debt_count <= len(self._debts):
            return None
        return settlement.charged - self._charged_listed()

    @property
    def rounding(self) -> Money | None:
        """What makes the sums add up as they are written."""
        settlement = self.quote.settlement
        parts = [self.quote.balance, self.quote.net, -settlement.charged]
        return rounding_gap(settlement.left, parts)

    @property
    def charges(self) -> list[Money]:
        """The parts of the sum that is explained, those taken off negative."""
        further = self.charged_further
        taken = [each.charged for each in self.charged]
        taken += [further] if further is not None else []
        return [self.quote.balance, self.quote.net, *(-each for each in taken)]

    @property
    def after(self) -> After:
        settlement = self.quote.settlement
        if settlement.missing.amount:
            return After.MORE_NEEDED
        if settlement.left.amount < 0:
            return After.BELOW_ZERO
        if settlement.debts:
            return After.PART_STAYS
        was_below = self.quote.balance.amount < 0
        return After.BACK_ABOVE_ZERO if was_below else After.ALL_STAYS

    @property
    def is_taxed_at_one_rate(self) -> bool:
        return len(self.quote.tax_lines) == 1

    @property
    def has_tax(self) -> bool:
        return bool(self.quote.tax.amount)

    @property
    def needed(self) -> Money:
        """The net amount that would pay everything."""
        return self.quote.net + self.quote.settlement.missing

    @property
    def can_still_pay_repeated(self) -> bool:
        repeated = self.quote.repeats
        return repeated is not None and repeated.state in _PAYABLE

    @property
    def step(self) -> Step:
        quote = self.quote
        if not quote.problems:
            return Step.PAY
        if quote.instead and quote.gateways:
            return Step.USE_ALLOWED
        can_verify = self.verify and quote.gateways
        return Step.VERIFY if can_verify else Step.CONTACT_SUPPORT

    @property
    def verify(self) -> str:
        """The step of verification that lifts what bounds a top-up now, or nothing."""
        of_balance = self.limit in {LimitKind.BALANCE, LimitKind.BALANCE_FULL}
        quote = self.quote
        step = quote.balance_lifted_by if of_balance else quote.lifted_by
        return step.value if step else ""

    @property
    def _debts(self) -> list[ServiceDebt]:
        return self.quote.settlement.debts

    def _charged_listed(self) -> Money:
        nothing = zero(self.quote.net.currency.code)
        return sum((each.charged for each in self.charged), nothing)

    def _amount(self, suggested: SuggestedAmount) -> Amount:
        note = self._note(suggested)
        is_of_one = note is AmountNote.RESUMES_ONE
        return Amount(
            net=suggested.net,
            note=note,
            service=self.names.get(self._debts[0].service_id, "") if is_of_one else "",
            is_allowed=suggested.is_allowed,
            is_current=suggested.net == self.quote.net,
        )

    def _note(self, suggested: SuggestedAmount) -> AmountNote:
        match suggested.reason:
            case AmountReason.RECOMMENDED:
                return AmountNote.RECOMMENDED
            case AmountReason.MINIMUM:
                return AmountNote.MINIMUM
            case AmountReason.LARGEST:
                is_limit = self.quote.day_left == suggested.net
                return AmountNote.LIMIT_TODAY if is_limit else AmountNote.MAXIMUM
            case AmountReason.PAYS_DEBTS:
                return self._note_of_debts()

    def _note_of_debts(self) -> AmountNote:
        settlement = self.quote.settlement
        suspended = settlement.resumed_count + settlement.stopped_count
        if settlement.debt_count != suspended:
            return AmountNote.PAYS_OVERDUE
        is_one = settlement.debt_count == 1
        return AmountNote.RESUMES_ONE if is_one else AmountNote.RESUMES_SEVERAL


def other_recommendations(
    recommended: Iterable[Recommendation], shown: QuoteView | None
) -> list[Recommendation]:
    """Return what is recommended, but for what is among the quote's amounts."""
    quoted = shown.quote.net.currency if shown else None
    return [
        each
        for each in recommended
        if each.amount.amount > 0 and each.amount.currency != quoted
    ]
