"""Amounts as commands say them."""

from shared.contracts.billing.payments import GatewayName
from shared.contracts.billing.top_ups import GivenBack
from shared.money import Money, round_to_minor_unit


def amount(money: Money) -> str:
    rounded = round_to_minor_unit(money)
    return f"{rounded.amount:f} {rounded.currency.code}"


def given_back(done: GivenBack) -> str:
    """What this one refund gave, and what was given in all of what was paid."""
    top_up = done.top_up
    kept = done.kept_goodwill
    stays = f"; {amount(kept)} of the balance is goodwill and stays" if kept else ""
    bank = GatewayName.BANK_TRANSFER
    by_bank = any(payment.gateway is bank for payment in top_up.payments)
    by_hand = "\nWhat was paid by bank goes back by hand: transfer it."
    return (
        f"{top_up.reference}: {amount(done.net)} net given back, and "
        f"{amount(done.tax)} tax with it; in all {amount(top_up.refunded)} "
        f"of {amount(top_up.credited)} net paid{stays}{by_hand if by_bank else ''}"
    )
