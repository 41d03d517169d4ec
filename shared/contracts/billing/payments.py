"""Payments of top-ups: by which gateway, what gateways and banks report, disputes."""

from datetime import date, datetime
from enum import Enum
from uuid import UUID

from shared.contract import Effect, Method, Nothing, Request, Response
from shared.contracts.billing.name import NAME
from shared.contracts.billing.refund_requests import RefundRequest
from shared.contracts.billing.tax import TaxReason
from shared.contracts.notes import NO_NOTE, Note
from shared.money import Money
from shared.permissions import Permission


class GatewayName(Enum):
    SANDBOX = "sandbox"
    """Simulates a hosted payment page; never on a public address."""
    STRIPE = "stripe"
    """Cards: see `shared.contracts.billing.cards`."""
    BANK_TRANSFER = "bank_transfer"


class PaymentState(Enum):
    CREATED = "created"
    """Stored here; the gateway may not have it yet."""
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    CHARGED_BACK = "charged_back"


class PaymentTax(Response, frozen=True, kw_only=True):
    """How a payment was taxed; ``net`` entered the wallet."""

    net: Money
    tax: Money
    reason: TaxReason


class Payment(Response, frozen=True, kw_only=True):
    """One attempt to pay a top-up, or money received for it.

    ``paid_with`` is a note of the means: a card with its last digits, say; without
    a code where that is not known.
    ``failure`` is a code. ``duplicate_of`` is the payment that it may repeat, and
    ``duplicate_top_up_id`` whose that is, this top-up's or another's: both are booked
    and credited. ``is_late`` means that it arrived after the top-up had ended: it is
    also booked and credited, even above a limit. ``left``, the amount that was not
    refunded, including tax, and ``refund_request`` are set only for possible
    duplicates. ``tax`` is set if the rule on the day of receipt differs from the
    quoted one.
    """

    id: UUID
    gateway: GatewayName
    state: PaymentState
    amount: Money
    paid_with: Note = NO_NOTE
    failure: str | None
    duplicate_of: UUID | None
    is_late: bool
    created_at: datetime
    settled_at: datetime | None
    duplicate_top_up_id: UUID | None = None
    left: Money | None = None
    refund_request: RefundRequest | None = None
    tax: PaymentTax | None = None


class BankInstructions(Response, frozen=True, kw_only=True):
    """How to pay by bank transfer. The customer quotes ``reference`` on it."""

    recipient: str
    iban: str
    bic: str
    bank: str
    amount: Money
    reference: str


class PaymentNotice(Request, frozen=True, kw_only=True):
    """A webhook with its body unchanged, because the signature covers it.

    ``headers`` have names in lower case.
    """

    gateway: GatewayName
    headers: dict[str, str]
    body: str


MAX_TEXT_LENGTH = 1_000


class BankCredit(Request, frozen=True, kw_only=True):
    """Money on the provider's bank account, from its statement.

    ``transaction`` names it, and nothing else on the account; ``text`` is what the
    payer wrote, where a top-up's reference is looked for; ``payer`` is who paid. Name
    and text are lines of at most `MAX_TEXT_LENGTH` characters.

    ``booked_on`` is the statement's booking date, by whose rule it is taxed: today
    unless given. ``payer_country`` is that of the payer's account (ISO 3166-1), if
    known. ``alike`` are names that the same money may have been booked by, each also as
    a beginning that a slash follows: equal money under one of these is a ``conflict``.

    Where one transfer pays several top-ups, each part has a credit of its own, named
    as `part_name` says: then the transfer is known by its parts.
    """

    transaction: str
    amount: Money
    text: str
    payer: str = ""
    booked_on: date | None = None
    payer_country: str = ""
    alike: tuple[str, ...] = ()


MAX_PARTS = 20


def part_name(transaction: str, number: int) -> str:
    """The name of a part of one transfer, by its number from 1 to `MAX_PARTS`."""
    return f"{transaction}#{number}"


class BookBankPayments(Request, frozen=True, kw_only=True):
    """At most 500 credits at a time.

    ``is_typed`` says that a person typed them: then a credit equal to one that was
    booked within an hour, for the same top-up, is not booked, unless ``again`` is that
    payment's id.
    """

    credits: list[BankCredit]
    is_typed: bool = False
    again: UUID | None = None


class BankBookingResult(Enum):
    BOOKED = "booked"
    KNOWN = "known"
    """It was booked before; nothing was done."""
    UNMATCHED = "unmatched"
    """It doesn't name a top-up of ours; an operator has to check it."""
    WRONG_CURRENCY = "wrong_currency"
    UNFIT = "unfit"
    """Its amount, name or text is not valid; see `BankCredit`."""
    CONFLICT = "conflict"
    """Another amount, or for another top-up, was booked under its name before, or equal
    money under a name that is ``alike``; an operator has to check it."""
    DONE_BEFORE = "done_before"
    """An equal one was booked within the hour; see `BookBankPayments`."""


class BankBooking(Response, frozen=True, kw_only=True):
    """The result for one credit; ``top_up`` is the reference that it named.

    ``earlier`` is the payment that it equals, where that was `DONE_BEFORE`.
    """

    transaction: str
    result: BankBookingResult
    top_up: str | None
    earlier: UUID | None = None


class BankBookings(Response, frozen=True, kw_only=True):
    """In the order of the credits."""

    bookings: list[BankBooking]


class ReconcilePayments(Request, frozen=True, kw_only=True):
    """Ask the gateways about payments that have been open for a while."""


class Reconciled(Response, frozen=True, kw_only=True):
    """``asked`` payments, of which ``changed`` have a new state.

    ``disputes`` were found without a notice.
    """

    asked: int
    changed: int
    disputes: int = 0


class ListPaymentProblems(Request, frozen=True, kw_only=True):
    pass


class WaitingDispute(Response, frozen=True, kw_only=True):
    """A dispute in another currency than its payment, which was in ``currency``.

    ``dispute`` is the gateway's name for it, ``reference`` the top-up's. One that was
    booked and has been won since has in ``to_give_back`` what was booked.
    """

    dispute: str
    company_id: UUID
    reference: str
    amount: Money
    currency: str
    reported_at: datetime
    to_give_back: Money | None = None


class FailedRefund(Response, frozen=True, kw_only=True):
    """A refund that the gateway did not pay out: the amount is back in the wallet.

    ``amount`` includes the tax; ``why`` is the gateway's code.
    """

    id: UUID
    company_id: UUID
    reference: str
    amount: Money
    why: str
    failed_at: datetime


class PaymentProblems(Response, frozen=True, kw_only=True):
    """Of all companies, oldest first: 200 of each at most, refunds of 30 days."""

    disputes: list[WaitingDispute]
    refunds: list[FailedRefund]


class BookDispute(Request, frozen=True, kw_only=True):
    """``amount`` is what the bank took, tax included, in the payment's currency.

    Of a dispute that was booked and has been won since, it is what was booked.
    """

    dispute: str
    amount: Money


TAKE_PAYMENT_NOTICE = Method(
    NAME,
    "take_payment_notice",
    PaymentNotice,
    Nothing,
    Permission.PUBLIC,
    Effect.ONCE,
    carries_secret=True,
)
"""Handles a notice once, however often it arrives. Unauthenticated
``notice_forged``; InvalidInput ``malformed_message``; NotFound ``no_gateway``;
Unavailable ``gateway_unreachable``, and the gateway will send it again. Payments that
are not ours are ignored."""

BOOK_BANK_PAYMENTS = Method(
    NAME,
    "book_bank_payments",
    BookBankPayments,
    BankBookings,
    Permission.OPERATE,
    Effect.ONCE,
)
"""Safe to repeat: each credit is booked separately and once, however often its
statement is read. InvalidInput ``too_many_rows`` with ``max_rows``."""

RECONCILE_PAYMENTS = Method(
    NAME,
    "reconcile_payments",
    ReconcilePayments,
    Reconciled,
    Permission.OPERATE,
    Effect.ONCE,
)

LIST_PAYMENT_PROBLEMS = Method(
    NAME,
    "list_payment_problems",
    ListPaymentProblems,
    PaymentProblems,
    Permission.OPERATE,
)

BOOK_DISPUTE = Method(
    NAME,
    "book_dispute",
    BookDispute,
    Nothing,
    Permission.OPERATE,
    Effect.CHANGE,
    recorded=("amount",),
)
"""Deducts the amount from the wallet, or adds it again if the booked dispute was won.
NotFound ``no_such_dispute``; Conflict ``dispute_booked``, ``dispute_won``; InvalidInput
``bad_amount``."""

METHODS = (
    TAKE_PAYMENT_NOTICE,
    BOOK_BANK_PAYMENTS,
    RECONCILE_PAYMENTS,
    LIST_PAYMENT_PROBLEMS,
    BOOK_DISPUTE,
)
