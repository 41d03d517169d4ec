"""Payments that came by bank, booked from what the bank's statement says."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from services.billing.base.repetition import SOON
from services.billing.gateways.bank_transfer import BankTransfer
from services.billing.gateways.gateway import Outcome, Report
from services.billing.models.payments import PAID, Payment
from services.billing.models.top_ups import TopUp
from services.billing.parties.sellers import Sellers
from services.billing.payments.attempts import payment_by
from services.billing.payments.reports import book_reports
from services.billing.top_ups.lifecycle import lock_top_up
from services.billing.top_ups.references import references_in
from services.billing.top_ups.rules import fits_payment
from services.billing.top_ups.views import payments_of
from shared.contracts.billing.payments import (
    MAX_PARTS,
    MAX_TEXT_LENGTH,
    BankBooking,
    BankBookingResult,
    BankCredit,
    BookBankPayments,
    part_name,
)
from shared.contracts.notes import Note, NoteCode
from shared.db.database import Database
from shared.errors import InvalidInput
from shared.money import Money, currency_of, fits_ledger
from shared.rpc.call import Call
from shared.rpc.change import Change
from shared.runtime import Runtime
from shared.text import clean_line

MAX_CREDITS = 500

PAID_WITH = Note(code=NoteCode.BANK_TRANSFER)


def book(
    database: Database,
    runtime: Runtime,
    sellers: Sellers,
    call: Call,
    request: BookBankPayments,
) -> list[BankBooking]:
    """Credit each to the top-up whose reference it has, once per transaction.

    Each in a database transaction of its own: together they would lock top-ups after
    wallets, and wait for others for ever.

    Raises:
        InvalidInput: ``too_many_rows``; nothing was booked.
    """
    if len(request.credits) > MAX_CREDITS:
        raise InvalidInput("too_many_rows", parameters={"max_rows": MAX_CREDITS})
    bookings = []
    for credit in request.credits:
        with database.system() as session:
            change = Change(session, runtime, call)
            bookings.append(_book(change, sellers, credit, request))
    return bookings


def _book(
    change: Change, sellers: Sellers, credit: BankCredit, request: BookBankPayments
) -> BankBooking:
    if not _is_fit(credit):
        return _result(credit, BankBookingResult.UNFIT, None)
    top_up = _find_top_up(change, credit.text)
    if known := _named(change, [credit.transaction]):
        return _compare(change, credit, known[0], top_up)
    if parts := _named(change, _names_beside(credit.transaction)):
        return _compare_parts(change, credit, parts)
    if top_up is None:
        return _result(credit, BankBookingResult.UNMATCHED, None)
    lock_top_up(change.db, top_up.id)
    question = _question(change, credit, request, top_up)
    return question or _settle(change, sellers, credit, top_up)


def _question(
    change: Change, credit: BankCredit, request: BookBankPayments, top_up: TopUp
) -> BankBooking | None:
    """Return why a person has to check a payment that names a top-up, or None."""
    reference = top_up.reference
    if top_up.currency != credit.amount.currency.code:
        return _result(credit, BankBookingResult.WRONG_CURRENCY, reference)
    equal = _equal(change, credit, top_up)
    if any(_is_alike(each, credit) for each in equal):
        return _result(credit, BankBookingResult.CONFLICT, reference)
    earlier = _done_before(change, equal) if request.is_typed else None
    if earlier not in {None, request.again}:
        return _result(credit, BankBookingResult.DONE_BEFORE, reference, earlier)
    return None


def _settle(
    change: Change, sellers: Sellers, credit: BankCredit, top_up: TopUp
) -> BankBooking:
    report = Report(
        payment_id=payment_by(change, BankTransfer.name, top_up.id).id,
        transaction=credit.transaction,
        outcome=Outcome.SUCCEEDED,
        amount=credit.amount,
        paid_with=PAID_WITH,
        booked_on=credit.booked_on,
        payer_country=credit.payer_country,
    )
    is_new = book_reports(change, sellers, [report])
    result = BankBookingResult.BOOKED if is_new else BankBookingResult.KNOWN
    return _result(credit, result, top_up.reference)


def _named(change: Change, transactions: Sequence[str]) -> Sequence[Payment]:
    return change.db.scalars(
        select(Payment).where(
            Payment.gateway == BankTransfer.name,
            Payment.transaction.in_(transactions),
        )
    ).all()


def _names_beside(transaction: str) -> list[str]:
    """Of the parts of a transfer; or, for a part, of the whole."""
    whole, _, number = transaction.rpartition("#")
    if whole and number.isdecimal():
        return [whole]
    return [part_name(transaction, each) for each in range(1, MAX_PARTS + 1)]


def _compare_parts(
    change: Change, credit: BankCredit, parts: Sequence[Payment]
) -> BankBooking:
    """Whether all of a transfer was booked by these parts, or a part as the whole."""
    booked = change.db.get_one(TopUp, parts[0].top_up_id)
    total = sum((each.amount for each in parts), Decimal(0))
    is_same = Money(total, currency_of(booked.currency)) == credit.amount
    result = BankBookingResult.KNOWN if is_same else BankBookingResult.CONFLICT
    return _result(credit, result, booked.reference)


def _equal(change: Change, credit: BankCredit, top_up: TopUp) -> list[Payment]:
    """The payments of a top-up that came by bank in the same amount, oldest first."""
    return [
        each
        for each in payments_of(change.db, top_up)
        if each.gateway is BankTransfer.name
        and each.state in PAID
        and each.amount == credit.amount.amount
    ]


def _is_alike(payment: Payment, credit: BankCredit) -> bool:
    name = payment.transaction or ""
    if name == credit.transaction:
        return False
    return any(name == each or name.startswith(f"{each}/") for each in credit.alike)


def _done_before(change: Change, equal: Sequence[Payment]) -> UUID | None:
    start = change.call.now - SOON
    recent = (
        each.id
        for each in reversed(equal)
        if each.settled_at and each.settled_at > start
    )
    return next(recent, None)


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
    credit: BankCredit,
    result: BankBookingResult,
    top_up: str | None,
    earlier: UUID | None = None,
) -> BankBooking:
    return BankBooking(
        transaction=credit.transaction, result=result, top_up=top_up, earlier=earlier
    )
