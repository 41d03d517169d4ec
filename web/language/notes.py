"""What people read for the codes of notes, and for who did something.

One sentence per code, with the code's parameters by name.
"""

from collections import defaultdict
from collections.abc import Mapping

from flask import Flask
from flask_babel import gettext, ngettext

from shared.contracts.actors import Actor, ActorKind
from shared.contracts.notes import Note, NoteCode
from shared.language.translation import mark

_SENTENCES: Mapping[str, str] = {
    NoteCode.CARD: mark("Card"),
    NoteCode.CARD_ENDING: mark("%(brand)s ending in %(last4)s"),
    NoteCode.BANK_TRANSFER: mark("Bank transfer"),
    NoteCode.TEST_PAYMENT: mark("Test payment"),
    NoteCode.PAID_TWICE: mark("Paid twice and refunded at your request"),
    NoteCode.TAKEN_BACK: mark("Your bank reversed the payment"),
    NoteCode.RETURNED_BY_BANK: mark("Your bank returned the payment"),
    NoteCode.REFUND_NOT_PAID_OUT: mark(
        "The refund could not be paid out, so the amount is back in your balance"
    ),
    NoteCode.ACCOUNTING_TAX_MISSING: mark(
        "The invoice did not show the VAT in the seller's currency"
    ),
    NoteCode.COMPANY_CLOSED: mark("The company was closed"),
    NoteCode.IMPORTED: mark("Imported from a file"),
    NoteCode.BALANCE_EXHAUSTED: mark(
        "The balance did not cover this service when its grace period ended"
    ),
    NoteCode.BALANCE_RESTORED: mark("The balance covers this service again"),
    NoteCode.PAID_PERIOD_ENDED: mark("The paid period has ended"),
    NoteCode.HANDED_OVER: mark("The owners of both companies agreed"),
}
_ACTORS = {ActorKind.SUPPORT: mark("Support"), ActorKind.AUTOMATIC: mark("Automatic")}
"""Of those without a name."""


def register(app: Flask) -> None:
    app.add_template_filter(note_words, "note_words")
    app.add_template_filter(actor_words, "actor_words")


def note_words(note: Note) -> str:
    """Return a note's sentence; empty for no note, and for a later version's code."""
    if note.code == NoteCode.OWN_WORDS:
        return note.parameters["words"]
    if note.code == NoteCode.SERVICES:
        count = int(note.parameters["count"])
        return str(ngettext("%(num)s service", "%(num)s services", count))
    sentence = _SENTENCES.get(note.code)
    return gettext(sentence, **note.parameters) if sentence else note.as_written


def actor_words(actor: Actor) -> str:
    """Return a person's name; of those without one, what they are."""
    if actor.name or actor.kind not in _ACTORS:
        return actor.name
    return str(gettext(_ACTORS[actor.kind]))


def words_to_search() -> dict[str, str]:
    """Return the words of the codes' sentences, by which their notes are found."""
    return {
        code: gettext(sentence) % defaultdict(str)
        for code, sentence in _SENTENCES.items()
    }
