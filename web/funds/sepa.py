"""The QR code that banks' apps read a SEPA transfer from (EPC069-12)."""

from markupsafe import Markup
from segno import QRCode
from segno.helpers import make_epc_qr

from shared.contracts.billing.payments import BankInstructions

_CURRENCY = "EUR"


def sepa_code(bank: BankInstructions) -> Markup | None:
    """Return the code as an SVG element, or None if it is not a SEPA transfer."""
    if bank.amount.currency.code != _CURRENCY:
        return None
    code: QRCode = make_epc_qr(
        name=bank.recipient,
        iban=bank.iban,
        amount=bank.amount.amount,
        text=bank.reference,
        bic=bank.bic or None,
    )
    # The library escapes what it writes, and that are paths alone.
    return Markup(code.svg_inline(scale=4, border=4, dark="#000", light="#fff"))  # noqa: S704
