"""Our own addresses, and the page that each fragment and each form belongs to.

A fragment is a part of a page with its own address. A form is sent to an address of
its own. A person who has to sign in meanwhile, opens such an address by hand or sends
an expired form comes back to its page, with what was typed as far as the page's
address can say it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

import structlog
from flask import current_app, redirect, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from web.page.context import context
from web.page.htmx import request

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

log = structlog.get_logger()

_LONGEST = 500
"""Longest field that is kept: an address has a limited length."""
_LONGEST_ADDRESS = 4_000
"""Proxies refuse an answer whose header is longer than some kilobytes."""


@dataclass(frozen=True)
class PageOf:
    """The page of a fragment or a form.

    ``keeps`` are the fields that the page reads from its address; never a secret.
    ``again`` answers a form that has expired with its page and all that was typed.
    ``needs_sign_in``: it is sent by people who are signed in. ``has_secret``: what was
    typed is not kept while they prove who they are.
    """

    endpoint: str
    keeps: tuple[str, ...] = ()
    again: Callable[..., ResponseReturnValue] | None = None
    needs_sign_in: bool = True
    has_secret: bool = False

    def address(self, arguments: Mapping[str, Any], typed: Mapping[str, str]) -> str:
        """Return its address; ``arguments`` are those of the fragment or form."""
        rule = next(current_app.url_map.iter_rules(self.endpoint))
        named = {k: v for k, v in arguments.items() if k in rule.arguments}
        kept: dict[str, Any] = {"company": _company_in(typed), **self.kept(typed)}
        return url_for(self.endpoint, **named, **kept)

    def kept(self, typed: Mapping[str, str]) -> dict[str, str]:
        """Return what the page's address says of what was typed."""
        there = {name: typed[name] for name in self.keeps if name in typed}
        return {name: text for name, text in there.items() if len(text) <= _LONGEST}


_fragments: dict[Callable[..., Any], PageOf] = {}
_forms: dict[Callable[..., Any], PageOf] = {}


def fragment_of(
    endpoint: str, *, keeps: tuple[str, ...] = ()
) -> Callable[[View], View]:
    """Name the page of a fragment, directly below its route.

    Opened by hand, the fragment's address leads to that page.
    """
    page = PageOf(endpoint, keeps)

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(**arguments: Any) -> ResponseReturnValue:
            if not request.htmx:
                return redirect(page.address(arguments, request.args), code=303)
            return view(**arguments)

        _fragments[answer] = page
        return cast("View", answer)

    return decorate


def form_on(
    endpoint: str,
    *,
    keeps: tuple[str, ...] = (),
    again: Callable[..., ResponseReturnValue] | None = None,
    needs_sign_in: bool = True,
    has_secret: bool = False,
) -> Callable[[View], View]:
    """Name the page of a form that is sent to this view, directly below its route."""

    def decorate(view: View) -> View:
        _forms[view] = PageOf(endpoint, keeps, again, needs_sign_in, has_secret)
        return view

    return decorate


def page_of_fragment(endpoint: str | None) -> PageOf | None:
    return _fragments.get(current_app.view_functions.get(endpoint or "", _no_view))


def page_of_form(endpoint: str | None) -> PageOf | None:
    return _forms.get(current_app.view_functions.get(endpoint or "", _no_view))


def own_address(target: str | None) -> str | None:
    """The page of ours that ``target`` names, or None.

    The address is built again from what our own routes match, so that no trick with
    slashes, backslashes, line ends or hosts can lead elsewhere. A fragment's and a
    form's is that of its page.
    """
    path, _, query = (target or "").partition("?")
    typed = parse_qsl(query, keep_blank_values=True)
    if match := _match(path, "GET"):
        endpoint, arguments = match
        if page := page_of_fragment(endpoint):
            return page.address(arguments, dict(typed))
        return _with_query(url_for(endpoint, **arguments, company=None), typed)
    if match := _match(path, "POST"):
        endpoint, arguments = match
        if page := page_of_form(endpoint):
            return page.address(arguments, dict(typed))
    return None


def return_address() -> str:
    """Return where to come back to after signing in: the page that was open.

    htmx sends it; otherwise it is the page of this address. A query too long for
    the header of a redirect is left out.
    """
    address = _open_page()
    return address if len(address) <= _LONGEST_ADDRESS else address.partition("?")[0]


def _open_page() -> str:
    if request.method in {"GET", "HEAD"}:
        page, typed = page_of_fragment(request.endpoint), request.args
        here = own_address(request.full_path)
    else:
        page, typed = page_of_form(request.endpoint), request.form
        asked_for = page.address(request.view_args or {}, typed) if page else None
        here = own_address(request.form.get("next")) or asked_for
    is_open_here = request.htmx.current_host == urlsplit(f"//{request.host}").hostname
    if request.htmx and is_open_here:
        shown = own_address(request.htmx.current_address)
        return _typed_into(shown, here, page, typed) if shown else here or "/"
    return here or "/"


def public_address(path: str) -> str:
    """Return the address of ``path`` for others, who send browsers to it.

    The host that a request names is its sender's choice, and so is not asked; but at
    a loopback address, a container or a tunnel may show us at another port.
    """
    settings = context().settings
    origin = request.host_url if settings.is_loopback else settings.public_url
    return f"{origin.rstrip('/')}{path}"


def payment_page(address: str | None) -> str | None:
    """Return the address of a payment provider if browsers may be sent there."""
    if address is None or context().settings.may_send_to(address):
        return address
    log.error("payment_page_not_allowed")
    return None


def _typed_into(
    shown: str, here: str | None, page: PageOf | None, typed: Mapping[str, str]
) -> str:
    """The open page's address with what was typed, if it is that of ``page``."""
    path, _, query = shown.partition("?")
    if page is None or here is None or here.partition("?")[0] != path:
        return shown
    said = dict(parse_qsl(query, keep_blank_values=True)) | page.kept(typed)
    return _with_query(path, list(said.items()))


def _with_query(path: str, query: list[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _match(path: str, method: str) -> tuple[str, Mapping[str, Any]] | None:
    try:
        return current_app.url_map.bind("").match(path, method=method)
    except (HTTPException, RequestRedirect):
        return None


def _company_in(typed: Mapping[str, str]) -> str | None:
    try:
        return str(UUID(typed.get("company", "")))
    except ValueError:
        return None


def _no_view() -> None:
    """Placeholder for an endpoint that doesn't exist."""
