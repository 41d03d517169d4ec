"""Files that are made while they are sent, from a list's pages one after the other."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Protocol, TypeVar

import structlog
from flask import Response, request, stream_with_context

from shared.contract import Method, RequestT, ResponseT
from shared.errors import ContractError, RemoteFault
from web.frame import Page
from web.visit import Visit

log = structlog.get_logger()

PAGE_SIZE = 100
"""Of the lists that are read for a file: the most that services give at once."""


class _Listing(Protocol):
    @property
    def next(self) -> str | None: ...


ListingT = TypeVar("ListingT", bound=_Listing)


def first_answer(
    visit: Visit, method: Method[RequestT, ResponseT], arguments: RequestT
) -> ResponseT:
    """What a file begins with; from here on its visit is one of a living session.

    A refusal is told within the frame, as on a page.
    """
    with _told_in_frame():
        visit.check_session()
        answer = visit.start(method, arguments)
        visit.settle()
        return answer.result()


def all_pages(first: ListingT, follow: Callable[[str], ListingT]) -> Iterator[ListingT]:
    """A list's pages by their cursors; no more than one is held."""
    page = first
    yield page
    while page.next:
        page = follow(page.next)
        yield page


def stream(pieces: Iterator[bytes], media_type: str, file_name: str) -> Response:
    """Answer with a file to keep; its pieces are made within this request's contexts.

    When one fails, the answer is broken off. Not every server shows that to the
    browser, so the pieces themselves must not look complete then.
    """
    is_wanted = request.method != "HEAD"
    body = stream_with_context(_noted(pieces)) if is_wanted else iter(())
    response = Response(body, content_type=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=file_name)
    return response


def name_with_days(
    stem: str, first: date | None, last: date | None, ending: str
) -> str:
    """A file's name: transactions-from-2026-01-01-to-2026-03-31.csv."""
    days = (("from", first), ("to", last))
    return stem + "".join(f"-{word}-{day}" for word, day in days if day) + ending


def _noted(pieces: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from pieces
    except Exception as failure:
        log.warning("download_broken", path=request.path, error=repr(failure))
        raise


@contextmanager
def _told_in_frame() -> Iterator[None]:
    try:
        yield
    except (ContractError, RemoteFault):
        Page()  # the frame, which an error's page is put into
        raise
