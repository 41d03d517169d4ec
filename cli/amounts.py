"""Format amounts for the command line."""

from shared.contracts.billing.payments import GatewayName
from shared.contracts.billing.top_ups import GivenBack
from shared.money import Money, round_to_minor_unit


def amount(money: Money) -> str:
    rounded = round_to_minor_unit(money)
    return f"{rounded.amount:f} {rounded.currency.code}"


def refund_summary(done: GivenBack) -> str:
    """Describe this refund and the total refunded so far."""
    top_up = done.top_up
    kept = done.kept_goodwill
    stays = f"; {amount(kept)} of goodwill stays in the balance" if kept else ""
    bank = GatewayName.BANK_TRANSFER
    by_bank = any(payment.gateway is bank for payment in top_up.payments)
    by_hand = "\nThis was paid by bank transfer: transfer the refund yourself."
    return (
        f"{top_up.reference}: refunded {amount(done.net)} net plus "
        f"{amount(done.tax)} tax; total refunded {amount(top_up.refunded)} "
        f"of {amount(top_up.credited)} net{stays}{by_hand if by_bank else ''}"
    )
