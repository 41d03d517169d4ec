"""Refunds, and requests for them."""

from sqlalchemy.orm import Session

from services.billing.refunds import last_refunds, lifecycle, requests
from services.billing.surface.billing_methods import BillingMethods
from shared.contracts import billing
from shared.rpc.call import Call
from shared.rpc.service import in_transaction


class RefundMethods(BillingMethods, is_part=True):
    @in_transaction(billing.top_ups.REFUND_TOP_UP)
    def refund_top_up(
        self, db: Session, call: Call, request: billing.top_ups.RefundTopUp
    ) -> billing.top_ups.GivenBack:
        return lifecycle.refund(self.change(db, call), request)

    @in_transaction(billing.refund_requests.ASK_FOR_REFUND)
    def ask_for_refund(
        self, db: Session, call: Call, request: billing.refund_requests.AskForRefund
    ) -> billing.refund_requests.RefundRequest:
        return requests.ask(self.change(db, call), request)

    @in_transaction(billing.refund_requests.LIST_REFUND_REQUESTS)
    def list_refund_requests(
        self,
        db: Session,
        _call: Call,
        request: billing.refund_requests.ListRefundRequests,
    ) -> billing.refund_requests.RefundRequestPage:
        return requests.list_open(db, self._sellers, request)

    @in_transaction(billing.refund_requests.GRANT_REFUND_REQUEST)
    def grant_refund_request(
        self,
        db: Session,
        call: Call,
        request: billing.refund_requests.GrantRefundRequest,
    ) -> billing.refund_requests.RefundRequest:
        return requests.grant(self.change(db, call), request.payment_id)

    @in_transaction(billing.refund_requests.DECLINE_REFUND_REQUEST)
    def decline_refund_request(
        self,
        db: Session,
        call: Call,
        request: billing.refund_requests.DeclineRefundRequest,
    ) -> billing.refund_requests.RefundRequest:
        return requests.decline(self.change(db, call), request)

    @in_transaction(billing.last_refunds.LIST_LAST_REFUNDS)
    def list_last_refunds(
        self, db: Session, _call: Call, _request: billing.last_refunds.ListLastRefunds
    ) -> billing.last_refunds.LastRefunds:
        waiting = last_refunds.list_waiting(db, self._sellers)
        return billing.last_refunds.LastRefunds(refunds=waiting)

    @in_transaction(billing.last_refunds.GRANT_LAST_REFUND)
    def grant_last_refund(
        self, db: Session, call: Call, request: billing.last_refunds.GrantLastRefund
    ) -> billing.last_refunds.LastRefundGranted:
        return last_refunds.grant(self.change(db, call), request)
