"""What a company settles about its own wallets: further ones, and the primary one.

Each wallet has a currency of its own, and a company at most one in each.
"""

from uuid import UUID

from shared.contract import Effect, Method, Request, Response
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
    """``currency`` is that of the wallet which is to come first. No money moves."""

    currency: str


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
)
"""NotFound ``no_such_wallet`` with ``currency``. Nothing changes if it is the primary
one already."""

METHODS = (LIST_WALLETS, ADD_WALLET, MAKE_PRIMARY)
