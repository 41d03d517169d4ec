"""The frame around every page: balance strip, menu, avatar menu, company switch."""

from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any
from uuid import UUID

import structlog
from flask import g, render_template
from flask.typing import ResponseReturnValue

from shared.contract import Method, RequestT, ResponseT
from shared.contracts import identity
from shared.errors import RemoteFault, Unavailable
from shared.permissions import Permission
from shared.principal import Principal, Strength
from shared.wire import to_json
from web.language.locale import read_for
from web.page.all_blocks import BALANCE, MENU
from web.page.blocks import FIRST_TRY_S, Block, BlockView, PendingBlocks
from web.page.context import context
from web.page.tags import Tag, reader_mark
from web.page.visit import Visit, begin_visit, visit_company

log = structlog.get_logger()

_SILENT = frozenset({"stale", "waiting", "unavailable"})


@dataclass(frozen=True)
class Frame:
    """What the layout shows; see templates/base.html.

    ``reading_until`` is set while identity does not answer: until then one can read,
    and nothing that is identity's can be done.
    """

    user: identity.User
    company: identity.CompanyMembership
    companies: list[identity.CompanyMembership]
    balance: BlockView
    menu: BlockView
    at: str
    permissions: frozenset[Permission]
    reading_until: datetime | None = None

    @property
    def reads_billing(self) -> bool:
        return Permission.READ_BILLING in self.permissions

    @property
    def adds_funds(self) -> bool:
        return Permission.ADD_FUNDS in self.permissions

    @property
    def is_cut_off(self) -> bool:
        """Whether no service at all can be reached; one that is late may be."""
        blocks = (self.balance, self.menu)
        silent = all(b.state in _SILENT and not b.is_late for b in blocks)
        return silent and self.reading_until is not None


@dataclass(frozen=True)
class _Own:
    """The call of a page's own content: what it is to the template and in words."""

    name: str
    words: str
    method: str
    key: str
    answer: Future[Any]
    stands_without: bool


@dataclass(frozen=True)
class _Content:
    """What came of it: the answer, or what was known ``as_of`` then, or nothing."""

    value: Any
    as_of: datetime | None = None
    status: int = 200


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
        self._own: list[_Own] = []
        self._contents: dict[str, _Content] = {}
        g.page = self

    def ask(
        self,
        name: str,
        words: str,
        method: Method[RequestT, ResponseT],
        arguments: RequestT,
        *,
        stands_without: bool = False,
    ) -> None:
        """Start a call of the page's own content, the main one first.

        The template gets the answer as ``name``, and as ``name_as_of`` when it was
        known, if not just now; of the main one the layout tells. Without an answer it
        gets what was last known; or None, if it says that it ``stands_without``; else
        another page says that ``words`` can't be read.
        """
        try:
            answer = self._content.start(method, arguments)
        except Unavailable as outage:
            answer = Future()
            answer.set_exception(outage)
        key = f"{method} {to_json(arguments).decode()}"
        own = _Own(name, words, str(method), key, answer, stands_without)
        self._own.append(own)

    def answer(self, name: str) -> Any:
        """Wait for what was asked for as ``name``, to ask for what depends on it.

        As the template will get it; None when it is missing.

        Raises:
            ContractError: what its service refuses, or, as a `Visit` does, that the
                page must not be shown.
        """
        self.visit.settle()
        own = next(own for own in self._own if own.name == name)
        return self._content_of(own).value

    def may(self, permission: Permission) -> bool:
        """Whether the reader's role includes it, as far as is known without asking."""
        principal = self._content.known_principal
        return principal is None or permission in principal.permissions

    def show(
        self, template: str, *, status: int = 200, **more: Any
    ) -> ResponseReturnValue:
        """Wait for what is still under way and answer with the whole page.

        ``status`` is the answer's unless the main content is missing.
        """
        frame = self.frame
        contents = {own.name: self._content_of(own) for own in self._own}
        words = ""
        for own in self._own:
            if contents[own.name].value is None and not own.stands_without:
                template, words = "missing.html", own.words
                break
        main = next(iter(contents.values()), _Content(None))
        html = render_template(
            template,
            frame=frame,
            blocks=self.blocks,
            as_of=main.as_of,
            words=words,
            request_id=g.request_id,
            **{name: content.value for name, content in contents.items()},
            **{f"{name}_as_of": content.as_of for name, content in contents.items()},
            **more,
        )
        return html, status if main.status == HTTPStatus.OK else main.status

    @cached_property
    def frame(self) -> Frame:
        """The frame; comes with a page's failures as well.

        Raises:
            ContractError: as a `Visit` does; the page must not be shown.
        """
        self.visit.settle()
        prepare_reader(self.visit)
        return _frame(self.visit, self.blocks, self._at)

    @cached_property
    def blocks(self) -> dict[str, BlockView]:
        reader = reader_of(self._asked_as, self.visit.last_session)
        return {
            name: replace(view, tag=str(Tag(view.asked_at, reader)))
            for name, view in self._pending.load().items()
        }

    def _content_of(self, own: _Own) -> _Content:
        if own.name not in self._contents:
            self._contents[own.name] = self._read(own)
        return self._contents[own.name]

    def _read(self, own: _Own) -> _Content:
        """What the page is about; raises what its service refuses."""
        ctx, principal = context(), self._content.known_principal
        try:
            value = own.answer.result()
        except (Unavailable, RemoteFault) as failure:
            log.warning("content_failed", method=own.method, error=repr(failure))
            known = ctx.last_pages.find(principal, own.key) if principal else None
            if known is not None:
                return _Content(known.value, known.at)
            return _Content(None, status=getattr(failure, "http_status", 500))
        if principal:
            ctx.last_pages.remember(principal, own.key, value, ctx.clock.now())
        return _Content(value)


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
        permissions=visit.principal.permissions,
        reading_until=visit.reading_until,
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
