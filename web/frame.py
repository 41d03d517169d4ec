"""The frame around every page: balance strip, menu, avatar menu, company switch."""

from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import g, render_template

from shared.contract import Method, RequestT, ResponseT
from shared.contracts import identity
from shared.principal import Principal, Strength
from web.blocks import FIRST_TRY_S, Block, BlockView, PendingBlocks
from web.dashboard.blocks import BALANCE, MENU
from web.locale import read_for
from web.tags import Tag, reader_mark
from web.visit import Visit, begin_visit, visit_company


@dataclass(frozen=True)
class Frame:
    """What the layout shows; see templates/base.html."""

    user: identity.User
    company: identity.CompanyMembership
    companies: list[identity.CompanyMembership]
    balance: BlockView
    menu: BlockView
    at: str


class Page:
    """A page on its way: its blocks' calls and the session's check run in parallel.

    The frame is the current company's. ``acts_for`` is the company whose content the
    address names, where that may be another one.
    """

    def __init__(
        self, *blocks: Block, acts_for: UUID | None = None, at: str = ""
    ) -> None:
        self._at = at
        self.visit: Visit = begin_visit()
        self.visit.check_session()
        self._content = visit_company(acts_for) if acts_for else self.visit
        self._pending = PendingBlocks(self.visit, (BALANCE, MENU, *blocks), FIRST_TRY_S)
        self._asked_as = self.visit.principal

    def start(
        self, method: Method[RequestT, ResponseT], arguments: RequestT
    ) -> Future[ResponseT]:
        """Start the call of the page's own content, beside the blocks'."""
        return self._content.start(method, arguments)

    def render(self, template: str, **content: Any) -> str:
        """Wait for what is still under way and render the whole page."""
        self.visit.settle()
        prepare_reader(self.visit)
        reader = reader_of(self._asked_as, self.visit.last_session)
        blocks = {
            name: replace(view, tag=str(Tag(view.asked_at, reader)))
            for name, view in self._pending.load().items()
        }
        frame = _frame(self.visit, blocks, self._at)
        return render_template(template, frame=frame, blocks=blocks, **content)


def reader_of(principal: Principal, session: identity.Session | None) -> str:
    """The mark of those for whom blocks come out as for this principal and session."""
    reader = (session.user.locale, session.user.time_zone) if session else None
    may = sorted(permission.value for permission in principal.permissions)
    who = (principal.user_id, principal.company_id, principal.role, principal.strength)
    return reader_mark(*who, may, reader)


def prepare_reader(visit: Visit) -> None:
    """Write links for the visit's company, and figures for its reader."""
    g.company_id = visit.principal.require_company()
    session = visit.last_session
    read_for(session.user if session else None)


def _frame(visit: Visit, blocks: dict[str, BlockView], at: str) -> Frame:
    session = visit.last_session
    company_id = visit.principal.require_company()
    companies = session.memberships if session else []
    acting_for = (c for c in companies if c.company_id == company_id)
    return Frame(
        user=session.user if session else _unknown_user(visit),
        company=next(acting_for, None) or _unknown_company(visit),
        companies=companies,
        balance=blocks["balance"],
        menu=blocks["menu"],
        at=at,
    )


def _unknown_user(visit: Visit) -> identity.User:
    """Stands in while identity can't be reached and never was, by this process."""
    return identity.User(
        id=visit.principal.user_id,
        email="",
        name="",
        locale="en",
        time_zone="UTC",
        two_factor_enabled=visit.principal.strength is Strength.SECOND_FACTOR,
        is_verified=True,
    )


def _unknown_company(visit: Visit) -> identity.CompanyMembership:
    return identity.CompanyMembership(
        company_id=visit.principal.require_company(),
        company_name="",
        role=identity.Role(visit.principal.role),
    )
