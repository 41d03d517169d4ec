"""Numbers of documents: a series of each seller, kind and year, without a gap."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.billing.models.documents import DocumentSeries
from services.billing.parties.sellers import Seller
from shared.contracts.billing.documents import DocumentKind
from shared.rpc.change import Change

_PREFIXES: Mapping[DocumentKind, str] = {
    DocumentKind.PROFORMA: "PF",
    DocumentKind.INVOICE: "INV",
    DocumentKind.CREDIT_NOTE: "CN",
}


@dataclass(frozen=True)
class Number:
    """``day`` is the day of issue, never before that of an earlier number."""

    series: str
    in_series: int
    day: date

    def __str__(self) -> str:
        return f"{self.series}-{self.in_series:06d}"


def take_number(change: Change, seller: Seller, kind: DocumentKind) -> Number:
    """Take the next number of a series, which is locked until the commit."""
    today = change.call.now.astimezone(ZoneInfo(seller.time_zone)).date()
    series = _lock_series(change.db, seller, kind, today)
    series.last_number += 1
    series.last_day = max(series.last_day, today)
    return Number(series.code, series.last_number, series.last_day)


def _lock_series(
    session: Session, seller: Seller, kind: DocumentKind, today: date
) -> DocumentSeries:
    """The seller's of that kind and year, begun with its first document.

    A prefix that was another seller's this year would give its numbers again: then the
    database refuses to begin the series, and the order waits for another prefix.
    """
    own = {"seller": seller.key, "kind": kind, "year": today.year}
    parts = (seller.number_prefix, _PREFIXES[kind], str(today.year))
    code = "-".join(filter(None, parts))
    begun = insert(DocumentSeries).values(
        **own, code=code, last_number=0, last_day=today
    )
    session.execute(begun.on_conflict_do_nothing(index_elements=list(own)))
    series = select(DocumentSeries).filter_by(**own)
    return session.scalars(series.with_for_update()).one()
