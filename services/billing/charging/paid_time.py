"""Up to when a service is paid, and what its time costs. Pure: no session, no clock.

A service is paid up to ``paid_through``, ``paid_periods`` periods after its anchor.
What follows, up to now, is used and not paid. Whatever stops or moves time by less than
a period (a suspension, a new zone) makes ``paid_through`` the new anchor.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.billing.charging.periods import count_edges, edge
from services.billing.charging.standing import charge_of, is_suspended_for_payment
from services.billing.models.charging import Subscription
from shared.contracts.billing.charging import ChargeKind
from shared.contracts.inventory.services import Period, ServiceState
from shared.money import ledger_ratio

MICROSECOND = timedelta(microseconds=1)
NEW_FOR = timedelta(hours=1)
"""An event may take its time, and the import that writes it, too."""


class Span(NamedTuple):
    """Time that was charged, of a number of periods that are equally long."""

    length: timedelta
    periods: int = 1


def place(
    service: Subscription, at: datetime, zone: ZoneInfo, *, is_new: bool = False
) -> None:
    """Say how far a service is paid that was not known to be active, as of ``at``.

    One that is new is due at once. One that was active before it came here counts as
    paid up to its next edge; suspended for payment, up to its last one.
    """
    anchor = service.activated_at
    if anchor is None:
        return
    service.anchor = anchor
    service.paid_periods = 0
    is_due = is_new or at - anchor < NEW_FOR
    if is_due or service.period is Period.ONCE:
        service.paid_through = anchor if is_due else None
        return
    if service.state is ServiceState.SUSPENDED:
        at = service.suspended_at or at
    if not is_suspended_for_payment(service):
        _pay_up_to_next_edge(service, at, zone)
        return
    number = count_edges(anchor, service.period, anchor, at, zone)
    _pay_up_to(service, max(0, number), zone)


def edge_of(service: Subscription, number: int, zone: ZoneInfo) -> datetime:
    """The end of its ``number``-th period after the anchor, which itself is exact."""
    assert service.anchor is not None
    if number == 0:
        return service.anchor
    return edge(service.anchor, service.period, number, zone)


def begun_periods(service: Subscription, now: datetime, zone: ZoneInfo) -> int:
    """How many periods have begun and are not paid."""
    due = service.paid_through
    if due is None or due > now:
        return 0
    if service.period is Period.ONCE:
        return 1
    assert service.anchor is not None
    return 1 + count_edges(service.anchor, service.period, due, now, zone)


def used_unpaid(service: Subscription, until: datetime, zone: ZoneInfo) -> Fraction:
    """How many periods were used and not paid, to the microsecond.

    What one suspended for payment used before is a sum that it owes, or is older than
    what is known here.
    """
    since = service.suspended_at
    if is_suspended_for_payment(service) and since is not None and until <= since:
        return Fraction(0)
    begun = begun_periods(service, until, zone)
    if not begun or service.period is Period.ONCE:
        return Fraction(0)
    last = service.paid_periods + begun - 1
    begins, ends = edge_of(service, last, zone), edge_of(service, last + 1, zone)
    return begun - 1 + _share(until - begins, ends - begins)


def unused_paid(
    service: Subscription, at: datetime, earlier: Iterable[Span] = ()
) -> Fraction:
    """How many periods that were charged here are left at a moment.

    Where that is before the last of them began, ``earlier`` are the others, the last
    first. They are counted back from each other: a suspension moves time, not rows.
    """
    begins, ends = service.paid_from, service.paid_through
    if not service.is_charged or begins is None or ends is None or ends <= at:
        return Fraction(0)
    left = _share(ends - max(at, begins), ends - begins)
    # No unused time comes before what is paid after a suspension.
    if begins == service.suspended_at:
        return left
    for span in earlier:
        if begins <= at:
            break
        ends, begins = begins, begins - span.length
        left += span.periods * _share(ends - max(at, begins), span.length)
    return left


def cost_of(service: Subscription, share: Fraction) -> Decimal:
    """What a share of periods costs, rounded once to the ledger's places."""
    exact = Fraction(charge_of(service)) * share
    return ledger_ratio(exact, service.currency).amount


def count_as_owed(service: Subscription, until: datetime, zone: ZoneInfo) -> None:
    """Make what was used and not paid a fixed sum; from then on time stands still."""
    due = service.paid_through
    service.overdue_since = None
    service.unpaid_periods = 0
    used = used_unpaid(service, until, zone)
    # A suspension or a new zone may have moved it into a longer period, in which it
    # costs less than a new price took off.
    service.owed = max(Decimal(0), service.owed + cost_of(service, used))
    if not used:
        return
    # What a price left is about time that was charged, which ends here.
    if service.is_charged or service.owed_since is None:
        service.owed_since = due
    anchor_at(service, until)
    service.is_charged = False


def pay_owed(service: Subscription, amount: Decimal) -> Decimal:
    """Pay what a service owes with what it is given back; returns what is left."""
    paid = min(amount, max(Decimal(0), service.owed))
    service.owed -= paid
    if not service.owed:
        service.owed_since = None
    return amount - paid


def owed_kind(service: Subscription) -> ChargeKind:
    """Used time, or what a price left of time that has a charge of its own."""
    since, due = service.owed_since, service.paid_through
    if service.is_charged or since is None or due is None or since >= due:
        return ChargeKind.PRORATION
    return ChargeKind.GRACE


def shift(service: Subscription, step: timedelta) -> None:
    """Move paid time by what was not to be paid: a suspension."""
    if service.paid_through is None or service.period is Period.ONCE:
        return
    anchor_at(service, service.paid_through + step)
    if service.paid_from is not None:
        service.paid_from += step
    if service.price_since is not None:
        service.price_since += step


def not_before_price(service: Subscription, moment: datetime) -> datetime:
    """A moment from which something counts that was heard after the last price.

    Clocks differ, and are put back: what was used until the price changed has been
    counted, and stays so.
    """
    return max(moment, service.price_since or moment)


def anchor_at(service: Subscription, moment: datetime) -> None:
    service.anchor = service.paid_through = moment
    service.paid_periods = 0


def follow_zone(service: Subscription, now: datetime, zone: ZoneInfo) -> None:
    """Count periods by another zone's calendar; what is paid stays paid.

    What counts as paid up to its next edge is so by the new calendar.
    """
    if service.paid_through is None or service.period is Period.ONCE:
        return
    at = service.suspended_at or now
    if service.is_charged:
        anchor_at(service, service.paid_through)
    elif service.paid_through > at:
        _pay_up_to_next_edge(service, at, zone)
    else:
        _pay_up_to(service, service.paid_periods, zone)


def _pay_up_to_next_edge(service: Subscription, at: datetime, zone: ZoneInfo) -> None:
    anchor = service.anchor
    assert anchor is not None
    number = count_edges(anchor, service.period, anchor, at, zone) + 1
    _pay_up_to(service, max(0, number), zone)


def _pay_up_to(service: Subscription, number: int, zone: ZoneInfo) -> None:
    service.paid_periods = number
    service.paid_through = edge_of(service, number, zone)


def _share(part: timedelta, whole: timedelta) -> Fraction:
    return Fraction(part // MICROSECOND, whole // MICROSECOND)
