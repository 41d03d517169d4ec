"""Files that are made while they are sent, from a list's pages one after the other."""

import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from threading import Lock
from typing import Protocol, TypeVar
from uuid import UUID

import structlog
from flask import Response, request, stream_with_context

from shared.contract import Method, RequestT, ResponseT
from shared.errors import Throttled
from shared.logs import describe
from web.language.locale import read_for
from web.page.page import errors_in_frame
from web.page.visit import Visit

log = structlog.get_logger()

PAGE_SIZE = 100
"""Of the lists that are read for a file: the most that services give at once."""

MOST = 4
MOST_OF_ONE = 2
"""Files that this process, and that one company, may have under way: each holds a
thread until its reader has it all, and pages need threads, too."""

_under_way = Counter[UUID]()
_lock = Lock()


class _Listing(Protocol):
    @property
    def next(self) -> str | None: ...


ListingT = TypeVar("ListingT", bound=_Listing)


def first_answer(
    visit: Visit, method: Method[RequestT, ResponseT], arguments: RequestT
) -> ResponseT:
    """Read what a file begins with; from here on its visit has a living session.

    What follows is written for its reader. A refusal is shown in the frame, as on a
    page.
    """
    with errors_in_frame():
        visit.check_session()
        answer = visit.read(method, arguments)
    session = visit.last_session
    read_for(session.user if session else None)
    return answer


def all_pages(first: ListingT, follow: Callable[[str], ListingT]) -> Iterator[ListingT]:
    """A list's pages by their cursors; no more than one is held."""
    page = first
    yield page
    while page.next:
        page = follow(page.next)
        yield page


def stream(
    company_id: UUID, pieces: Iterator[bytes], media_type: str, file_name: str
) -> Response:
    """Answer with a file to keep; its pieces are made within this request's contexts.

    If one fails, the answer ends early. Not every server shows that to the
    browser, so the pieces themselves must not look complete then.

    Raises:
        Throttled: ``too_many_downloads``.
    """
    if request.method == "HEAD":
        response = Response(iter(()), content_type=media_type)
    else:
        _begin(company_id)
        body = stream_with_context(_noted(pieces))
        response = Response(body, content_type=media_type)
        # Whether it is closed or just let go of, and only once.
        response.call_on_close(weakref.finalize(response, _end, company_id))
    response.headers.set("Content-Disposition", "attachment", filename=file_name)
    return response


def name_with_days(
    stem: str, first: date | None, last: date | None, ending: str
) -> str:
    """A file's name: transactions-from-2026-01-01-to-2026-03-31.csv."""
    days = (("from", first), ("to", last))
    return stem + "".join(f"-{word}-{day}" for word, day in days if day) + ending


def _begin(company_id: UUID) -> None:
    with errors_in_frame(), _lock:
        if _under_way.total() >= MOST or _under_way[company_id] >= MOST_OF_ONE:
            raise Throttled("too_many_downloads")
        _under_way[company_id] += 1


def _end(company_id: UUID) -> None:
    with _lock:
        _under_way[company_id] -= 1
        if not _under_way[company_id]:
            del _under_way[company_id]


def _noted(pieces: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from pieces
    except Exception as failure:
        log.warning("download_broken", path=request.path, error=describe(failure))
        raise
