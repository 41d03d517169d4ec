"""Polling: how often a block asks again, and the 304 for what is shown already.

The header is that of htmx's ``hx-ptag`` extension, which remembers a block's tag.
A tag says when the services were asked, for which reader, and with which words.
If `web.page.freshness.changes` has no change since then, a 304 costs no call at all;
otherwise the services are asked, and a 304 with a new tag says that the words are
still the same.

A browser may send any tag: a false one only hides changes from that browser.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import Response, make_response, request

from shared.contracts.identity.signing_in import Session
from shared.principal import Principal
from web.page.context import context

EVERY = "10s"
"""What happens in another tab or at the provider shows while one still looks for it."""

RETRY_EVERY = "3s"
"""While the block's service does not answer."""

MAX_AGE = timedelta(seconds=60)
"""Time itself changes what blocks show: what falls due, what was yesterday.

It also bounds what a lost or late event can do.
"""

_HEADER = "HX-PTag"
_RIGHTS_LENGTH = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Tag:
    """``asked_at`` is None if the answer was incomplete; such a tag is never current.

    ``words`` is empty where nobody needs to compare them.
    """

    asked_at: datetime | None
    reader: str
    words: str = ""

    def __str__(self) -> str:
        moment = (self.asked_at or _EPOCH) - _EPOCH
        return f"{moment // _MICROSECOND}.{self.reader}.{self.words}"

    def is_current(self, subject_id: UUID, sources: Iterable[str]) -> bool:
        """Whether no event says that the answer has changed.

        The subject is a company or, for notices, a person.
        """
        if self.asked_at is None:
            return False
        ctx = context()
        age = ctx.clock.now() - self.asked_at
        if not timedelta() <= age < MAX_AGE:
            return False
        return ctx.changes.unchanged_since(self.asked_at, subject_id, sources)


def reader_of(principal: Principal, session: Session | None) -> str:
    """Identify the readers whose blocks look as for this principal and session."""
    reader = (session.user.locale, session.user.time_zone) if session else None
    return rights_of(principal) + _digest(repr(reader))[:_RIGHTS_LENGTH]


def rights_of(principal: Principal) -> str:
    """Identify who may do what: the first half of `reader_of`."""
    may = sorted(permission.value for permission in principal.permissions)
    who = (principal.user_id, principal.company_id, principal.role, principal.strength)
    return _digest("\n".join(map(repr, (*who, may))))[:_RIGHTS_LENGTH]


def has_other_rights(principal: Principal) -> bool:
    """Whether the page that polls was made for somebody who may do something else.

    All of it is out of date then, and not only what polls.
    """
    shown = shown_tag()
    if shown is None or len(shown.reader) != 2 * _RIGHTS_LENGTH:
        return False
    return not shown.reader.startswith(rights_of(principal))


def shown_tag() -> Tag | None:
    """The tag of what the browser shows, if it sends one of ours."""
    moment, _, rest = request.headers.get(_HEADER, "").partition(".")
    reader, _, words = rest.partition(".")
    if not (moment.isascii() and moment.isdigit() and len(moment) <= 17):  # noqa: PLR2004
        return None
    return Tag(_EPOCH + int(moment) * _MICROSECOND, reader, words)


def not_changed(tag: Tag) -> Response:
    return Response(status=304, headers={_HEADER: str(tag)})


def answer_with_tag(html: str, tag: Tag) -> Response:
    """Answer with a block and its tag, or with the tag alone if its words are shown."""
    tag = replace(tag, words=_digest(html))
    shown = shown_tag()
    if shown is not None and shown.words == tag.words:
        return not_changed(tag)
    response = make_response(html)
    response.headers[_HEADER] = str(tag)
    return response


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
