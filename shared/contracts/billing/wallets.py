"""A company's wallets: settings, additional wallets, and the primary one.

A company has at most one wallet per currency.
"""

from enum import Enum
from uuid import UUID

from shared.contract import Effect, Event, Method, Request, Response
from shared.contracts.billing.name import NAME
from shared.money import Money
from shared.permissions import Permission


class WalletView(Response, frozen=True, kw_only=True):
    """A wallet's full state; also the body of ``wallet_changed``."""

    id: UUID
    company_id: UUID
    currency: str
    is_primary: bool
    balance: Money
    credit_limit: Money
    comfort_buffer: Money
    horizon_days: int


class ListWallets(Request, frozen=True, kw_only=True):
    pass


class Wallets(Response, frozen=True, kw_only=True):
    """Wallets, primary first and the others by currency.

    ``addable`` are the currencies that the provider offers and the company has no
    wallet in, in the provider's order.
    """

    wallets: list[WalletView]
    addable: list[str]


class AddWallet(Request, frozen=True, kw_only=True):
    """The first wallet of a company is its primary one."""

    currency: str


class MakePrimary(Request, frozen=True, kw_only=True):
    """``currency`` is that of the new primary wallet. No money moves."""

    currency: str


class OpenWallet(Request, frozen=True, kw_only=True):
    """The first wallet of a company is its primary one."""

    company_id: UUID
    currency: str


class SetCreditLimit(Request, frozen=True, kw_only=True):
    """``limit`` is how far below zero the balance may go; zero or more."""

    company_id: UUID
    limit: Money


class SetComfortBuffer(Request, frozen=True, kw_only=True):
    """``buffer`` is what the customer wants to keep in the wallet; zero or more.

    ``horizon_days`` is how far ahead charges are included, 1 to 366.
    """

    buffer: Money
    horizon_days: int = 30


class AdjustmentKind(Enum):
    """The type of an operator's adjustment."""

    OPENING_BALANCE = "opening_balance"
    CORRECTION = "correction"
    GOODWILL = "goodwill"


class AdjustWallet(Request, frozen=True, kw_only=True):
    """``amount`` is added to the wallet; negative to deduct. Six decimal places.

    It may exceed the credit limit, because it records a fact. The customer sees
    ``reason``. ``again`` is the id of the same adjustment (amount and kind) within the
    last hour, to repeat it.
    """

    company_id: UUID
    amount: Money
    kind: AdjustmentKind
    reason: str
    again: UUID | None = None


LIST_WALLETS = Method(
    NAME, "list_wallets", ListWallets, Wallets, Permission.READ_BILLING
)
ADD_WALLET = Method(
    NAME,
    "add_wallet",
    AddWallet,
    WalletView,
    Permission.MANAGE_BILLING,
    Effect.CHANGE,
    recorded=("currency",),
)
"""InvalidInput ``currency_not_offered``; Conflict ``wallet_exists`` with
``currency``."""

MAKE_PRIMARY = Method(
    NAME,
    "make_primary",
    MakePrimary,
    WalletView,
    Permission.MANAGE_BILLING,
    Effect.CHANGE,
    recorded=("currency",),
)
"""NotFound ``no_such_wallet`` with ``currency``. Nothing changes if it is the primary
one already."""
OPEN_WALLET = Method(
    NAME,
    "open_wallet",
    OpenWallet,
    WalletView,
    Permission.OPERATE,
    Effect.CHANGE,
    recorded=("currency",),
)
"""Conflict ``wallet_exists``; InvalidInput ``no_such_currency``,
``currency_not_current`` (by ISO 4217), or ``currency_not_invoiced``: it has more
decimal places than an invoice."""

SET_CREDIT_LIMIT = Method(
    NAME,
    "set_credit_limit",
    SetCreditLimit,
    WalletView,
    Permission.OPERATE,
    Effect.CHANGE,
    recorded=("limit",),
)
"""NotFound ``no_such_wallet``; InvalidInput ``bad_amount``."""

SET_COMFORT_BUFFER = Method(
    NAME,
    "set_comfort_buffer",
    SetComfortBuffer,
    WalletView,
    Permission.MANAGE_BILLING,
    Effect.CHANGE,
    recorded=("buffer", "horizon_days"),
)
"""NotFound ``no_such_wallet`` with ``currency``; InvalidInput ``bad_amount``,
``bad_horizon`` with ``max_days``."""

ADJUST_WALLET = Method(
    NAME,
    "adjust_wallet",
    AdjustWallet,
    WalletView,
    Permission.OPERATE,
    Effect.CHANGE,
    recorded=("amount", "kind"),
)
"""NotFound ``no_such_wallet``; InvalidInput ``bad_amount`` (zero, more than six places,
or more than a wallet can hold), ``reason_missing``, ``bad_reason``; Conflict
``done_before`` with ``id``."""

WALLET_CHANGED = Event(NAME, "wallet_changed", WalletView)
"""A wallet was opened, or its balance or a setting changed."""

METHODS = (
    LIST_WALLETS,
    ADD_WALLET,
    MAKE_PRIMARY,
    OPEN_WALLET,
    SET_CREDIT_LIMIT,
    SET_COMFORT_BUFFER,
    ADJUST_WALLET,
)
EVENTS = (WALLET_CHANGED,)
