"""What every payment gateway does, and the words in which it reports.

None of this runs inside a database transaction. What a gateway says of a payment, be
it asked or by a notice of its own, is a `Report`; `services.billing.payments.reports`
books it once, in whatever order and however often reports come.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import ClassVar, Protocol, runtime_checkable
from uuid import UUID

from shared.contracts.billing.cards import SavedCard
from shared.contracts.billing.payments import BankInstructions, GatewayName
from shared.contracts.billing.top_ups import NextStep
from shared.contracts.notes import NO_NOTE, Note
from shared.errors import Unavailable
from shared.money import Money

LASTS = timedelta(hours=24)
"""How long a top-up waits for its payment, unless its gateway is a slow one."""


class Outcome(Enum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    CHARGED_BACK = "charged_back"
    REINSTATED = "reinstated"
    """The dispute was won, and what it took is there again."""


@dataclass(frozen=True)
class Order:
    """What is to be paid. ``payment_id`` makes repeating the order harmless.

    ``reference`` is what the customer reads; ``return_url`` is where they come back.
    ``customer`` is what a gateway of cards calls the company, if it may save some.
    """

    payment_id: UUID
    company_id: UUID
    reference: str
    amount: Money
    return_url: str
    customer: str | None = None


@dataclass(frozen=True)
class Checkout:
    """``id`` is what the gateway calls the attempt; people go to ``redirect_url``."""

    id: str
    redirect_url: str | None = None


@dataclass(frozen=True)
class Report:
    """The outcome of one payment.

    ``transaction`` is what the gateway calls the money that moved; a second one for
    the same payment is a second payment. ``paid_with`` says what was used, as far as
    known; ``failure`` is a code.

    The money was received on the day on which the bank booked it, ``booked_on``, or
    when a gateway took it, ``succeeded_at``; without both, now. ``payer_country`` is
    ISO 3166-1: of the bank that issued the card, or of the bank account; may be empty.
    ``dispute`` names what took the money back, where one payment may have several;
    then the amount is what that took, or gave back.
    """

    payment_id: UUID
    transaction: str
    outcome: Outcome
    amount: Money
    paid_with: Note = NO_NOTE
    failure: str | None = None
    booked_on: date | None = None
    succeeded_at: datetime | None = None
    payer_country: str = ""
    dispute: str = ""


@dataclass(frozen=True)
class ListedDispute:
    name: str
    opened_at: datetime
    is_won: bool


class RefundOutcome(Enum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True)
class RefundReport:
    """The outcome of a repayment, which may fail after it had succeeded."""

    refund_id: UUID
    outcome: RefundOutcome
    failure: str = ""


News = Report | RefundReport


@dataclass(frozen=True)
class Repayment:
    """Money to give back. ``refund_id`` makes repeating it harmless."""

    refund_id: UUID
    transaction: str
    amount: Money


class RepaymentRefusedError(Exception):
    """The gateway will not give this money back, however often it is asked.

    Its text is a code.
    """


def unreachable(detail: str) -> Unavailable:
    """No answer from a gateway; asking again later may help."""
    return Unavailable("gateway_unreachable", detail)


class Gateway(Protocol):
    """A way to be paid.

    Every method that reaches the gateway may raise `Unavailable`
    (``gateway_unreachable``).
    """

    name: ClassVar[GatewayName]
    lasts: ClassVar[timedelta] = LASTS
    """How long a top-up waits for its payment."""
    next_step: ClassVar[NextStep] = NextStep.NONE
    """What the customer does once a payment was started."""

    def serves(self, seller: str) -> bool:  # noqa: ARG002
        """Whether the customers of a seller, named by its key, can pay this way."""
        return True

    def instructions(
        self,
        seller: str,  # noqa: ARG002
        amount: Money,  # noqa: ARG002
        reference: str,  # noqa: ARG002
    ) -> BankInstructions | None:
        """Return what a seller's customer needs to pay; None if nothing."""
        return None

    def open_checkout(self, order: Order) -> Checkout:
        """Tell the gateway what is to be paid; the same order again is the same."""
        ...

    def ask(self, checkout: str) -> Sequence[Report]:
        """Return a checkout's outcome: a report per transaction, none if none began."""
        ...

    def close_checkout(self, checkout: str) -> bool:
        """Close a checkout to payments; False if that isn't possible.

        Raises:
            Unavailable: ``gateway_unreachable``, or a payment is just under way.
        """
        ...

    def disputes_since(
        self,
        moment: datetime,  # noqa: ARG002
    ) -> Sequence[ListedDispute]:
        """What was opened since then; nothing where the gateway lists none."""
        return []

    def ask_dispute(self, dispute: str) -> Sequence[Report]:  # noqa: ARG002
        """What a dispute has done to its payment; nothing when that is not ours."""
        return []

    def read_notice(self, headers: Mapping[str, str], body: str) -> Sequence[News]:
        """What a notice says; nothing when it is about something else.

        Raises:
            Unauthenticated: ``notice_forged``; its signature is missing or wrong.
            InvalidInput: ``malformed_message``.
        """
        ...

    def repay(self, repayment: Repayment) -> bool:
        """Give money back; the same repayment again is the same.

        Returns whether it is done; while it is not, ask again by repeating it.

        Raises:
            RepaymentRefusedError: it will not be, ever.
        """
        ...


@dataclass(frozen=True)
class CardCheckout:
    """A checkout as a card's form needs it.

    ``secret`` lets a browser pay it, and nothing else: it is for the person who pays,
    and for no log or disk. ``customer`` is the order's.
    """

    secret: str
    customer: str | None


@runtime_checkable
class CardGateway(Gateway, Protocol):
    """A gateway whose card form is part of our own page, and which can save cards.

    The form's fields are the gateway's: no card's number ever reaches us.
    """

    publishable_key: str
    """What its form names us by; no secret."""

    def show_checkout(self, checkout: str) -> CardCheckout | None:
        """A checkout that waits for a card; None when it is paid or over."""
        ...

    def open_customer(self, company_id: UUID) -> str:
        """Make a customer to save cards for; the same company again is the same."""
        ...

    def list_cards(self, customer: str) -> list[SavedCard]:
        """The newest cards of a customer: as many as the gateway lists at once."""
        ...

    def forget_card(self, customer: str, card: str) -> bool:
        """Have a saved card deleted; False when the customer has no such card."""
        ...
