"""What the page of one service shows: what it waits for, and what happened to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Self

from flask_babel import gettext as _

from shared.contracts.actors import Actor
from shared.contracts.billing.charging import Subscription
from shared.contracts.inventory.reading import HistoryRow, ServiceDetails
from shared.contracts.inventory.services import (
    Service,
    ServiceState,
    SuspensionReason,
)
from shared.contracts.notes import Note
from shared.money import Money, currency_of
from web.language.words import words_for

EVENTS_SHOWN = 10
"""The latest ones; the others open in place."""

_STATE_LOOKS = {
    "pending": ("clock", "info"),
    "active": ("circle-check", "success"),
    "suspended": ("player-pause", "warning"),
    "terminated": ("circle-x", "neutral"),
    "cancelled": ("ban", "neutral"),
}
_OTHER_LOOKS = {
    "price": ("coins", "neutral"),
    "plan": ("refresh", "neutral"),
    "termination_request": ("calendar-x", "termination"),
    "name": ("info-circle", "neutral"),
    "company": ("refresh", "info"),
}
_UNKNOWN_LOOK = ("history", "neutral")
"""No look says that a price rose: history doesn't know the periods."""


@dataclass(frozen=True)
class Shortage:
    """What a service suspended for payment needs to resume.

    ``new_period`` is the part of ``owed`` for a new period, None where that is all of
    it; ``all_owed`` is what all services of the wallet need, None where no other does;
    ``missing`` is None where the wallet has enough.
    """

    owed: Money
    new_period: Money | None
    all_owed: Money | None
    available: Money
    missing: Money | None


@dataclass(frozen=True)
class PriceStep:
    before: Money
    after: Money


@dataclass(frozen=True)
class HistoryEvent:
    """One thing that happened; ``kind`` is the look of its mark, as of `timeline`."""

    at: datetime
    title: str
    icon: str
    kind: str
    actor: Actor
    note: Note
    price: PriceStep | None = None


@dataclass(frozen=True)
class ServiceView:
    """``paid_through``, ``renewal`` and ``owed`` are None where there is none.

    ``shortage`` is None where it is not suspended for payment, or where it is unknown
    what the service needs.
    """

    paid_through: datetime | None
    renewal: Money | None
    owed: Money | None
    shortage: Shortage | None
    latest: Sequence[HistoryEvent]
    earlier: Sequence[HistoryEvent]

    @classmethod
    def of(cls, details: ServiceDetails, paid: Subscription | None) -> Self:
        """Describe a service; ``paid`` is None if unknown or not the reader's."""
        service = details.service
        events = list(_events(details.history))
        runs = paid is not None and service.state is ServiceState.ACTIVE
        return cls(
            paid_through=paid.paid_through if paid and runs else None,
            renewal=paid.renewal if paid and runs else None,
            owed=paid.owed if paid and paid.owed.amount else None,
            shortage=_shortage(service, paid),
            latest=events[:EVENTS_SHOWN],
            earlier=events[EVENTS_SHOWN:],
        )


def _shortage(service: Service, paid: Subscription | None) -> Shortage | None:
    if paid is None or service.suspension_reason is not SuspensionReason.PAYMENT:
        return None
    is_part = paid.new_period.amount and paid.new_period != paid.owed
    return Shortage(
        owed=paid.owed,
        new_period=paid.new_period if is_part else None,
        all_owed=paid.all_owed if paid.all_owed != paid.owed else None,
        available=paid.available,
        missing=paid.missing if paid.missing.amount else None,
    )


def _events(rows: Sequence[HistoryRow]) -> Iterator[HistoryEvent]:
    """One event per row; a plan with its new price is one."""
    step: HistoryEvent | None = None
    for row in rows:
        event = _event(row)
        if step and row.what == "plan" and row.at == step.at:
            event = replace(event, price=step.price)
        elif step:
            yield step
        step = event if row.what == "price" else None
        if step is None:
            yield event
    if step:
        yield step


def _event(row: HistoryRow) -> HistoryEvent:
    icon, kind = _look(row)
    return HistoryEvent(
        at=row.at,
        title=_title(row),
        icon=icon,
        kind=kind,
        actor=row.actor,
        note=row.note,
        price=_price_step(row),
    )


def _look(row: HistoryRow) -> tuple[str, str]:
    if row.what == "state":
        return _STATE_LOOKS.get(row.after or "", _UNKNOWN_LOOK)
    return _OTHER_LOOKS.get(row.what, _UNKNOWN_LOOK)


def _title(row: HistoryRow) -> str:
    values = {"before": row.before or "", "after": row.after or ""}
    match row.what:
        case "state":
            return _state_title(row.before, row.after or "")
        case "plan":
            return _("Plan changed: %(before)s, now %(after)s", **values)
        case "name":
            return _("Renamed: %(before)s, now %(after)s", **values)
        case "termination_request":
            return _request_title(row.after)
    titles = {
        "price": _("Price changed"),
        "company": _("Handed over from another company"),
    }
    return titles.get(row.what, _("Changed"))


def _state_title(before: str | None, after: str) -> str:
    state = str(words_for("state").get(after, after))
    match before, after:
        case None, "pending":
            return _("Created")
        case None, _state:
            return _("Created: %(state)s", state=state)
        case "suspended", "active":
            return _("Resumed")
    return state


def _request_title(after: str | None) -> str:
    match after:
        case None:
            return _("Termination request withdrawn")
        case "at_once":
            return _("Termination requested, effective immediately")
    return _("Termination requested for the end of the paid period")


def _price_step(row: HistoryRow) -> PriceStep | None:
    if row.what != "price" or row.before is None or row.after is None:
        return None
    return PriceStep(_price(row.before), _price(row.after))


def _price(text: str) -> Money:
    """Read a price as inventory's history has it: ``4.90 EUR``."""
    amount, _space, currency = text.partition(" ")
    return Money(Decimal(amount), currency_of(currency))
