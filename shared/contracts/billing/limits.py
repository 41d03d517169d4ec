"""Limits of top-ups: what a company's verification allows, and an operator's own."""

from uuid import UUID

from shared.contract import Effect, Method, Request, Response
from shared.contracts.billing.name import NAME
from shared.contracts.identity.verification.levels import VerificationLevel
from shared.money import Money
from shared.permissions import Permission


class Allowance(Response, frozen=True, kw_only=True):
    """What may be topped up, in net amounts of one currency.

    ``one`` is the maximum of one top-up, ``per_day`` that of all within 24 hours, None
    if there is none. ``max_balance`` is what the wallet may hold afterwards.
    """

    one: Money
    per_day: Money | None
    max_balance: Money
    saves_cards: bool


class LevelAllowance(Response, frozen=True, kw_only=True):
    level: VerificationLevel
    allowance: Allowance


class GetTopUpLimits(Request, frozen=True, kw_only=True):
    pass


class CompanyTopUpLimits(Response, frozen=True, kw_only=True):
    """What holds for a company in its primary currency, and what each level allows.

    ``levels`` are from low to high, without the company's document; ``balance_then`` is
    the maximum balance with it. ``is_set_by_operator``: an operator has set limits of
    their own for the company, which ``now`` has, and which no step changes.
    """

    level: VerificationLevel
    has_company_document: bool
    now: Allowance
    levels: list[LevelAllowance]
    balance_then: Money
    is_set_by_operator: bool


class TopUpLimitsFound(Response, frozen=True, kw_only=True):
    """``limits`` is None while the company has no wallet."""

    limits: CompanyTopUpLimits | None


class SetTopUpLimits(Request, frozen=True, kw_only=True):
    """Limits of one company in one currency, in place of those of its level.

    What is None stays that of the level. ``is_day_unlimited``: no limit within 24
    hours.
    """

    company_id: UUID
    currency: str
    one: Money | None = None
    per_day: Money | None = None
    is_day_unlimited: bool = False
    max_balance: Money | None = None


GET_TOP_UP_LIMITS = Method(
    NAME,
    "get_top_up_limits",
    GetTopUpLimits,
    TopUpLimitsFound,
    Permission.READ_COMPANY,
)

SET_TOP_UP_LIMITS = Method(
    NAME,
    "set_top_up_limits",
    SetTopUpLimits,
    Allowance,
    Permission.OPERATE,
    Effect.CHANGE,
    recorded=("currency", "one", "per_day", "max_balance"),
)
"""Returns what holds for the company from now on. NotFound ``no_such_wallet``;
InvalidInput ``bad_amount`` (of another currency, or below the minimum top-up)."""

METHODS = (GET_TOP_UP_LIMITS, SET_TOP_UP_LIMITS)
