"""What Stripe's objects say, in our words."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from stripe import PaymentIntent, PaymentMethod, StripeObject

from shared.contracts.billing.cards import SavedCard
from shared.contracts.notes import Note, NoteCode, card_note


def our_id(thing: StripeObject, name: str) -> UUID | None:
    """What of ours a thing is for; None when it was not made by us."""
    try:
        return UUID(str(metadata_of(thing).get(name)))
    except ValueError:
        return None


def metadata_of(thing: StripeObject) -> Mapping[str, str]:
    return thing.to_dict().get("metadata") or {}


def paid_with(intent: PaymentIntent) -> Note:
    method = intent.payment_method
    if not isinstance(method, PaymentMethod) or method.card is None:
        return Note(code=NoteCode.CARD)
    return card_note(_brand(method.card.brand), method.card.last4)


def country_of(intent: PaymentIntent) -> str:
    """Where the card was issued; empty if that is not known."""
    method = intent.payment_method
    if not isinstance(method, PaymentMethod) or method.card is None:
        return ""
    return method.card.country or ""


def charged_at(intent: PaymentIntent) -> datetime | None:
    charge = intent.to_dict().get("latest_charge")
    created = charge.get("created") if isinstance(charge, Mapping) else None
    return datetime.fromtimestamp(created, UTC) if created else None


def saved_card(method: PaymentMethod) -> SavedCard:
    card = method.card
    assert card is not None
    return SavedCard(
        id=method.id,
        brand=_brand(card.brand),
        last4=card.last4,
        exp_month=card.exp_month,
        exp_year=card.exp_year,
    )


def _brand(brand: str) -> str:
    """Stripe's word for a brand as people write it."""
    known = {"amex": "American Express", "mastercard": "Mastercard", "jcb": "JCB"}
    return known.get(brand) or brand.replace("_", " ").title()
