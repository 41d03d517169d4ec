"""Why something happened, as a code with parameters: services write no sentences.

`web` and the documents' templates have a sentence for each code, in the reader's
language. What a person typed is theirs and stays as it is: `own_words`.
"""

from enum import StrEnum
from typing import Any

import msgspec

from shared.contract import Response


class NoteCode(StrEnum):
    """The codes, each with the parameters that it has; all of them are text."""

    OWN_WORDS = "own_words"
    """``words``: what a person typed, such as an operator's reason."""

    SERVICES = "services"
    """A movement of the wallet that is about ``count`` services."""
    CARD = "card"
    """Paid by a card without details."""
    CARD_ENDING = "card_ending"
    """Paid by a card: its ``brand`` and its last four digits, ``last4``."""
    BANK_TRANSFER = "bank_transfer"
    TEST_PAYMENT = "test_payment"
    """Paid in the sandbox."""
    PAID_TWICE = "paid_twice"
    """Refunded because the customer asked for a duplicate back."""
    TAKEN_BACK = "taken_back"
    """The customer's bank took the payment back."""
    RETURNED_BY_BANK = "returned_by_bank"
    """The dispute was won: the bank returned the payment it had taken back."""
    REFUND_NOT_PAID_OUT = "refund_not_paid_out"
    """The refund failed, and the amount is in the wallet again."""
    ACCOUNTING_TAX_MISSING = "accounting_tax_missing"
    """The invoice did not state its VAT in the seller's currency."""

    COMPANY_CLOSED = "company_closed"
    """The company's owner closed it."""
    IMPORTED = "imported"
    """An operator's import of a file."""
    BALANCE_EXHAUSTED = "balance_exhausted"
    """The balance did not cover the service when its grace period ended."""
    BALANCE_RESTORED = "balance_restored"
    """The balance covers the service again."""
    PAID_PERIOD_ENDED = "paid_period_ended"
    """The service was to end with the period that was paid."""
    HANDED_OVER = "handed_over"
    """The owners of both companies agreed that the service goes to the other one."""


class Note(Response, frozen=True, kw_only=True):
    """A note: ``code`` is a `NoteCode`, or a later version's; empty for no note.

    ``as_written`` has the words of a note from before notes had codes; its code is
    empty then.
    """

    code: str = ""
    parameters: dict[str, str] = msgspec.field(default_factory=dict)
    as_written: str = ""

    @property
    def columns(self) -> dict[str, Any]:
        """What a table keeps of it, beside its column for ``as_written``."""
        return {"note_code": self.code, "note_parameters": self.parameters}


NO_NOTE = Note()


def read_note(code: str, parameters: dict[str, str], as_written: str) -> Note:
    """Read a note from its columns, the last of them that for words."""
    return Note(code=code, parameters=parameters, as_written=as_written)


def card_note(brand: str, last4: str) -> Note:
    return Note(code=NoteCode.CARD_ENDING, parameters={"brand": brand, "last4": last4})


def own_words(words: str) -> Note:
    """What a person typed; no note if that is nothing."""
    if not words:
        return NO_NOTE
    return Note(code=NoteCode.OWN_WORDS, parameters={"words": words})
