"""The list of notifications, as its template shows it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Self

from shared.contracts.identity.notices import Notice, NoticeKind, NoticePage
from shared.money import Money, currency_of

_ICONS = {
    NoticeKind.DOCUMENT_ISSUED: "file-invoice",
    NoticeKind.PAYMENT_FAILED: "alert-circle",
    NoticeKind.SERVICES_SUSPENDED: "player-pause",
    NoticeKind.SERVICES_RESUMED: "circle-check",
    NoticeKind.REFUND_DECIDED: "receipt",
    NoticeKind.ROLE_CHANGED: "user-circle",
    NoticeKind.MEMBER_REMOVED: "user-circle",
    NoticeKind.OWNERSHIP_OFFERED: "user-circle",
    NoticeKind.OWNERSHIP_ACCEPTED: "user-circle",
    NoticeKind.OWNERSHIP_DECLINED: "user-circle",
    NoticeKind.INVITATION_ANSWERED: "users",
    NoticeKind.INVITATION_APPROVED: "users",
    NoticeKind.VERIFICATION_DOCUMENT_APPROVED: "circle-check",
    NoticeKind.VERIFICATION_DOCUMENT_REJECTED: "alert-circle",
}
_SECURITY = "shield-lock"


@dataclass(frozen=True)
class NoticeView:
    """A notification; ``p`` are its parameters, empty where one is missing.

    ``names`` are those of its services, with a note that there are more.
    """

    notice: Notice
    kind: str
    p: Mapping[str, str]
    icon: str
    money: Money | None
    due_on: date | None
    names: str

    @classmethod
    def of(cls, notice: Notice) -> Self:
        p = defaultdict(str, notice.parameters)
        money = None
        if p["amount"]:
            money = Money(Decimal(p["amount"]), currency_of(p["currency"]))
        names = p["names"].splitlines()
        if int(p["count"] or 0) > len(names):
            names.append("…")
        return cls(
            notice=notice,
            kind=notice.kind.value,
            p=p,
            icon=_ICONS.get(notice.kind, _SECURITY),
            money=money,
            due_on=date.fromisoformat(p["due_on"]) if p["due_on"] else None,
            names=", ".join(names),
        )


@dataclass(frozen=True)
class NoticeListView:
    """``newest`` is the position of the first one on the page."""

    notices: list[NoticeView]
    newest: int

    @classmethod
    def of(cls, page: NoticePage) -> Self:
        newest = max((each.position for each in page.notices), default=0)
        return cls([NoticeView.of(each) for each in page.notices], newest)
