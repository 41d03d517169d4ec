"""The forms of adding funds, and of what is done with a top-up."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Self
from uuid import UUID

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, HiddenField, SelectField, StringField
from wtforms.validators import Optional

from shared.contracts.billing.payments import GatewayName
from shared.contracts.billing.top_ups import TopUp
from shared.errors import InvalidInput
from shared.money import Money
from web.page.forms import ChangeForm, MoneyField, PageForm, about_amount
from web.page.htmx import request

TYPED = ("net", "currency", "gateway")
"""What the address of Add Funds says of its form."""

_LONGEST_CURRENCY = 10
_LONGEST_GATEWAY = 40
_LONGEST_DIGEST = 100
_LONGEST_CARD = 100


def _cut(length: int) -> Callable[[str | None], str]:
    """Make a field's filter: what is longer than anything we know is cut."""
    return lambda text: (text or "")[:length]


def _as_code(text: str) -> str:
    return text.strip().upper()


class FundsForm(ChangeForm):
    """``digest`` is of the quote that was shown, with which it is written.

    ``is_intended`` says that an equal top-up was shown beside it. ``notice`` is a
    sentence about the whole form, not an error.
    """

    refusals: ClassVar = {
        **about_amount("net"),
        "no_such_currency": "currency",
        "no_such_wallet": "currency",
    }
    about = "net"
    notice = ""

    net = MoneyField(_("Net amount"))
    currency = SelectField(
        _("Currency"), choices=[], filters=[_cut(_LONGEST_CURRENCY), _as_code]
    )
    gateway = StringField(default="", filters=[_cut(_LONGEST_GATEWAY)])
    digest = StringField(default="", filters=[_cut(_LONGEST_DIGEST)])
    is_intended = BooleanField()

    @classmethod
    def from_address(cls, **kwargs: Any) -> Self:
        """Fill it in from an address, which can't confirm anything."""
        form = super().from_address(**kwargs)
        form.is_intended.data = False
        return form

    def typed(self) -> dict[str, Any]:
        """Return what the page's address says of the form."""
        return {name: self[name].data or "" for name in TYPED}

    def amount(self) -> Money | None:
        """Return what was typed, or None with the reason beside the field."""
        try:
            return self.net.read(self.currency.data)
        except InvalidInput as refusal:
            self.refuse(refusal)
            return None

    def chosen_gateway(self) -> GatewayName | None:
        """Return the way to pay, or None with the reason beside the field."""
        try:
            return GatewayName(self.gateway.data)
        except ValueError:
            self.gateway.errors = [gettext("Choose how you want to pay.")]
            return None


class RefundForm(ChangeForm):
    """Asks for a possible duplicate back."""

    refusals: ClassVar = {"bad_reason": "reason"}

    payment = HiddenField()
    reason = StringField(
        _("What happened?"), [Optional()], render_kw={"maxlength": 500}, default=""
    )


class SaveCardForm(PageForm):
    """What the page of the card asks beside the gateway's own fields."""

    save = BooleanField(_("Save this card for next time"), [Optional()])


class ForgetCardForm(ChangeForm):
    card = HiddenField(filters=[_cut(_LONGEST_CARD)])


def typed_refund() -> RefundForm | None:
    """Return the refund's form if its fields are in the page's address."""
    if "reason" not in request.args:
        return None
    return RefundForm.from_address(of=request.args.get("payment", ""))


def refund_forms(top_up: TopUp, shown: RefundForm | None) -> dict[UUID, RefundForm]:
    """Make the form of each payment; ``shown`` is one that was sent."""
    forms = {
        payment.id: RefundForm(
            formdata=None,
            of=str(payment.id),
            payment=payment.id,
            company=top_up.company_id,
        )
        for payment in top_up.payments
    }
    for id_ in forms:
        if shown is not None and shown.payment.data == str(id_):
            shown.company.data = str(top_up.company_id)
            forms[id_] = shown
    return forms


def forget_forms(cards: Iterable[str], company_id: UUID) -> dict[str, ForgetCardForm]:
    """Make the form that removes each card, by the card's id."""
    return {
        card: ForgetCardForm(formdata=None, card=card, company=company_id)
        for card in cards
    }
