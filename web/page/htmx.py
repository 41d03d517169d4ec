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
    """``request.htmx``: true for a request of htmx's."""

    @cached_property
    def source(self) -> str:
        """The element that asked, as ``tag#id``."""
        return unquote(self._headers.get("HX-Source", ""))

    @cached_property
    def is_partial(self) -> bool:
        """Whether a part of the page is asked for, and not all of it."""
        return bool(self) and self._headers.get("HX-Request-Type") == "partial"

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
    refresh: bool = False,
) -> Response:
    """Answer as Flask does, with htmx's headers.

    ``redirect`` leaves the page; ``trigger`` is an event of the page; ``replace_url``
    is the page's new address. ``refresh`` loads all of the page again.
    """
    response: Response = make_htmx_response(
        *answer,
        redirect=redirect,
        trigger=trigger,
        replace_url=replace_url,
        refresh=refresh,
    )
    return response
