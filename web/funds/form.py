"""What the form of Add Funds holds: as typed, and as far as it could be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.contracts.billing.payments import GatewayName
from shared.errors import InvalidInput
from shared.money import Money
from web.language.amounts import read_amount, write_amount
from web.language.locale import reader_locale
from web.language.refusals import sentence
from web.page.forms import KEY, new_form_key


@dataclass
class FundsForm:
    """What was typed, and ``digest``, of the quote that was shown.

    ``is_intended`` says that an equal top-up was shown beside it.

    ``errors`` are sentences by field, ``notice`` is one about the whole.

    ``key`` makes sending the form twice harmless. An address has none: whoever opens
    it again wants another top-up.
    """

    net: str = ""
    currency: str = ""
    gateway: str = ""
    digest: str = ""
    is_intended: bool = False
    key: str = field(default_factory=new_form_key)
    errors: dict[str, str] = field(default_factory=dict)
    notice: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "FundsForm":
        return cls(
            net=values.get("net", "")[:100],
            currency=values.get("currency", "")[:10].strip().upper(),
            gateway=values.get("gateway", "")[:40],
            digest=values.get("digest", "")[:100],
        )

    @classmethod
    def sent(cls, values: Mapping[str, str]) -> "FundsForm":
        form = cls.read(values)
        form.key = values.get(KEY, "")[:100] or form.key
        form.is_intended = values.get("is_intended") == "yes"
        return form

    @classmethod
    def of(cls, money: Money) -> "FundsForm":
        """The form with an amount filled in."""
        net = write_amount(money, reader_locale())
        return cls(net=net, currency=money.currency.code)

    def amount(self) -> Money | None:
        """What was typed, or None with a sentence beside the field."""
        try:
            return read_amount(self.net, self.currency, reader_locale())
        except InvalidInput as refusal:
            about = "currency" if refusal.code == "no_such_currency" else "net"
            self.errors[about] = sentence(refusal)
            return None

    def chosen_gateway(self) -> GatewayName | None:
        """The way to pay, or None with a sentence beside the field."""
        try:
            return GatewayName(self.gateway)
        except ValueError:
            self.errors["gateway"] = "Choose how you want to pay."
            return None
