"""Format amounts for the command line."""

from shared.contracts.billing.payments import GatewayName
from shared.contracts.billing.top_ups import GivenBack
from shared.language.translation import gettext as _
from shared.money import Money, round_to_minor_unit


def amount(money: Money) -> str:
    rounded = round_to_minor_unit(money)
    return f"{rounded.amount:f} {rounded.currency.code}"


def refund_summary(done: GivenBack) -> str:
    """Describe this refund and the total refunded so far."""
    top_up = done.top_up
    lines = [
        _(
            "%(reference)s: refunded %(net)s net plus %(tax)s tax; "
            "total refunded %(refunded)s of %(credited)s net",
            reference=top_up.reference,
            net=amount(done.net),
            tax=amount(done.tax),
            refunded=amount(top_up.refunded),
            credited=amount(top_up.credited),
        )
    ]
    if kept := done.kept_goodwill:
        lines.append(
            _("%(amount)s of goodwill stays in the balance.", amount=amount(kept))
        )
    if any(paid.gateway is GatewayName.BANK_TRANSFER for paid in top_up.payments):
        lines.append(_("This was paid by bank transfer. Transfer the refund yourself."))
    return "\n".join(lines)
