"""Paying a top-up by card, in a form whose fields are the gateway's own.

No card's number, expiry or code is ever part of a message: the customer's browser gives
them to the gateway. A card that was saved is the gateway's, too; we keep only what the
gateway calls the company.
"""

from uuid import UUID

from shared.contract import Effect, Method, Nothing, Request, Response
from shared.contracts.billing.name import NAME
from shared.contracts.billing.top_ups import TopUp
from shared.permissions import Permission


class SavedCard(Response, frozen=True, kw_only=True):
    """``id`` is the gateway's, ``brand`` in words ("Visa"), ``last4`` digits."""

    id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int


class ShowCardForm(Request, frozen=True, kw_only=True):
    top_up_id: UUID


class CardForm(Response, frozen=True, kw_only=True):
    """What the form of a top-up's payment needs.

    ``client_secret`` lets a browser pay this one payment: it is only for the
    person who pays. ``may_save`` says whether a card may be kept: only where an owner
    has verified an identity document, and with a recent proof. ``save_needs_proof``:
    nothing but the proof is missing for that.
    """

    top_up: TopUp
    publishable_key: str
    client_secret: str
    cards: list[SavedCard]
    may_save: bool
    save_needs_proof: bool = False


class ForgetCard(Request, frozen=True, kw_only=True):
    """``card`` is a `SavedCard`'s id."""

    card: str


SHOW_CARD_FORM = Method(
    NAME,
    "show_card_form",
    ShowCardForm,
    CardForm,
    Permission.ADD_FUNDS,
    carries_secret=True,
)
"""NotFound ``no_such_top_up``; Conflict ``no_card_payment`` when none waits for a card:
it has ended, is paid another way, or has not begun; Unavailable
``gateway_unreachable``."""

FORGET_CARD = Method(
    NAME,
    "forget_card",
    ForgetCard,
    Nothing,
    Permission.ADD_FUNDS,
    Effect.ONCE,
    needs_proof=True,
)
"""Safe to repeat. NotFound ``no_such_card``; Unavailable ``gateway_unreachable``."""

METHODS = (SHOW_CARD_FORM, FORGET_CARD)
