"""A page on its way: its own content within the frame, and where that fails."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

import structlog
from flask import g, render_template, request
from werkzeug.exceptions import HTTPException

from shared.contract import Method, Request, RequestT, ResponseT
from shared.errors import (
    ContractError,
    Forbidden,
    InvalidInput,
    RemoteFault,
    Unavailable,
)
from shared.logs import describe
from shared.permissions import Permission
from shared.principal import Principal
from shared.wire import to_json
from web.page.blocks import FIRST_TRY_S, Block, BlockView, PendingBlocks
from web.page.company_tabs import tabs_for
from web.page.context import context
from web.page.forms import FilterForm
from web.page.frame import BALANCE, BELL, MENU, Frame
from web.page.freshness.polling import Tag, reader_of
from web.page.visit import Visit, begin_visit, prepare_reader, visit_company

log = structlog.get_logger()

_PERSONAL = ("/account", "/confirm-email", "/help", "/invitations")
"""Pages about the reader and for everybody: no company's members only."""


@dataclass(frozen=True)
class _ContentCall:
    """The call of a page's own content; ``name`` is the answer's in the template."""

    name: str
    method: Method[Any, Any]
    arguments: Request
    answer: Future[Any]
    asked_as: Principal | None
    optional: bool
    filters: FilterForm | None

    @property
    def key(self) -> str:
        return f"{self.method} {to_json(self.arguments).decode()}"


@dataclass(frozen=True)
class _Content:
    """The result of a call: the answer, or the data known at ``as_of``, or nothing."""

    value: Any
    as_of: datetime | None = None
    status: int = 200


class Page:
    """A page whose calls are under way; `begin_page` begins one.

    The frame is that of ``visit``, for the current company. ``content`` is for the
    company whose content the page shows, which may be another one.
    """

    def __init__(
        self, visit: Visit, content: Visit, blocks: PendingBlocks, at: str
    ) -> None:
        self.visit = visit
        self._content = content
        self._pending = blocks
        self._at = at
        self._calls: list[_ContentCall] = []
        self._contents: dict[str, _Content] = {}
        self._blocks: Mapping[str, BlockView] | None = None
        self._frame: Frame | None = None

    def ask(
        self,
        name: str,
        method: Method[RequestT, ResponseT],
        arguments: RequestT,
        *,
        optional: bool = False,
        filters: FilterForm | None = None,
    ) -> None:
        """Start a call of the page's own content, the main one first.

        The template gets the answer as ``name``, and as ``name_as_of`` when it was
        known, if not just now; the layout shows that of the main one. Without an answer
        it gets what was last known; or None, if it is ``optional``; else missing.html
        is shown instead of the page. Nor is there an answer where ``filters`` has what
        can't be used; it is shown with its errors.
        """
        answer, asked_as = self._start(method, arguments, filters)
        call = _ContentCall(
            name, method, arguments, answer, asked_as, optional, filters
        )
        self._calls.append(call)

    def answer(self, name: str, *, fresh: bool = False) -> Any:
        """Wait for the answer called ``name``, to ask for what depends on it.

        As the template will get it; None when it is missing, or if it must be ``fresh``
        and there is only what was last known.

        Raises:
            ContractError: what its service refuses, or, as a `Visit` does, that the
                page must not be shown.
        """
        self.settle()
        call = next(call for call in self._calls if call.name == name)
        content = self._content_of(call)
        return None if fresh and content.as_of else content.value

    def may(self, permission: Permission) -> bool:
        """Whether the reader's role includes it, as far as is known without asking.

        Once the page is settled, that is for certain.
        """
        principal = self._content.known_principal
        return principal is None or permission in principal.permissions

    def show(self, template: str, *, status: int = 200, **more: Any) -> tuple[str, int]:
        """Wait for what is still under way and answer with the whole page.

        ``status`` is the answer's unless the main content is missing.
        """
        frame = self.load_frame()
        contents = {call.name: self._content_of(call) for call in self._calls}
        for call in self._calls:
            if contents[call.name].value is None and not call.optional:
                template = "missing.html"
        main = next(iter(contents.values()), _Content(None))
        html = render_template(
            template,
            frame=frame,
            blocks=self.load_blocks(),
            as_of=main.as_of,
            request_id=g.request_id,
            company_tabs=tabs_for(self.may),
            shown_company_id=self._content.identify().company_id,
            **{name: content.value for name, content in contents.items()},
            **{f"{name}_as_of": content.as_of for name, content in contents.items()},
            **more,
        )
        return html, status if main.status == HTTPStatus.OK else main.status

    def settle(self) -> None:
        """Wait for the session's check; then read and write figures for its reader.

        Raises:
            ContractError: as a `Visit` does; the page must not be shown.
            Forbidden: ``two_factor_missing``; its company requires it.
        """
        prepare_reader(self.visit)
        known = self._content.known_principal
        if known and known.lacks_factor and not request.path.startswith(_PERSONAL):
            raise Forbidden("two_factor_missing")

    def load_frame(self) -> Frame:
        """Settle, and wait for the frame; comes with a page's failures as well.

        Raises:
            ContractError: as `settle` does.
        """
        if self._frame is None:
            self.settle()
            self._frame = Frame.of(self.visit, self.load_blocks(), self._at)
        return self._frame

    def load_blocks(self) -> Mapping[str, BlockView]:
        """Wait for the blocks, each no longer than its time-out."""
        if self._blocks is None:
            reader = reader_of(self.visit.identify(), self.visit.last_session)
            self._blocks = {
                name: replace(view, tag=str(Tag(view.asked_at, reader)))
                for name, view in self._pending.load().items()
            }
        return self._blocks

    def _start(
        self, method: Method[Any, Any], arguments: Request, filters: FilterForm | None
    ) -> tuple[Future[Any], Principal | None]:
        try:
            if filters is not None:
                filters.check()
            answer = self._content.start(method, arguments)
        except (InvalidInput, Unavailable) as refusal:
            answer = Future()
            answer.set_exception(refusal)
        return answer, self._content.known_principal

    def _content_of(self, call: _ContentCall) -> _Content:
        if call.name not in self._contents:
            self._contents[call.name] = self._read(call)
        return self._contents[call.name]

    def _read(self, call: _ContentCall) -> _Content:
        """Return what the page is about; raise what its service refuses.

        What is optional and not for the reader is missing, as without an answer.
        What was asked as another principal than identity has given is asked again.
        """
        answer, principal = call.answer, call.asked_as
        if not self._content.acts_as(principal):
            answer, principal = self._start(call.method, call.arguments, call.filters)
        ctx = context()
        try:
            value = answer.result()
        except Forbidden as refusal:
            if not call.optional:
                raise
            return _Content(None, status=refusal.http_status)
        except InvalidInput as refusal:
            if call.filters is None:
                raise
            return _Content(None, status=call.filters.refuse(refusal).status)
        except (Unavailable, RemoteFault) as failure:
            log.warning(
                "content_failed", method=str(call.method), error=describe(failure)
            )
            known = ctx.last_pages.find(principal, call.key) if principal else None
            if known is not None:
                return _Content(known.value, known.at)
            return _Content(None, status=getattr(failure, "http_status", 500))
        if principal:
            ctx.last_pages.remember(principal, call.key, value, ctx.clock.now())
        return _Content(value)


def begin_page(
    *blocks: Block,
    acts_for: UUID | None = None,
    at: str = "",
    visit: Visit | None = None,
) -> Page:
    """Begin the page that answers this request, also should something fail later.

    The calls of its blocks and the session's check run in parallel. ``acts_for`` is the
    company whose content the address names, where that may be another than the current
    one. ``visit`` is the request's, if it has begun.
    """
    visit = visit or begin_visit()
    visit.asks_protection = any(block.needs_protection for block in blocks)
    visit.check_session()
    if acts_for is None or acts_for == visit.identify().company_id:
        content = visit
    else:
        content = visit_company(acts_for)
    pending = PendingBlocks(visit, (BALANCE, MENU, BELL, *blocks), FIRST_TRY_S)
    page = Page(visit, content, pending, at)
    g.page = page
    return page


@contextmanager
def errors_in_frame(visit: Visit | None = None) -> Iterator[None]:
    """Show errors of this block within the frame, as on a page.

    A fault of our own is shown without a frame, which may be at fault itself.
    """
    try:
        yield
    except (ContractError, RemoteFault, HTTPException):
        if "page" not in g:
            begin_page(visit=visit)
        raise
