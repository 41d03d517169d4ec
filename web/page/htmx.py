"""The headers of htmx 4: of its requests, and in our answers.

htmx-flask makes ``request.htmx`` of htmx 2's headers. Version 4 sends others: no
``trigger``, ``trigger_name`` or ``prompt``, but a source and the kind of request.
"""

from functools import cached_property
from typing import Any, cast
from urllib.parse import SplitResult, unquote, urlsplit

import flask
from flask import Flask, Response
from htmx_flask import Htmx
from htmx_flask import make_response as make_htmx_response
from htmx_flask.requests import HtmxAwareRequest, HtmxHeaders


class Htmx4Headers(HtmxHeaders):  # type: ignore[misc]
    """``request.htmx``: true for a request of htmx's.

    Elements come as ``tag#id``, with the id encoded as in an address.
    """

    @cached_property
    def source(self) -> str | None:
        """The element that asked."""
        return self._element("HX-Source")

    @cached_property
    def target(self) -> str | None:
        """The element that the answer is for."""
        return self._element("HX-Target")

    @cached_property
    def request_type(self) -> str | None:
        """``partial``, or ``full`` where the whole page is replaced."""
        return cast("str | None", self._headers.get("HX-Request-Type"))

    @cached_property
    def is_partial(self) -> bool:
        return bool(self) and self.request_type == "partial"

    @cached_property
    def current_host(self) -> str | None:
        """The host of the page that is open."""
        return self._current.hostname

    @cached_property
    def current_address(self) -> str:
        """The path of the page that is open, decoded, and its query as it is."""
        return f"{unquote(self._current.path)}?{self._current.query}"

    @cached_property
    def _current(self) -> SplitResult:
        try:
            return urlsplit(self.current_url or "")
        except ValueError:
            return urlsplit("")

    def _element(self, header: str) -> str | None:
        value = self._headers.get(header)
        return None if value is None else unquote(value)


class Htmx4Request(HtmxAwareRequest):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.htmx = Htmx4Headers(self.headers)


class _Request(flask.Request):
    """What type checkers see."""

    htmx: Htmx4Headers


request = cast("_Request", flask.request)


def register_htmx(app: Flask) -> None:
    Htmx(app)
    app.request_class = Htmx4Request


def make_response(
    *answer: Any,
    redirect: str | None = None,
    trigger: str | None = None,
    replace_url: str | None = None,
    reswap: str | None = None,
) -> Response:
    """Answer as Flask does, and tell htmx what to do.

    ``redirect`` leaves the page; ``trigger`` is an event of the page; ``replace_url``
    is the page's new address. ``reswap`` may be any of htmx 4's ways to swap, most of
    which htmx-flask refuses.
    """
    response: Response = make_htmx_response(
        *answer, redirect=redirect, trigger=trigger, replace_url=replace_url
    )
    if reswap:
        response.headers["HX-Reswap"] = reswap
    return response
