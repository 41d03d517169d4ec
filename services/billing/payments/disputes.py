"""What of payments waits for a person: disputes, and refunds that were not paid out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.billing.gateways.gateway import Gateway
from services.billing.models.payments import Chargeback, ChargebackState
from services.billing.models.refunds import Refund, RefundState
from services.billing.models.top_ups import TopUp
from services.billing.parties.sellers import Sellers
from services.billing.payments.reports import take_in
from shared.contracts.billing.payments import (
    FailedRefund,
    GatewayName,
    PaymentProblems,
    WaitingDispute,
)
from shared.db.database import Database
from shared.errors import ContractError
from shared.money import Money, currency_of
from shared.principal import system
from shared.rpc.call import Call
from shared.rpc.change import Change
from shared.runtime import Runtime

log = structlog.get_logger()

LOOKED_BACK = timedelta(days=30)
"""How old a dispute may be whose notice was missed."""
LISTED_FOR = timedelta(days=30)
"""How long a refund that was not paid out is shown."""
MOST_LISTED = 200


@dataclass(frozen=True)
class Disputes:
    """Finds disputes whose notices never came."""

    database: Database
    runtime: Runtime
    gateways: Mapping[GatewayName, Gateway]
    sellers: Sellers

    def find_missed(self, request_id: str) -> int:
        """Book disputes that gateways list and nobody told of; returns how many."""
        since = self.runtime.clock.now() - LOOKED_BACK
        found = 0
        for gateway in self.gateways.values():
            try:
                new = self._new(gateway, gateway.disputes_since(since))
            except ContractError as refusal:
                # The next turn asks again.
                log.warning("disputes_not_asked", code=refusal.code)
                continue
            found += sum(self._take_in(gateway, each, request_id) for each in new)
        return found

    def _new(self, gateway: Gateway, listed: Sequence[str]) -> list[str]:
        with self.database.system() as session:
            known = session.scalars(
                select(Chargeback.name).where(
                    Chargeback.gateway == gateway.name, Chargeback.name.in_(listed)
                )
            ).all()
        return [each for each in listed if each not in known]

    def _take_in(self, gateway: Gateway, dispute: str, request_id: str) -> bool:
        now = self.runtime.clock.now()
        call = Call(system(gateway.name.value), request_id, now)
        try:
            reports = gateway.ask_dispute(dispute)
            with self.database.system() as session:
                change = Change(session, self.runtime, call)
                return take_in(change, self.sellers, reports)
        except Exception:
            # The next turn asks again; one dispute keeps no other waiting.
            log.exception("dispute_not_taken_in", dispute=dispute)
            return False


def problems(session: Session, now: datetime) -> PaymentProblems:
    """Disputes that nobody has booked, and refunds that failed, oldest first."""
    waiting = session.execute(
        select(Chargeback, TopUp.reference, TopUp.currency)
        .join(TopUp, TopUp.id == Chargeback.top_up_id)
        .where(Chargeback.state == ChargebackState.WAITING)
        .order_by(Chargeback.reported_at, Chargeback.id)
        .limit(MOST_LISTED)
    )
    failed = session.execute(
        select(Refund, TopUp.reference)
        .join(TopUp, TopUp.id == Refund.top_up_id)
        .where(Refund.state == RefundState.FAILED, Refund.settled_at > now - LISTED_FOR)
        .order_by(Refund.settled_at, Refund.id)
        .limit(MOST_LISTED)
    )
    return PaymentProblems(
        disputes=[
            WaitingDispute(
                dispute=row.name,
                company_id=row.company_id,
                reference=reference,
                amount=Money(row.amount, currency_of(row.currency)),
                currency=currency,
                reported_at=row.reported_at,
            )
            for row, reference, currency in waiting
        ],
        refunds=[
            FailedRefund(
                id=row.id,
                company_id=row.company_id,
                reference=reference,
                amount=Money(row.net + row.tax, currency_of(row.currency)),
                why=row.failure,
                failed_at=row.settled_at or row.created_at,
            )
            for row, reference in failed
        ],
    )
