"""Cards: the form they are asked for in, and those that customers have saved.

A saved card is the gateway's, and listed there when it is asked for: we keep what the
gateway calls the company, and nothing of a card. Only companies with a verified owner
save one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from services.billing.gateways.gateway import CardGateway, Gateway
from services.billing.models.payments import GatewayCustomer, Payment
from services.billing.parties.verifications import may_save_cards
from services.billing.top_ups import lifecycle as top_ups
from services.billing.top_ups.views import view
from shared.contracts import billing
from shared.contracts.billing.payments import GatewayName, PaymentState
from shared.db.database import Database
from shared.errors import Conflict, NotFound
from shared.rpc.call import Call

_WAITS = (PaymentState.CREATED, PaymentState.PENDING)


@dataclass(frozen=True)
class Cards:
    """The gateways are asked between transactions, never inside one."""

    database: Database
    gateways: Mapping[GatewayName, Gateway]

    def show_form(self, call: Call, top_up_id: UUID) -> billing.cards.CardForm:
        """What the form needs with which a top-up's payment is paid.

        Raises:
            NotFound: ``no_such_top_up``.
            Conflict: ``no_card_payment``.
            Unavailable: ``gateway_unreachable``.
        """
        with self.database.company(call.principal.require_company()) as session:
            top_up = view(session, top_ups.get(session, top_up_id))
            is_verified = may_save_cards(session, top_up.company_id)
            checkout = session.scalar(
                select(Payment.checkout).where(
                    Payment.top_up_id == top_up_id, Payment.state.in_(_WAITS)
                )
            )
        gateway = self.gateways.get(top_up.gateway)
        if checkout is None or not isinstance(gateway, CardGateway):
            raise Conflict("no_card_payment")
        shown = gateway.show_checkout(checkout)
        if shown is None:
            raise Conflict("no_card_payment")
        may_save = shown.customer is not None and is_verified
        has_proof = call.principal.has_proof(call.now)
        return billing.cards.CardForm(
            top_up=top_up,
            publishable_key=gateway.publishable_key,
            client_secret=shown.secret,
            cards=gateway.list_cards(shown.customer) if shown.customer else [],
            may_save=may_save and has_proof,
            save_needs_proof=may_save and not has_proof,
        )

    def forget(self, call: Call, card: str) -> None:
        """Have a saved card of the caller's company deleted.

        Raises:
            NotFound: ``no_such_card``.
            Unavailable: ``gateway_unreachable``.
        """
        company_id = call.principal.require_company()
        for gateway in self.gateways.values():
            if not isinstance(gateway, CardGateway):
                continue
            customer = self._known_customer(company_id, gateway)
            if customer is not None and gateway.forget_card(customer, card):
                return
        raise NotFound("no_such_card")

    def customer_for(self, call: Call, gateway: Gateway) -> str | None:
        """What the gateway calls the caller's company, if that may save cards there.

        Raises:
            Unavailable: ``gateway_unreachable``.
        """
        if not isinstance(gateway, CardGateway):
            return None
        company_id = call.principal.require_company()
        with self.database.company(company_id) as session:
            if not may_save_cards(session, company_id):
                return None
        known = self._known_customer(company_id, gateway)
        if known is not None:
            return known
        made = gateway.open_customer(company_id)
        with self.database.company(company_id) as session:
            row = {
                "company_id": company_id,
                "gateway": gateway.name,
                "customer": made,
                "created_at": call.now,
            }
            session.execute(
                insert(GatewayCustomer).values(row).on_conflict_do_nothing()
            )
        # Of two that were made at once, the first is the one that stays.
        return self._known_customer(company_id, gateway)

    def _known_customer(self, company_id: UUID, gateway: Gateway) -> str | None:
        with self.database.company(company_id) as session:
            return session.scalar(
                select(GatewayCustomer.customer).where(
                    GatewayCustomer.gateway == gateway.name
                )
            )
