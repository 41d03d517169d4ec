"""Refunds, and requests for them."""

from sqlalchemy.orm import Session

from services.billing.refunds import lifecycle as refunds
from services.billing.refunds import requests as refund_requests
from services.billing.surface.part import Part
from shared.contracts.billing import refund_requests as requests_contract
from shared.contracts.billing import top_ups as money_in
from shared.rpc.service import Call, in_transaction


class RefundMethods(Part):
    @in_transaction(money_in.REFUND_TOP_UP)
    def refund_top_up(
        self, db: Session, call: Call, request: money_in.RefundTopUp
    ) -> money_in.GivenBack:
        return refunds.refund(self._change(db, call), request)

    @in_transaction(requests_contract.ASK_FOR_REFUND)
    def ask_for_refund(
        self, db: Session, call: Call, request: requests_contract.AskForRefund
    ) -> requests_contract.RefundRequest:
        return refund_requests.ask(self._change(db, call), request)

    @in_transaction(requests_contract.LIST_REFUND_REQUESTS)
    def list_refund_requests(
        self, db: Session, _call: Call, request: requests_contract.ListRefundRequests
    ) -> requests_contract.RefundRequestPage:
        return refund_requests.list_open(db, self._sellers, request)

    @in_transaction(requests_contract.GRANT_REFUND_REQUEST)
    def grant_refund_request(
        self, db: Session, call: Call, request: requests_contract.GrantRefundRequest
    ) -> requests_contract.RefundRequest:
        return refund_requests.grant(self._change(db, call), request.payment_id)

    @in_transaction(requests_contract.DECLINE_REFUND_REQUEST)
    def decline_refund_request(
        self, db: Session, call: Call, request: requests_contract.DeclineRefundRequest
    ) -> requests_contract.RefundRequest:
        return refund_requests.decline(self._change(db, call), request)
