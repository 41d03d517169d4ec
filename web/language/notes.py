"""What people read for the codes of notes, and for who did something.

One sentence per code, with the code's parameters by name.
"""

from collections import defaultdict
from collections.abc import Mapping

from flask import Flask

from shared.contracts.actors import Actor, ActorKind
from shared.contracts.notes import Note, NoteCode

_SENTENCES: Mapping[str, str] = {
    NoteCode.OWN_WORDS: "%(words)s",
    NoteCode.CARD: "Card",
    NoteCode.CARD_ENDING: "%(brand)s ending in %(last4)s",
    NoteCode.BANK_TRANSFER: "Bank transfer",
    NoteCode.TEST_PAYMENT: "Test payment",
    NoteCode.PAID_TWICE: "Paid twice and refunded at your request",
    NoteCode.TAKEN_BACK: "Your bank reversed the payment",
    NoteCode.REFUND_NOT_PAID_OUT: "The refund could not be paid out, so the amount is "
    "back in your balance",
    NoteCode.ACCOUNTING_TAX_MISSING: "The invoice did not show the VAT in the seller's "
    "currency",
    NoteCode.IMPORTED: "Imported from a file",
    NoteCode.BALANCE_EXHAUSTED: "The balance did not cover this service when its grace "
    "period ended",
    NoteCode.BALANCE_RESTORED: "The balance covers this service again",
    NoteCode.PAID_PERIOD_ENDED: "The paid period has ended",
}
_ACTORS = {ActorKind.SUPPORT: "Support", ActorKind.AUTOMATIC: "Automatic"}
"""Of those without a name."""


def register(app: Flask) -> None:
    app.add_template_filter(note_words, "note_words")
    app.add_template_filter(actor_words, "actor_words")


def note_words(note: Note) -> str:
    """Return a note's sentence; empty for no note, and for a later version's code."""
    if note.code == NoteCode.SERVICES:
        return _services(int(note.parameters["count"]))
    template = _SENTENCES.get(note.code)
    return template % note.parameters if template else note.as_written


def actor_words(actor: Actor) -> str:
    return actor.name or _ACTORS.get(actor.kind, "")


def words_to_search() -> dict[str, str]:
    """Return the words of the codes' sentences, by which their notes are found."""
    return {code: text % defaultdict(str) for code, text in _SENTENCES.items()}


def _services(count: int) -> str:
    return "1 service" if count == 1 else f"{count} services"
