"""What follows for its money when a company is closed.

Nothing is kept of a last refund before it is granted: it is the money of a closed
company's wallet that was paid in.
"""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.billing.ledger.wallets import lock_wallet
from services.billing.models.charging import Subscription
from services.billing.models.ledger import Wallet
from services.billing.models.parties import Company
from services.billing.models.top_ups import OPEN, TopUp
from services.billing.parties.companies import lock_company, seller_of
from services.billing.parties.sellers import Sellers
from services.billing.refunds import lifecycle as refunds
from services.billing.refunds.goodwill import unspent_goodwill
from services.billing.top_ups import lifecycle as top_ups
from services.billing.top_ups.views import given_back, left_of, stayed
from shared.contracts.billing.last_refunds import (
    GrantLastRefund,
    LastRefund,
    LastRefundGranted,
)
from shared.contracts.billing.top_ups import RefundTopUp
from shared.contracts.inventory.services import ServiceState
from shared.contracts.notes import Note, NoteCode
from shared.errors import Conflict
from shared.money import Money, currency_of, round_down_to_minor_unit
from shared.rpc.change import Change

MOST_LISTED = 100

_ENDED = (ServiceState.TERMINATED, ServiceState.CANCELLED)
_NOTHING = Decimal(0)


def cancel_open_top_ups(change: Change, company_id: UUID) -> None:
    """Cancel what a closed company has not paid yet, proformas included."""
    still_open = select(TopUp.id).where(
        TopUp.company_id == company_id, TopUp.state.in_(OPEN)
    )
    for top_up_id in change.db.scalars(still_open.order_by(TopUp.id)).all():
        top_ups.cancel(change, top_up_id)


def list_waiting(session: Session, sellers: Sellers) -> list[LastRefund]:
    """List the wallets of closed companies that have something to refund."""
    rows = session.execute(
        select(Company, Wallet)
        .join(Wallet, Wallet.company_id == Company.company_id)
        .where(Company.closed_at.is_not(None), Wallet.balance > 0)
        .order_by(Company.closed_at, Company.company_id, Wallet.currency)
    )
    waiting: list[LastRefund] = []
    for company, wallet in rows:
        net = _refundable(session, wallet)
        if net.amount and len(waiting) < MOST_LISTED:
            waiting.append(_view(session, sellers, company, wallet, net))
    return waiting


def grant(change: Change, request: GrantLastRefund) -> LastRefundGranted:
    """Refund all that a closed company has paid in and not spent.

    Raises:
        NotFound: ``no_such_wallet``.
        Conflict: ``company_open``, ``services_not_ended``, ``nothing_to_refund``.
    """
    session, company_id = change.db, request.company_id
    lock_company(session, company_id)
    company = session.get(Company, company_id)
    if company is None or company.closed_at is None:
        raise Conflict("company_open")
    if live := _live_services(session, company_id):
        raise Conflict("services_not_ended", parameters={"count": live})
    left = _refundable_locked(session, company_id, request.currency)
    if not left:
        raise Conflict("nothing_to_refund")
    net, tax = _NOTHING, _NOTHING
    for top_up in _paid(session, company_id, request.currency):
        share = min(left - net, _left(session, top_up))
        if share > 0:
            money = Money(share, currency_of(request.currency))
            wanted = RefundTopUp(
                top_up_id=top_up.id, net=money, reason="", payment_id=None
            )
            note = Note(code=NoteCode.COMPANY_CLOSED)
            given = refunds.refund_payment(change, wanted, note)
            net, tax = net + given.net.amount, tax + given.tax.amount
    currency = currency_of(request.currency)
    return LastRefundGranted(net=Money(net, currency), tax=Money(tax, currency))


def _refundable_locked(session: Session, company_id: UUID, currency: str) -> Decimal:
    return _refundable(session, lock_wallet(session, company_id, currency)).amount


def _refundable(session: Session, wallet: Wallet) -> Money:
    """Return what of a balance was paid in and can go back, in whole minor units."""
    paid = _paid(session, wallet.company_id, wallet.currency)
    left = sum((_left(session, each) for each in paid), _NOTHING)
    spendable = max(wallet.balance - unspent_goodwill(session, wallet), _NOTHING)
    net = Money(min(left, spendable), currency_of(wallet.currency))
    return round_down_to_minor_unit(net)


def _paid(session: Session, company_id: UUID, currency: str) -> Sequence[TopUp]:
    """Return a company's top-ups in a currency, the newest first."""
    of_wallet = (
        select(TopUp)
        .where(TopUp.company_id == company_id, TopUp.currency == currency)
        .order_by(TopUp.created_at.desc(), TopUp.id)
    )
    return session.scalars(of_wallet).all()


def _left(session: Session, top_up: TopUp) -> Decimal:
    given = given_back(session, top_up)
    payments = stayed(session, top_up)
    return sum((left_of(each, given).net for each in payments), _NOTHING)


def _live_services(session: Session, company_id: UUID) -> int:
    return (
        session.scalar(
            select(func.count()).where(
                Subscription.company_id == company_id,
                Subscription.state.not_in(_ENDED),
            )
        )
        or 0
    )


def _view(
    session: Session, sellers: Sellers, company: Company, wallet: Wallet, net: Money
) -> LastRefund:
    assert company.closed_at
    company_id = company.company_id
    return LastRefund(
        company_id=company_id,
        company=company.name,
        closed_at=company.closed_at,
        net=net,
        balance=Money(wallet.balance, net.currency),
        live_services=_live_services(session, company_id),
        seller=seller_of(session, sellers, company_id).key,
    )
