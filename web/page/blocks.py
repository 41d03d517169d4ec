"""Dashboard blocks: small units of a page that load, refresh and fail alone.

A block says which call it needs, which template shows it and when it refreshes. Blocks
that name the same call share it, so a page costs at most one call per service. A block
of the session's check shares that one. Adding a block means adding a `Block` where its
area defines it, and its template.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import structlog

from shared.contract import Method, Request
from shared.contracts.identity.signing_in import RESUME_SESSION
from shared.errors import (
    ContractError,
    Forbidden,
    RemoteFault,
    Unauthenticated,
    Unavailable,
)
from shared.permissions import Permission
from web.page.context import context
from web.page.freshness import polling
from web.page.visit import Visit

FIRST_TRY_S = 0.3
"""How long a page waits for a block; one that comes later loads itself."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Block:
    """``view`` makes of the service's answer what the template shows.

    ``sources`` are the services whose events may change it.
    ``behind_since`` is from when on changes may be missing in an answer, if any are.
    ``is_about_person``: those events are about the reader, whichever company they are
    in. ``needs_protection``: the session's check has to say how the account is
    protected.
    """

    name: str
    method: Method[Any, Any]
    request: Request
    view: Callable[[Any], Any]
    sources: tuple[str, ...]
    behind_since: Callable[[Any], datetime | None] = lambda _answer: None
    is_about_person: bool = False
    needs_protection: bool = False

    @property
    def is_of_session(self) -> bool:
        """Whether it shows what the session's check says."""
        return self.method is RESUME_SESSION

    @property
    def template(self) -> str:
        """Shows it, and says when it refreshes."""
        return f"blocks/{self.name}.html"


_Refused = Literal["not_allowed", "unprotected"]
_State = Literal["fresh", "stale", "waiting", "unavailable"] | _Refused
_REFUSED: tuple[_Refused, ...] = ("not_allowed", "unprotected")


@dataclass(frozen=True)
class BlockView:
    """A block as it can be shown now.

    ``fresh``: ``data`` is what the service just said. ``stale``: it is what was last
    known, at ``as_of`` (UTC). ``waiting``: nothing came in time, and asking again may
    help at once. ``unavailable``: nothing came and nothing is known. ``not_allowed``:
    the role does not include it. ``unprotected``: its company requires a second factor,
    and the reader has none.

    ``asked_at`` is when the service was asked, if it answered. ``tag`` is set where the
    block is part of a page, for its first poll (see freshness/polling.py). ``is_late``:
    its service may be well, but did not answer in time. ``behind_since``: changes from
    then on may be missing in it. ``adds_funds``: the role may add funds.
    """

    name: str
    company_id: UUID
    state: _State
    data: Any = None
    as_of: datetime | None = None
    asked_at: datetime | None = None
    tag: str = ""
    is_late: bool = False
    behind_since: datetime | None = None
    adds_funds: bool = False

    @property
    def poll_every(self) -> str:
        is_answered = self.state in {"fresh", *_REFUSED}
        return polling.EVERY if is_answered else polling.RETRY_EVERY


class PendingBlocks:
    """Blocks whose calls are under way, as the principal that the visit has now.

    Should the visit have another one when they are loaded, nothing of the answers is
    shown or remembered.
    """

    def __init__(self, visit: Visit, blocks: Iterable[Block], timeout_s: float) -> None:
        self._visit = visit
        self._blocks = tuple(blocks)
        self._asked_at = context().clock.now()
        self._without_answer: Literal["waiting", "unavailable"] = (
            "waiting" if timeout_s <= FIRST_TRY_S else "unavailable"
        )
        self._answers: dict[tuple[Method[Any, Any], Request], Future[Any]] = {}
        for block in self._blocks:
            key = (block.method, block.request)
            if block.is_of_session:
                self._answers[key] = visit.start_session()
            elif key not in self._answers:
                self._answers[key] = visit.start(*key, timeout_s=timeout_s)
        self._asked_as = visit.identify()

    def load(self) -> dict[str, BlockView]:
        """Wait for the answers, each no longer than its time-out."""
        adds_funds = Permission.ADD_FUNDS in self._asked_as.permissions
        return {
            block.name: replace(self._load(block), adds_funds=adds_funds)
            for block in self._blocks
        }

    def _load(self, block: Block) -> BlockView:
        company_id = self._visit.identify().require_company()
        if not self._visit.acts_as(self._asked_as):
            return BlockView(block.name, company_id, self._without_answer)
        last_known = context().last_known
        try:
            answer = self._answers[block.method, block.request].result()
        except Forbidden as refusal:
            return BlockView(
                block.name, company_id, _refused(refusal), asked_at=self._asked_at
            )
        except (Unavailable, Unauthenticated, RemoteFault) as error:
            _note_failure(block, error)
            known = last_known.find(self._asked_as, block.name)
            if known is not None:
                shown = BlockView(
                    block.name, company_id, "stale", known.value, known.at
                )
            else:
                shown = BlockView(block.name, company_id, self._without_answer)
            return replace(shown, is_late=_is_late(error))
        now = context().clock.now()
        data = block.view(answer)
        last_known.remember(self._asked_as, block.name, data, now)
        behind_since = block.behind_since(answer)
        return BlockView(
            block.name,
            company_id,
            "fresh",
            data,
            now,
            # There is no event for having caught up, so it is asked for again.
            asked_at=None if behind_since else self._asked_at,
            behind_since=behind_since,
        )


def _refused(refusal: Forbidden) -> _Refused:
    is_missing = refusal.code == "two_factor_missing"
    return "unprotected" if is_missing else "not_allowed"


def _is_late(error: Exception) -> bool:
    return isinstance(error, Unavailable) and error.code == "deadline_exceeded"


def _note_failure(block: Block, error: Exception) -> None:
    code = error.code if isinstance(error, ContractError) else "fault"
    log.warning("block_failed", block=block.name, code=code)
