"""Wallets, their settings, and what moves in them."""

from sqlalchemy.orm import Session

from services.billing.forecast import dashboard
from services.billing.ledger import adjustments, wallets
from services.billing.surface.billing_methods import BillingMethods
from services.billing.transactions import listing
from shared.contracts import billing
from shared.rpc.call import Call
from shared.rpc.service import in_transaction


class WalletMethods(BillingMethods, is_part=True):
    @in_transaction(billing.dashboard.DASHBOARD)
    def dashboard(
        self, db: Session, call: Call, _request: billing.dashboard.Dashboard
    ) -> billing.dashboard.BillingDashboard:
        behind_since = self.intake.behind_since(call.now)
        return dashboard.show(db, self._limits, call.now, behind_since)

    @in_transaction(billing.wallets.OPEN_WALLET)
    def open_wallet(
        self, db: Session, call: Call, request: billing.wallets.OpenWallet
    ) -> billing.wallets.WalletView:
        return wallets.view(wallets.open_wallet(self.change(db, call), request))

    @in_transaction(billing.wallets.SET_CREDIT_LIMIT)
    def set_credit_limit(
        self, db: Session, call: Call, request: billing.wallets.SetCreditLimit
    ) -> billing.wallets.WalletView:
        return wallets.view(wallets.set_credit_limit(self.change(db, call), request))

    @in_transaction(billing.wallets.SET_COMFORT_BUFFER)
    def set_comfort_buffer(
        self, db: Session, call: Call, request: billing.wallets.SetComfortBuffer
    ) -> billing.wallets.WalletView:
        wallet = wallets.set_comfort_buffer(self.change(db, call), request)
        return wallets.view(wallet)

    @in_transaction(billing.wallets.LIST_WALLETS)
    def list_wallets(
        self, db: Session, call: Call, _request: billing.wallets.ListWallets
    ) -> billing.wallets.Wallets:
        return wallets.list_wallets(db, self._callers_seller(db, call))

    @in_transaction(billing.wallets.ADD_WALLET)
    def add_wallet(
        self, db: Session, call: Call, request: billing.wallets.AddWallet
    ) -> billing.wallets.WalletView:
        change, seller = self.change(db, call), self._callers_seller(db, call)
        return wallets.view(wallets.add_wallet(change, seller, request.currency))

    @in_transaction(billing.wallets.MAKE_PRIMARY)
    def make_primary(
        self, db: Session, call: Call, request: billing.wallets.MakePrimary
    ) -> billing.wallets.WalletView:
        change = self.change(db, call)
        return wallets.view(wallets.make_primary(change, request.currency))

    @in_transaction(billing.wallets.ADJUST_WALLET)
    def adjust_wallet(
        self, db: Session, call: Call, request: billing.wallets.AdjustWallet
    ) -> billing.wallets.WalletView:
        wallet = adjustments.post_adjustment(self.change(db, call), request)
        return wallets.view(wallet)

    @in_transaction(billing.transactions.LIST_TRANSACTIONS)
    def list_transactions(
        self, db: Session, call: Call, request: billing.transactions.ListTransactions
    ) -> billing.transactions.TransactionPage:
        return listing.list_transactions(db, request, call.now)
