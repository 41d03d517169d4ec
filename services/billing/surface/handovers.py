"""Handing services over to other companies.

A handover belongs to two companies, so it is read for the system, but by the
principal's own company alone.
"""

from collections.abc import Callable

from services.billing.handovers import handovers
from services.billing.parties.sellers import Sellers
from services.billing.surface.billing_methods import BillingMethods
from shared.contracts.billing.handovers import (
    ACCEPT_HANDOVER,
    DECLINE_HANDOVER,
    GET_HANDOVER,
    LIST_HANDOVERS,
    OFFER_SERVICE,
    WITHDRAW_HANDOVER,
    Handover,
    HandoverRequest,
    Handovers,
    ListHandovers,
    OfferService,
)
from shared.rpc.activity import record_activity
from shared.rpc.call import Call
from shared.rpc.change import Change
from shared.rpc.service import handles


class HandoverMethods(BillingMethods, is_part=True):
    @handles(LIST_HANDOVERS)
    def list_handovers(self, call: Call, request: ListHandovers) -> Handovers:
        with self.database.system() as db:
            change = self.change(db, call)
            found = handovers.list_open(change, self._sellers, request.service_id)
        return Handovers(handovers=found)

    @handles(GET_HANDOVER)
    def get_handover(self, call: Call, request: HandoverRequest) -> Handover:
        with self.database.system() as db:
            change = self.change(db, call)
            return handovers.get(change, self._sellers, request.handover_id)

    @handles(OFFER_SERVICE)
    def offer_service(self, call: Call, request: OfferService) -> Handover:
        return self._do(call, lambda c, s: handovers.offer(c, s, request))

    @handles(ACCEPT_HANDOVER)
    def accept_handover(self, call: Call, request: HandoverRequest) -> Handover:
        return self._do(call, lambda c, s: handovers.accept(c, s, request.handover_id))

    @handles(DECLINE_HANDOVER)
    def decline_handover(self, call: Call, request: HandoverRequest) -> Handover:
        return self._do(call, lambda c, s: handovers.decline(c, s, request.handover_id))

    @handles(WITHDRAW_HANDOVER)
    def withdraw_handover(self, call: Call, request: HandoverRequest) -> Handover:
        return self._do(
            call, lambda c, s: handovers.withdraw(c, s, request.handover_id)
        )

    def _do(self, call: Call, act: Callable[[Change, Sellers], Handover]) -> Handover:
        """Act in a transaction of the system, which records it as well."""
        with self.database.system() as db:
            change = self.change(db, call)
            result = act(change, self._sellers)
            record_activity(change, result)
            return result
