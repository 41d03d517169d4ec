"""Charges, subscriptions, and the services they are for."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from services.billing.charging import notifications, subscription_views, subscriptions
from services.billing.handovers import handovers
from services.billing.surface.billing_methods import BillingMethods
from services.billing.transactions import charge_list
from shared.contract import Nothing
from shared.contracts import billing, inventory
from shared.db.events import Envelope
from shared.rpc.call import Call
from shared.rpc.service import handles, in_transaction, on_events

EVENTS_AT_ONCE = 100


class ChargingMethods(BillingMethods, is_part=True):
    @handles(billing.charging.CHARGE_DUE)
    def charge_due(
        self, call: Call, request: billing.charging.ChargeDue
    ) -> billing.charging.Charged:
        charged = self.charging.charge_due(call.request_id, request)
        if not request.dry_run:
            self.record(call)
        return charged

    @in_transaction(billing.charging.LIST_CHARGES)
    def list_charges(
        self, db: Session, _call: Call, request: billing.charging.ListCharges
    ) -> billing.charging.ChargePage:
        return charge_list.list_charges(db, request)

    @in_transaction(billing.charging.GET_SUBSCRIPTION)
    def get_subscription(
        self, db: Session, _call: Call, request: billing.charging.GetSubscription
    ) -> billing.charging.FoundSubscription:
        return subscription_views.find_subscription(db, request)

    @in_transaction(billing.charging.REPUBLISH_PAYMENTS)
    def republish_payments(
        self, db: Session, call: Call, _request: billing.charging.RepublishPayments
    ) -> Nothing:
        notifications.republish(self.change(db, call))
        self._wake_after(db, self.charging.wake)
        return Nothing()

    @on_events(*inventory.services.SERVICE_EVENTS, most_at_once=EVENTS_AT_ONCE)
    def take_in_service(
        self, db: Session, envelopes: Sequence[Envelope[inventory.services.Service]]
    ) -> None:
        news = [(self.change_by(db, each, "billing"), each) for each in envelopes]
        subscriptions.apply_services(news)
        handovers.follow(news)
        self._wake_after(db, self.charging.wake)

    @on_events(billing.wallets.WALLET_CHANGED, most_at_once=EVENTS_AT_ONCE)
    def see_wallet(
        self, db: Session, _envelopes: Sequence[Envelope[billing.wallets.WalletView]]
    ) -> None:
        self._wake_after(db, self.charging.wake)
