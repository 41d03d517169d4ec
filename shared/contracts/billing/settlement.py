"""What new money is used for: the services that are charged at once.

Charges follow the order of `services.billing.charging`: running services first, the
longest overdue before the others; then, if nothing running is left unpaid, those that
are suspended for payment, each in whole or not at all.
"""

from datetime import datetime
from uuid import UUID

from shared.contract import Method, Request, Response
from shared.contracts.billing.name import NAME
from shared.money import Money
from shared.permissions import Permission

MOST_DEBTS = 40
"""The maximum number listed; a company may have thousands."""


class ServiceDebt(Response, frozen=True, kw_only=True):
    """What a service owes: ``charged`` of it at once, ``lacking`` after that.

    Both together are ``owed``, which was used and not paid, or remains from a price
    change, and ``new_period``, which a service suspended for payment resumes with.
    """

    service_id: UUID
    is_suspended: bool
    owed: Money
    new_period: Money
    charged: Money
    lacking: Money


class Settlement(Response, frozen=True, kw_only=True):
    """What a wallet pays once it holds more: ``left`` = before + more - ``charged``.

    ``debts`` are in the order of payment, at most `MOST_DEBTS` of
    ``debt_count``. ``resumed_count`` and ``stopped_count`` are the services suspended
    for payment that are paid, and those that are not. ``missing`` is what it would take
    beyond that to pay them all, rounded up to what can be paid.
    """

    charged: Money
    left: Money
    debts: list[ServiceDebt]
    debt_count: int
    resumed_count: int
    stopped_count: int
    missing: Money


class ServiceCharge(Response, frozen=True, kw_only=True):
    """What one service was charged in total."""

    service_id: UUID
    amount: Money


class GetTopUpEffects(Request, frozen=True, kw_only=True):
    top_up_id: UUID


class TopUpEffects(Response, frozen=True, kw_only=True):
    """What a paid top-up was used for.

    ``before`` + ``credited`` - ``charged`` = ``after``, which are the wallet's balances
    right before its first payment and right after the charges that followed it at
    once. ``charges`` are those by service, the largest first, at most `MOST_DEBTS`.
    ``paid_at`` is when the money was booked. ``is_settling``: more is about to be
    charged. ``waiting`` is what still can't be paid now.
    """

    paid_at: datetime
    before: Money
    credited: Money
    charged: Money
    charges: list[ServiceCharge]
    charged_count: int
    after: Money
    is_settling: bool
    waiting: Settlement


class FoundEffects(Response, frozen=True, kw_only=True):
    """None while nothing was paid."""

    effects: TopUpEffects | None


GET_TOP_UP_EFFECTS = Method(
    NAME, "get_top_up_effects", GetTopUpEffects, FoundEffects, Permission.READ_BILLING
)
"""NotFound ``no_such_top_up``."""

METHODS = (GET_TOP_UP_EFFECTS,)
