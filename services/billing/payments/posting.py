"""What payments and chargebacks share: their tax and their entry in the ledger."""

from services.billing.ledger.entries import Reason
from services.billing.ledger.money_in import MoneyIn
from services.billing.ledger.wallets import emit_change, lock_wallet
from services.billing.models.ledger import EntryKind
from services.billing.models.payments import Payment
from shared.contracts.billing.tax import TaxDecision
from shared.money import Money, round_to_minor_unit
from shared.rpc.change import Change


def split_tax(decision: TaxDecision, paid: Money) -> MoneyIn:
    """Split what was paid into net and tax.

    By the quoted rate, what was asked for has the tax that was asked for: it is within
    half a minor unit.
    """
    exact = paid.amount * decision.rate_percent / (100 + decision.rate_percent)
    tax = round_to_minor_unit(Money(exact, paid.currency)).amount
    return MoneyIn(paid.amount - tax, tax, paid.currency.code)


def post_payment(
    change: Change,
    payment: Payment,
    money_in: MoneyIn,
    kind: EntryKind,
    cause: str = "",
) -> None:
    """Post a payment into its wallet, or out of it, as the kind of the entry says.

    The payment is its ``cause``, unless another one is given.
    """
    change.db.flush()
    wallet = lock_wallet(change.db, payment.company_id, payment.currency)
    reason = Reason(
        company_id=wallet.company_id,
        kind=kind,
        note=payment.paid_with,
        cause=cause or f"payment:{payment.id}",
    )
    money_in.post(change, wallet.id, reason)
    emit_change(change, wallet)
