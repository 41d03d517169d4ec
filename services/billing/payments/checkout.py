"""What is done with gateways: always between transactions, never inside one.

Each step is safe to repeat, so that a process may die between any two of them: an order
has its payment's id, a repayment its refund's, and reports are booked once.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from msgspec import structs
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.billing.gateways.gateway import (
    Gateway,
    Repayment,
    RepaymentRefusedError,
    unreachable,
)
from services.billing.models.payments import Payment
from services.billing.models.refunds import Refund
from services.billing.models.top_ups import OPEN, TopUp
from services.billing.parties.sellers import Seller, Sellers
from services.billing.payments import attempts
from services.billing.payments.attempts import Attempt
from services.billing.payments.cards import Cards
from services.billing.payments.reports import book_reports
from services.billing.refunds import lifecycle as refunds
from services.billing.top_ups import lifecycle as top_ups
from services.billing.top_ups.views import view
from shared.contracts import billing
from shared.contracts.billing.payments import GatewayName
from shared.db.database import Database
from shared.errors import ContractError, InvalidInput, NotFound, Unavailable
from shared.principal import system
from shared.rpc.activity import record_activity
from shared.rpc.call import Call
from shared.rpc.change import Change
from shared.runtime import Runtime
from shared.settings import is_of_origin

log = structlog.get_logger()

ASKED_AT_ONCE = 50
"""Payments and refunds that one turn of the job takes on."""

ASKED_AGAIN_AFTER = timedelta(seconds=20)
LONGEST_PAUSE = timedelta(hours=1)
"""On the first day; on later ones, an hour for each day of a payment's age."""
ASKED_FOR = timedelta(days=30)
"""A page that was left open may be paid, unheard, after its top-up has ended."""

REPEATED_AFTER = timedelta(minutes=1)
LONGEST_REPEATED_AFTER = timedelta(hours=1)
"""A card's bank may take days for a refund."""


@dataclass(frozen=True)
class Checkouts:
    """The gateways there are, and the database that their reports go into.

    ``sellers`` are those whose tax is due on what comes. ``public_url`` is where
    customers see us, and so the only place that they are sent back to.
    """

    database: Database
    runtime: Runtime
    gateways: Mapping[GatewayName, Gateway]
    cards: Cards
    sellers: Sellers
    public_url: str

    def ways_to_pay(self, seller: Seller) -> Mapping[GatewayName, Gateway]:
        """The gateways in the order in which a seller's customers are offered them."""
        return {
            name: gateway
            for name, gateway in self.gateways.items()
            if gateway.serves(seller.key)
        }

    def start(
        self, call: Call, request: billing.top_ups.StartPayment
    ) -> billing.top_ups.StartedPayment:
        """Begin the payment of a top-up, or continue the one under way.

        Raises:
            InvalidInput: ``bad_return_url``: another site's.
            NotFound: ``no_such_top_up``.
            Conflict: ``top_up_ended`` with ``state``; ``not_payable_by_card`` with
                ``step`` and ``currency``.
            Unavailable: ``gateway_unreachable``; the top-up is as it was.
        """
        company_id = call.principal.require_company()
        if not is_of_origin(request.return_url, self.public_url):
            raise InvalidInput("bad_return_url")
        with self.database.company(company_id) as session:
            change = Change(session, self.runtime, call)
            attempt = attempts.prepare(change, request.top_up_id)
            if attempt.payment.checkout is not None:
                return self._started(session, attempt)
            order = attempts.order_of(attempt, request.return_url)
        gateway = self._gateway(attempt.payment.gateway)
        customer = self.cards.customer_for(call, gateway)
        checkout = gateway.open_checkout(replace(order, customer=customer))
        with self.database.company(company_id) as session:
            change = Change(session, self.runtime, call)
            attempt = attempts.keep_checkout(
                change, request.top_up_id, order.payment_id, checkout
            )
            record_activity(change)
            started = self._started(session, attempt)
        # It may have ended meanwhile; that the gateway knows of the payment is kept.
        top_ups.require_open(attempt.top_up)
        return started

    def show(self, session: Session, top_up_id: UUID) -> billing.top_ups.TopUp:
        """A top-up, with its gateway's instructions while it is to be paid.

        Raises:
            NotFound: ``no_such_top_up``.
        """
        return self._view(session, top_ups.get(session, top_up_id))

    def take_notice(self, call: Call, notice: billing.payments.PaymentNotice) -> None:
        """Book what a gateway reports without being asked.

        Raises:
            NotFound: ``no_gateway``.
            Unauthenticated: ``notice_forged``.
            InvalidInput: ``malformed_message``.
            Unavailable: ``gateway_unreachable``; it will be reported again.
        """
        gateway = self.gateways.get(notice.gateway)
        if gateway is None:
            raise NotFound("no_gateway", notice.gateway.value)
        reports = gateway.read_notice(notice.headers, notice.body)
        with self._change(notice.gateway.value, call.request_id) as change:
            book_reports(change, self.sellers, reports)

    def reconcile(self, request_id: str) -> billing.payments.Reconciled:
        """Ask the gateways about payments that have brought no money, and are due."""
        now = self.runtime.clock.now()
        with self.database.system() as session:
            due = session.scalars(
                select(Payment)
                .where(Payment.ask_at <= now, Payment.checkout.is_not(None))
                .order_by(Payment.ask_at)
                .limit(ASKED_AT_ONCE)
                .with_for_update(skip_locked=True)
            ).all()
            # Put off before asking: another instance takes other ones meanwhile.
            for payment in due:
                payment.ask_at = _ask_next(payment, now)
                payment.asked_at = now
        changed = sum(self._ask(payment, request_id) for payment in due)
        return billing.payments.Reconciled(asked=len(due), changed=changed)

    def send_refunds(self, request_id: str) -> None:
        """Tell the gateways of refunds that they have not confirmed yet."""
        now = self.runtime.clock.now()
        with self.database.system() as session:
            due = session.execute(
                select(Refund, Payment)
                .join(Payment, Payment.id == Refund.payment_id)
                .where(Refund.send_at <= now)
                .order_by(Refund.send_at)
                .limit(ASKED_AT_ONCE)
                .with_for_update(of=Refund, skip_locked=True)
            ).all()
            for refund, _ in due:
                pause = max((now - refund.created_at) / 2, REPEATED_AFTER)
                refund.send_at = now + min(pause, LONGEST_REPEATED_AFTER)
        for refund, payment in due:
            try:
                repayment = refunds.repayment_of(refund, payment)
                self._repay(payment.gateway, refund.id, repayment, request_id)
            except Exception:
                # A later turn tries again; one refund keeps no other waiting.
                log.exception("refund_not_sent", refund=str(refund.id))

    def expire(self, request_id: str) -> None:
        """End top-ups whose time to be paid is over."""
        with self._change("billing", request_id) as change:
            top_ups.expire(change)

    def _started(
        self, session: Session, attempt: Attempt
    ) -> billing.top_ups.StartedPayment:
        gateway = self.gateways.get(attempt.payment.gateway)
        return billing.top_ups.StartedPayment(
            top_up=self._view(session, attempt.top_up),
            redirect_url=attempt.payment.redirect_url,
            next_step=gateway.next_step if gateway else billing.top_ups.NextStep.NONE,
        )

    def _view(self, session: Session, top_up: TopUp) -> billing.top_ups.TopUp:
        shown = view(session, top_up)
        gateway = self.gateways.get(top_up.gateway)
        if gateway is None or top_up.state not in OPEN:
            return shown
        bank = gateway.instructions(top_up.seller, shown.gross, top_up.reference)
        return structs.replace(shown, bank=bank)

    def _gateway(self, name: GatewayName) -> Gateway:
        gateway = self.gateways.get(name)
        if gateway is None:
            raise unreachable(f"{name.value} is not set up any more")
        return gateway

    def _ask(self, payment: Payment, request_id: str) -> bool:
        gateway = self.gateways.get(payment.gateway)
        if gateway is None or payment.checkout is None:
            return False
        is_over = payment.state not in attempts.UNPAID
        try:
            is_closed = is_over and gateway.close_checkout(payment.checkout)
            reports = gateway.ask(payment.checkout)
            with self._change(payment.gateway.value, request_id) as change:
                if is_closed:
                    attempts.ask_no_more(change, payment.top_up_id, payment.id)
                return book_reports(change, self.sellers, reports)
        except ContractError as refusal:
            # The next turn asks again; one payment keeps no other waiting.
            log.warning("payment_not_asked", payment=str(payment.id), code=refusal.code)
            return False

    def _repay(
        self, name: GatewayName, refund_id: UUID, repayment: Repayment, request_id: str
    ) -> None:
        gateway = self.gateways.get(name)
        if gateway is None:
            log.error("no_gateway", gateway=name.value, refund=str(refund_id))
            return
        why, is_done = "", False
        try:
            is_done = gateway.repay(repayment)
        except Unavailable as refusal:
            log.warning("refund_waits", refund=str(refund_id), code=refusal.code)
            return
        except RepaymentRefusedError as refusal:
            why = str(refusal) or "refused"
        with self._change("billing", request_id) as change:
            refund = change.db.get_one(Refund, refund_id)
            if why:
                refunds.give_up(change, refund, why)
            elif is_done:
                refunds.settle(change, refund)

    @contextmanager
    def _change(self, who: str, request_id: str) -> Iterator[Change]:
        """A change over all companies, in the name of a gateway or of billing."""
        call = Call(system(who), request_id, self.runtime.clock.now())
        with self.database.system() as session:
            yield Change(session, self.runtime, call)


def _ask_next(payment: Payment, now: datetime) -> datetime | None:
    """Later and later, as what has been open for long rarely changes soon."""
    age = now - payment.created_at
    if age > ASKED_FOR:
        return None
    longest = max(LONGEST_PAUSE, age / 24)
    return now + min(max(age / 2, ASKED_AGAIN_AFTER), longest)
