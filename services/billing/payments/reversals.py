"""Disputes that were won: the bank gives back what it took, and so does the wallet.

Each is undone once, by its own name, and by as much as was booked for it.
"""

from decimal import Decimal

import structlog
from sqlalchemy import select

from services.billing.gateways.gateway import Report
from services.billing.ledger.money_in import MoneyIn
from services.billing.models.ledger import EntryKind
from services.billing.models.payments import Chargeback, ChargebackState, Payment
from services.billing.models.top_ups import TopUp
from services.billing.payments.posting import post_payment
from services.billing.refunds.states import follow_money
from services.billing.top_ups.document_orders import Wanted, order
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.notes import Note, NoteCode
from shared.errors import InvalidInput
from shared.rpc.change import Change

log = structlog.get_logger()


def cause_of(row: Chargeback) -> str:
    """What the ledger calls a dispute."""
    return f"chargeback:{row.id}"


def reverse(change: Change, top_up: TopUp, payment: Payment, report: Report) -> bool:
    """Give the wallet back what a dispute took that was won; once.

    What was booked in another currency than the dispute's waits for a person, and what
    was not booked yet never will be. Returns whether it is new.
    """
    row = change.db.scalars(
        select(Chargeback).where(
            Chargeback.gateway == payment.gateway, Chargeback.name == report.dispute
        )
    ).one_or_none()
    if row is None or row.won_at is not None:
        return False
    row.won_at = change.call.now
    if row.state is ChargebackState.WAITING:
        row.state = ChargebackState.REVERSED
    elif not row.booked:
        # The release that booked it kept no row, and so no amounts.
        log.error("dispute_won_without_amounts", dispute=row.name)
        row.state = ChargebackState.REVERSED
    elif row.currency != top_up.currency:
        log.error("dispute_won_in_another_currency", dispute=row.name)
    else:
        _reverse(change, top_up, row)
    return True


def reverse_waiting(
    change: Change, top_up: TopUp, row: Chargeback, gross: Decimal
) -> None:
    """The same for one that waits; ``gross`` is what a person says was booked.

    Raises:
        InvalidInput: ``bad_amount``; it was another one.
    """
    if gross != row.booked:
        raise InvalidInput("bad_amount")
    _reverse(change, top_up, row)


def _reverse(change: Change, top_up: TopUp, row: Chargeback) -> None:
    session = change.db
    payment = session.get_one(Payment, row.payment_id)
    row.state = ChargebackState.REVERSED
    money = MoneyIn(row.net + row.beyond, row.tax, payment.currency)
    kind = EntryKind.CHARGEBACK_REVERSED
    post_payment(change, payment, money, kind, cause_of(row))
    if row.net:
        wanted = Wanted(
            DocumentKind.INVOICE,
            row.net,
            row.tax,
            payment.id,
            note=Note(code=NoteCode.RETURNED_BY_BANK),
            chargeback_id=row.id,
        )
        order(change, top_up, wanted)
    follow_money(change, top_up, payment)
