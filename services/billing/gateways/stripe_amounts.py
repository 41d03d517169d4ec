"""Amounts as Stripe writes them: whole numbers of a currency's smallest unit. Pure.

Stripe's units are not always those of ISO 4217: https://docs.stripe.com/currencies.
"""

from decimal import Decimal

from moneyed import Currency

from services.billing.gateways.gateway import Repayment, RepaymentRefusedError
from shared.errors import Conflict
from shared.money import Money

_ZERO_DECIMAL = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "JPY",
        "KMF",
        "KRW",
        "MGA",
        "PYG",
        "RWF",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THREE_DECIMAL = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
_IN_TENS = _THREE_DECIMAL
"""Cards take these in steps of ten of the smallest unit."""
_WHOLE = frozenset({"ISK", "UGX"})
"""Written with two places, which have to be zero."""


def to_stripe(money: Money) -> int:
    """The amount in Stripe's unit.

    Raises:
        Conflict: ``not_payable_by_card`` with ``step``; it is finer than cards take.
    """
    code = money.currency.code
    units = money.amount.scaleb(_places(code))
    step = Decimal(_step(code))
    if units % step:
        smallest = step.scaleb(-_places(code))
        parameters = {"step": f"{smallest:f}", "currency": code}
        raise Conflict("not_payable_by_card", parameters=parameters)
    return int(units)


def units_to_repay(repayment: Repayment) -> int:
    """The amount in Stripe's unit; a part of a payment may be finer than cards take."""
    try:
        return to_stripe(repayment.amount)
    except Conflict as refusal:
        raise RepaymentRefusedError(refusal.code) from refusal


def from_stripe(units: int, currency: Currency) -> Money:
    return Money(Decimal(units).scaleb(-_places(currency.code)), currency)


def _places(code: str) -> int:
    if code in _ZERO_DECIMAL:
        return 0
    return 3 if code in _THREE_DECIMAL else 2


def _step(code: str) -> int:
    if code in _IN_TENS:
        return 10
    return 100 if code in _WHOLE else 1
