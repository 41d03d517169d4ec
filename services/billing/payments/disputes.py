"""What of payments waits for a person: disputes, and refunds that were not paid out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from services.billing.gateways.gateway import Gateway, ListedDispute
from services.billing.models.payments import Chargeback, ChargebackState
from services.billing.models.refunds import Refund, RefundState
from services.billing.models.top_ups import TopUp
from services.billing.parties.sellers import Sellers
from services.billing.payments.reports import book_reports
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
FOLLOWED_FOR = timedelta(days=180)
"""How old a dispute may be that was won without a notice: a bank may take months."""
LISTED_FOR = timedelta(days=30)
"""How long a refund that was not paid out is shown."""
MOST_LISTED = 200


@dataclass(frozen=True)
class Disputes:
    """Finds disputes that were opened, or won, and whose notices never came."""

    database: Database
    runtime: Runtime
    gateways: Mapping[GatewayName, Gateway]
    sellers: Sellers

    def find_missed(self, request_id: str) -> int:
        """Book listed disputes that had no notice; return how many."""
        now = self.runtime.clock.now()
        found = 0
        for gateway in self.gateways.values():
            try:
                listed = gateway.disputes_since(now - FOLLOWED_FOR)
            except ContractError as refusal:
                # The next turn asks again.
                log.warning("disputes_not_asked", code=refusal.code)
                continue
            new = self._new(gateway, listed, now - LOOKED_BACK)
            found += sum(self._book(gateway, each, request_id) for each in new)
        return found

    def _new(
        self, gateway: Gateway, listed: Sequence[ListedDispute], since: datetime
    ) -> list[str]:
        """Return disputes opened since then, and won ones not known to be won."""
        names = [each.name for each in listed]
        with self.database.system() as session:
            rows = session.execute(
                select(Chargeback.name, Chargeback.won_at).where(
                    Chargeback.gateway == gateway.name, Chargeback.name.in_(names)
                )
            ).all()
        known = {row.name for row in rows}
        still_lost = {row.name for row in rows if row.won_at is None}
        opened = (
            each for each in listed if each.opened_at >= since and not each.is_won
        )
        won = (each for each in listed if each.is_won)
        return [
            *(each.name for each in opened if each.name not in known),
            *(each.name for each in won if each.name in still_lost),
        ]

    def _book(self, gateway: Gateway, dispute: str, request_id: str) -> bool:
        now = self.runtime.clock.now()
        call = Call(system(gateway.name.value), request_id, now)
        try:
            reports = gateway.ask_dispute(dispute)
            with self.database.system() as session:
                change = Change(session, self.runtime, call)
                return book_reports(change, self.sellers, reports)
        except Exception:
            # The next turn asks again; one dispute keeps no other waiting.
            log.exception("dispute_not_booked", dispute=dispute)
            return False


def problems(session: Session, now: datetime) -> PaymentProblems:
    """Return disputes not yet booked, and failed refunds, oldest first."""
    waiting = session.execute(
        select(Chargeback, TopUp.reference, TopUp.currency)
        .join(TopUp, TopUp.id == Chargeback.top_up_id)
        .where(
            or_(
                Chargeback.state == ChargebackState.WAITING,
                and_(
                    Chargeback.state == ChargebackState.BOOKED,
                    Chargeback.won_at.is_not(None),
                ),
            )
        )
        .order_by(
            func.coalesce(Chargeback.won_at, Chargeback.reported_at), Chargeback.id
        )
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
                reported_at=row.won_at or row.reported_at,
                to_give_back=(
                    Money(row.booked, currency_of(currency)) if row.won_at else None
                ),
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
