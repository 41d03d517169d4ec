"""Payments that came by bank, booked from what the bank's statement says."""

from collections.abc import Sequence

import structlog
from sqlalchemy import select

from services.billing.gateways.bank_transfer import BankTransfer
from services.billing.gateways.gateway import Outcome, Report
from services.billing.models.payments import Payment
from services.billing.models.top_ups import TopUp
from services.billing.parties.sellers import Sellers
from services.billing.payments.attempts import payment_by
from services.billing.payments.reports import take_in
from services.billing.top_ups.references import references_in
from services.billing.top_ups.rules import fits_payment
from shared.contracts.billing.payments import (
    MAX_TEXT_LENGTH,
    BankBooking,
    BankBookingResult,
    BankCredit,
)
from shared.db.database import Database
from shared.errors import InvalidInput
from shared.money import Money, currency_of, fits_ledger
from shared.rpc.call import Call
from shared.rpc.change import Change
from shared.runtime import Runtime
from shared.text import clean_line

log = structlog.get_logger()

MAX_CREDITS = 500

METHOD = "Bank transfer"


def book(
    database: Database,
    runtime: Runtime,
    sellers: Sellers,
    call: Call,
    credits_: Sequence[BankCredit],
) -> list[BankBooking]:
    """Credit each to the top-up whose reference it bears; once per transaction.

    Each in a database transaction of its own: together they would lock top-ups after
    wallets, and wait for others for ever.

    Raises:
        InvalidInput: ``too_many_rows``; nothing was booked.
    """
    if len(credits_) > MAX_CREDITS:
        raise InvalidInput("too_many_rows", parameters={"max_rows": MAX_CREDITS})
    bookings = []
    for credit in credits_:
        with database.system() as session:
            change = Change(session, runtime, call)
            bookings.append(_book(change, sellers, credit))
    return bookings


def _book(change: Change, sellers: Sellers, credit: BankCredit) -> BankBooking:
    if not _is_fit(credit):
        return _result(credit, BankBookingResult.UNFIT, None)
    top_up = _find_top_up(change, credit.text)
    known = change.db.scalars(
        select(Payment).where(
            Payment.gateway == BankTransfer.name,
            Payment.transaction == credit.transaction,
        )
    ).one_or_none()
    if known is not None:
        return _compare(change, credit, known, top_up)
    if top_up is None:
        return _result(credit, BankBookingResult.UNMATCHED, None)
    if top_up.currency != credit.amount.currency.code:
        return _result(credit, BankBookingResult.WRONG_CURRENCY, top_up.reference)
    report = Report(
        payment_id=payment_by(change, BankTransfer.name, top_up.id).id,
        transaction=credit.transaction,
        outcome=Outcome.SUCCEEDED,
        amount=credit.amount,
        method=METHOD,
        booked_on=credit.booked_on,
        payer_country=credit.payer_country,
    )
    is_new = take_in(change, sellers, [report])
    result = BankBookingResult.BOOKED if is_new else BankBookingResult.KNOWN
    return _result(credit, result, top_up.reference)


def _compare(
    change: Change, credit: BankCredit, known: Payment, named: TopUp | None
) -> BankBooking:
    """Whether a credit is the payment booked under its name, or only called the same.

    One that was booked by hand may name no top-up in its text.
    """
    is_same = credit.amount == Money(known.amount, currency_of(known.currency))
    is_same = is_same and (named is None or named.id == known.top_up_id)
    result = BankBookingResult.KNOWN if is_same else BankBookingResult.CONFLICT
    booked = change.db.get_one(TopUp, known.top_up_id)
    return _result(credit, result, booked.reference)


def _find_top_up(change: Change, text: str) -> TopUp | None:
    """The top-up that a payer's text names, if exactly one of ours is in it."""
    references = list(references_in(text))
    found = change.db.scalars(
        select(TopUp).where(TopUp.reference.in_(references))
    ).all()
    return found[0] if len(found) == 1 else None


def _is_fit(credit: BankCredit) -> bool:
    try:
        clean_line(credit.transaction, MAX_TEXT_LENGTH, required=True)
        clean_line(credit.text, MAX_TEXT_LENGTH)
    except InvalidInput:
        return False
    return fits_payment(credit.amount) and fits_ledger(credit.amount)


def _result(
    credit: BankCredit, result: BankBookingResult, top_up: str | None
) -> BankBooking:
    return BankBooking(transaction=credit.transaction, result=result, top_up=top_up)
