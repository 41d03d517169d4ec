"""Top-ups: the quote, the top-up, its payments and refunds.

    draft → pending → succeeded → refunded in part or whole, or charged back
      └────────┴────→ failed | cancelled | expired

A draft has been created and nothing sent to a gateway; pending has a payment in
progress. Money that arrives for it is booked in any state.
"""

from datetime import datetime
from enum import Enum
from uuid import UUID

from shared.contract import Effect, Event, Method, Request, Response
from shared.contracts.actors import UNNAMED, Actor
from shared.contracts.billing.name import NAME
from shared.contracts.billing.payments import BankInstructions, GatewayName, Payment
from shared.contracts.billing.settlement import Settlement
from shared.contracts.billing.tax import TaxLine, TaxReason
from shared.contracts.identity.people import VerificationStep
from shared.money import Money
from shared.permissions import Permission


class TopUpState(Enum):
    DRAFT = "draft"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back"


class Problem(Response, frozen=True, kw_only=True):
    """Why an amount can't be topped up: a refusal's code and parameters."""

    code: str
    parameters: dict[str, str]


class QuoteTopUp(Request, frozen=True, kw_only=True):
    """``net`` is the amount for the wallet of its currency."""

    net: Money


class EarlierTopUp(Response, frozen=True, kw_only=True):
    id: UUID
    reference: str
    state: TopUpState
    created_at: datetime


class NextRoom(Response, frozen=True, kw_only=True):
    """From ``at``, a top-up can be ``net``: earlier payments no longer count then."""

    at: datetime
    net: Money


class TopUpQuote(Response, frozen=True, kw_only=True):
    """What a top-up of ``net`` would cost, and whether it is allowed.

    All money is in the wallet's currency, what is paid in its minor unit. ``digest``
    covers everything the customer saw; `BEGIN_TOP_UP` requires it. ``problems`` are
    the reasons why it can't be: then ``split`` says how to reach the amount in several
    top-ups, if that is a way, and ``instead`` is the amount next to it that is allowed;
    None if none is. ``day_left`` is what may still be topped up now, of ``day_limit``
    in 24 hours: what is open (``open_net``) and what was paid in them is taken off;
    both are None where the company's verification sets no such limit. ``lifted_by`` is
    the verification step by which more can be topped up, up to ``lifted_to`` at once,
    ``balance_lifted_by`` the one by which the balance may be higher; None if there is
    none. ``next_room`` is when
    more than now can be topped up, if time alone brings that.
    ``largest`` is the most that one top-up can be now, None if none can. ``repeats`` is
    a top-up of the same amount that can still be paid, or was paid just before: the
    customer may not mean both. ``digest`` doesn't cover it.
    """

    net: Money
    tax_lines: list[TaxLine]
    tax_reason: TaxReason
    tax: Money
    gross: Money
    balance: Money
    minimum: Money
    maximum: Money
    max_balance: Money
    day_limit: Money | None
    day_left: Money | None
    lifted_by: VerificationStep | None
    lifted_to: Money | None
    balance_lifted_by: VerificationStep | None
    open_net: Money
    next_room: NextRoom | None
    largest: Money | None
    instead: Money | None
    problems: list[Problem]
    split: list[Money]
    gateways: list[GatewayName]
    digest: str
    repeats: EarlierTopUp | None = None


class AmountReason(Enum):
    """Why an amount is suggested."""

    MINIMUM = "minimum"
    PAYS_DEBTS = "pays_debts"
    """It covers everything that services owe."""
    LARGEST = "largest"
    RECOMMENDED = "recommended"


class SuggestedAmount(Response, frozen=True, kw_only=True):
    """A net amount, and whether it is allowed now."""

    net: Money
    reason: AmountReason
    is_allowed: bool


class ShownQuote(TopUpQuote, frozen=True, kw_only=True):
    """A quote as shown to the customer, with what the money is used for.

    ``settlement`` is that of ``balance`` and ``net`` together; the balance after the
    top-up is its ``left``. ``suggested`` amounts are in ascending order.
    """

    credit_limit: Money
    settlement: Settlement
    suggested: list[SuggestedAmount]


class BeginTopUp(Request, frozen=True, kw_only=True):
    """``digest`` is from the quote that the customer saw.

    ``is_intended`` says that they saw what it ``repeats`` too, and mean both.
    """

    net: Money
    digest: str
    gateway: GatewayName
    is_intended: bool = False


class TopUp(Response, frozen=True, kw_only=True):
    """A top-up's full state. ``reference`` is what customers quote: TU-4F7K-2M9Q-8RTW.

    ``credited`` is the net of all payments received, and may differ from ``net``,
    ``taken_back`` the net amount that banks reversed from part of a payment,
    ``refunded`` the net amount refunded, ``expires_at`` when a top-up that
    was not paid ends, ``settled_at`` when it first came to an end, paid or not: later
    payments and refunds have times of their own. ``bank`` says how to pay it by
    bank transfer while it is open; it is not part of events.
    """

    id: UUID
    company_id: UUID
    reference: str
    state: TopUpState
    gateway: GatewayName
    net: Money
    tax_lines: list[TaxLine]
    tax_reason: TaxReason
    tax: Money
    gross: Money
    credited: Money
    refunded: Money
    created_at: datetime
    begun_by: Actor = UNNAMED
    expires_at: datetime
    settled_at: datetime | None
    payments: list[Payment]
    bank: BankInstructions | None = None
    taken_back: Money | None = None


class GivenBack(Response, frozen=True, kw_only=True):
    """The result of a refund; ``top_up`` is the state after it.

    ``kept_goodwill`` stays in the wallet because it was never paid in.
    """

    top_up: TopUp
    net: Money
    tax: Money
    kept_goodwill: Money

    @property
    def company_id(self) -> UUID:
        return self.top_up.company_id


class StartPayment(Request, frozen=True, kw_only=True):
    """``return_url`` is where the gateway sends the customer afterwards.

    It is a page of ours: its origin is that of the setting PUBLIC_URL.
    """

    top_up_id: UUID
    return_url: str


class NextStep(Enum):
    """What a customer does next to pay a top-up whose payment was started."""

    REDIRECT = "redirect"
    """Go to the gateway's page."""
    CARD_FORM = "card_form"
    """Fill in our own page's form: see `shared.contracts.billing.cards`."""
    INSTRUCTIONS = "instructions"
    """Follow the top-up's instructions, at their own bank."""
    NONE = "none"


class StartedPayment(Response, frozen=True, kw_only=True):
    """What the customer does next; ``redirect_url`` is where a redirect leads."""

    top_up: TopUp
    redirect_url: str | None = None
    next_step: NextStep = NextStep.NONE


class GetTopUp(Request, frozen=True, kw_only=True):
    top_up_id: UUID


class ListOpenTopUps(Request, frozen=True, kw_only=True):
    pass


class OpenTopUp(Response, frozen=True, kw_only=True):
    id: UUID
    reference: str
    gross: Money
    created_at: datetime


class OpenTopUps(Response, frozen=True, kw_only=True):
    """Top-ups that can still be paid or cancelled, newest first, at most 20."""

    top_ups: list[OpenTopUp]


class CancelTopUp(Request, frozen=True, kw_only=True):
    top_up_id: UUID


class RefundTopUp(Request, frozen=True, kw_only=True):
    """``net`` is the amount to refund from the wallet; as much as possible if None.

    Only of ``payment_id``, if set. The customer sees ``reason``.
    ``again`` is the id of the same refund within the last hour, to repeat it.
    """

    top_up_id: UUID
    payment_id: UUID | None = None
    net: Money | None = None
    reason: str
    again: UUID | None = None


QUOTE_TOP_UP = Method(
    NAME, "quote_top_up", QuoteTopUp, ShownQuote, Permission.ADD_FUNDS
)
"""NotFound ``no_such_wallet`` with ``currency``; InvalidInput ``bad_amount`` (zero,
negative, finer than the minor unit, or more than a wallet can hold); Conflict
``no_billing_address``, ``no_tax_rate`` with ``country``, ``postal_code_unclear`` with
``country`` and ``postal_code``.

Problems: ``below_minimum`` with ``minimum``; ``above_maximum`` with ``maximum``;
``above_max_balance`` with ``max_balance`` and ``room``; ``above_day_limit`` with
``limit`` and ``left``; ``no_gateway``. All but the first and the last have ``step`` if
a verification step lifts the limit."""

BEGIN_TOP_UP = Method(
    NAME,
    "begin_top_up",
    BeginTopUp,
    TopUp,
    Permission.ADD_FUNDS,
    Effect.CHANGE,
    recorded=("id", "net", "gateway"),
)
"""As `QUOTE_TOP_UP`; Conflict ``quote_changed`` if the digest has changed, or
with a problem's code and parameters."""

START_PAYMENT = Method(
    NAME,
    "start_payment",
    StartPayment,
    StartedPayment,
    Permission.ADD_FUNDS,
    Effect.ONCE,
    recorded=("top_up_id",),
)
"""Safe to repeat: a payment in progress is continued. InvalidInput ``bad_return_url``;
NotFound ``no_such_top_up``; Conflict ``top_up_ended`` with ``state``; Unavailable
``gateway_unreachable``."""

GET_TOP_UP = Method(NAME, "get_top_up", GetTopUp, TopUp, Permission.READ_BILLING)
"""NotFound ``no_such_top_up``."""

LIST_OPEN_TOP_UPS = Method(
    NAME, "list_open_top_ups", ListOpenTopUps, OpenTopUps, Permission.READ_BILLING
)

CANCEL_TOP_UP = Method(
    NAME,
    "cancel_top_up",
    CancelTopUp,
    TopUp,
    Permission.ADD_FUNDS,
    Effect.CHANGE,
    recorded=("top_up_id",),
)
"""NotFound ``no_such_top_up``; Conflict ``top_up_ended`` with ``state``."""

REFUND_TOP_UP = Method(
    NAME,
    "refund_top_up",
    RefundTopUp,
    GivenBack,
    Permission.OPERATE,
    Effect.CHANGE,
    recorded=("top_up_id", "net"),
)
"""NotFound ``no_such_top_up``; Conflict ``not_refundable`` with ``state``,
``more_than_unspent`` with ``left``, ``goodwill_not_refundable`` with ``left`` and
``goodwill``, ``done_before`` with ``id``; InvalidInput ``bad_amount``,
``reason_missing``."""

TOP_UP_SETTLED = Event(NAME, "top_up_settled", TopUp)
"""A top-up was paid, refunded or ended: its state is final for now."""

METHODS = (
    QUOTE_TOP_UP,
    BEGIN_TOP_UP,
    START_PAYMENT,
    GET_TOP_UP,
    LIST_OPEN_TOP_UPS,
    CANCEL_TOP_UP,
    REFUND_TOP_UP,
)
EVENTS = (TOP_UP_SETTLED,)
