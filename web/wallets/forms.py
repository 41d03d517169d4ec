"""The forms of a company's wallets, and what its page shows of each wallet."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from flask_babel import lazy_gettext as _
from wtforms import HiddenField, SelectField

from shared.contracts import billing
from shared.contracts.billing.wallets import WalletView
from web.page.forms import ChangeForm, MoneyField, WholeNumberField, about_amount
from web.page.htmx import request


class AddWalletForm(ChangeForm):
    about = "currency"
    currency = SelectField(_("Currency"), choices=[])


class PrimaryForm(ChangeForm):
    """A button of the wallet that is not the primary one."""

    currency = HiddenField()


class BufferForm(ChangeForm):
    refusals: ClassVar = {
        **about_amount("buffer"),
        "bad_horizon": "horizon",
        "days_not_understood": "horizon",
    }
    about = "buffer"
    currency = HiddenField()
    buffer = MoneyField(_("Comfort buffer"))
    horizon = WholeNumberField(_("Days ahead"), render_kw={"maxlength": 3})

    def arguments(self) -> billing.wallets.SetComfortBuffer:
        """Return what the form asks for.

        Raises:
            InvalidInput: an amount's, or ``days_not_understood``.
        """
        currency = self.currency.data or ""
        return billing.wallets.SetComfortBuffer(
            buffer=self.buffer.read(currency, may_be_zero=True),
            horizon_days=self.horizon.read("days_not_understood"),
        )


@dataclass(frozen=True)
class WalletForms:
    """A wallet with its forms; the primary one has no button that makes it so."""

    wallet: WalletView
    buffer: BufferForm
    primary: PrimaryForm | None


def typed_form() -> AddWalletForm | BufferForm | None:
    """Return the form whose fields are in the page's address, if one's are."""
    if "buffer" in request.args:
        return BufferForm.from_address(of=request.args.get("currency", ""))
    return AddWalletForm.from_address() if "currency" in request.args else None


def with_forms(
    wallets: Iterable[WalletView], shown: ChangeForm | None
) -> list[WalletForms]:
    """Put each wallet's forms beside it; ``shown`` is one that was sent."""
    return [_forms_of(wallet, shown) for wallet in wallets]


def _forms_of(wallet: WalletView, shown: ChangeForm | None) -> WalletForms:
    code = wallet.currency
    buffer = BufferForm(
        formdata=None,
        of=code,
        currency=code,
        buffer=wallet.comfort_buffer,
        horizon=wallet.horizon_days,
    )
    primary = PrimaryForm(formdata=None, currency=code)
    if isinstance(shown, BufferForm) and shown.currency.data == code:
        buffer = shown
    if isinstance(shown, PrimaryForm) and shown.currency.data == code:
        primary = shown
    return WalletForms(wallet, buffer, None if wallet.is_primary else primary)
