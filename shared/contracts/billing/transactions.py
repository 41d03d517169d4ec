"""Transactions: what the customer sees of the ledger, one for each movement."""

from datetime import date, datetime
from enum import Enum
from uuid import UUID

import msgspec

from shared.contract import Method, Request, Response
from shared.contracts.actors import Actor
from shared.contracts.billing.documents import DocumentReference
from shared.contracts.billing.name import NAME
from shared.contracts.notes import Note
from shared.money import Money
from shared.permissions import Permission

MOST_FAILED = 10


class TransactionGroup(Enum):
    """Filters of the list; each covers one or more kinds of entries."""

    TOP_UPS = "top-ups"
    CHARGES = "charges"
    REFUNDS = "refunds"
    """Refunds, failed refunds and chargebacks."""
    ADJUSTMENTS = "adjustments"


class Transaction(Response, frozen=True, kw_only=True):
    """One movement of a wallet: ``amount`` is positive when money came in.

    ``kind`` is the journal entry's, ``note`` why, as a code with parameters, and
    ``actor`` by whom; ``balance`` is the wallet's right after it, and
    ``top_up_id`` what it belongs to, if that is a top-up, and ``document`` the invoice
    or credit note about it, once that is issued. Times are UTC, and those of a wallet
    never fall. ``is_possible_duplicate`` says that its payment may repeat another one,
    and ``is_given_back`` that all of such a payment went back.
    """

    number: int
    entry_id: UUID
    at: datetime
    kind: str
    note: Note
    actor: Actor
    amount: Money
    balance: Money
    top_up_id: UUID | None = None
    top_up_reference: str | None = None
    document: DocumentReference | None = None
    is_possible_duplicate: bool = False
    is_given_back: bool = False


class FailedPayment(Response, frozen=True, kw_only=True):
    """A failed attempt to pay; ``failure`` is a code, if known."""

    top_up_id: UUID
    reference: str
    amount: Money
    at: datetime
    failure: str | None


class ListTransactions(Request, frozen=True, kw_only=True):
    """Newest first; days are the company's own, in its zone, both included.

    ``search`` is a text of at most 200 characters. An amount finds transactions of it,
    either as booked, in whole cents, or as paid with its tax; the number of a document
    or the reference of a top-up all that belongs to it; and of other words each must
    begin one of the note's parameters or one that ``note_words`` has for its code; for
    charges there are none. Only whole words are meant where a company has more than 20
    that begin so.

    ``note_words`` are what the reader reads for the codes of notes, in their language.
    """

    currency: str | None = None
    group: TransactionGroup | None = None
    first_day: date | None = None
    last_day: date | None = None
    search: str = ""
    note_words: dict[str, str] = msgspec.field(default_factory=dict)
    cursor: str | None = None
    limit: int = 25


class TransactionPage(Response, frozen=True, kw_only=True):
    """``currencies`` are those of the company's wallets, its primary one first.

    ``failed`` are the attempts of the last 30 days, at most `MOST_FAILED`, newest
    first; the first page alone has them, and only where it is not narrowed.
    """

    transactions: list[Transaction]
    currencies: list[str]
    previous: str | None
    next: str | None
    failed: list[FailedPayment]


LIST_TRANSACTIONS = Method(
    NAME,
    "list_transactions",
    ListTransactions,
    TransactionPage,
    Permission.READ_BILLING,
)
"""InvalidInput ``bad_limit`` with ``max_limit``, ``bad_cursor``, ``bad_day``,
``no_such_currency``, ``search_too_long`` with ``max_length``, ``search_too_slow``."""

METHODS = (LIST_TRANSACTIONS,)
