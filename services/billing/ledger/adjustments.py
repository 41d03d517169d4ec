"""Money that an operator moves by hand: opening balances, corrections, goodwill.

An adjustment states what is so and may take a balance below its credit limit; only
charges ask whether the money is there. See docs/decisions/adjustments.md.
"""

from uuid import UUID

from sqlalchemy import select

from services.billing.base.repetition import SOON, require_confirmed
from services.billing.ledger.entries import Reason, credit, debit, ensure_account, post
from services.billing.ledger.wallets import emit_change, lock_wallet
from services.billing.models.ledger import AccountKind, EntryKind, Wallet
from services.billing.models.transactions import Transaction
from shared.contracts.billing.wallets import AdjustmentKind, AdjustWallet
from shared.contracts.notes import own_words
from shared.errors import InvalidInput
from shared.money import LEDGER_BOUND, Money, fits_ledger
from shared.rpc.change import Change
from shared.text import clean_reason

_ENTRIES = {
    AdjustmentKind.OPENING_BALANCE: EntryKind.OPENING_BALANCE,
    AdjustmentKind.CORRECTION: EntryKind.CORRECTION,
    AdjustmentKind.GOODWILL: EntryKind.GOODWILL,
}
_CONTRA_ACCOUNTS = {
    AdjustmentKind.OPENING_BALANCE: AccountKind.OPENING_BALANCES,
    AdjustmentKind.CORRECTION: AccountKind.CORRECTIONS,
    AdjustmentKind.GOODWILL: AccountKind.GOODWILL,
}


def post_adjustment(change: Change, request: AdjustWallet) -> Wallet:
    """Credit the wallet with the amount, or debit it when negative.

    Raises:
        InvalidInput: ``reason_missing``, ``bad_reason``; ``bad_amount`` for zero, more
            than six decimal places, or more than the wallet can hold.
        NotFound: ``no_such_wallet``.
        Conflict: ``done_before`` with ``id``.
    """
    words = clean_reason(request.reason, required=True)
    if not (request.amount.amount and fits_ledger(request.amount)):
        raise InvalidInput("bad_amount")
    currency = request.amount.currency.code
    wallet = lock_wallet(change.db, request.company_id, currency)
    if abs(wallet.balance + request.amount.amount) >= LEDGER_BOUND:
        raise InvalidInput("bad_amount", "more than a wallet can hold")
    require_confirmed(_equal_before(change, wallet, request), request.again)
    contra = ensure_account(change, _CONTRA_ACCOUNTS[request.kind], currency)
    money = Money(abs(request.amount.amount), request.amount.currency)
    payer, payee = contra, wallet.id
    if request.amount.amount < 0:
        payer, payee = payee, payer
    reason = Reason(
        company_id=request.company_id,
        kind=_ENTRIES[request.kind],
        note=own_words(words),
        cause="adjust_wallet",
    )
    lines = [debit(payer, money), credit(payee, money)]
    post(change, change.runtime.new_id(), reason, lines)
    emit_change(change, wallet)
    return wallet


def _equal_before(change: Change, wallet: Wallet, request: AdjustWallet) -> UUID | None:
    """The newest entry of the same kind and amount within the hour."""
    return change.db.scalar(
        select(Transaction.entry_id)
        .where(
            Transaction.company_id == wallet.company_id,
            Transaction.wallet_id == wallet.id,
            Transaction.at > change.call.now - SOON,
            Transaction.kind == _ENTRIES[request.kind],
            Transaction.amount == request.amount.amount,
        )
        .order_by(Transaction.at.desc(), Transaction.number.desc())
        .limit(1)
    )
