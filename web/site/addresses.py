"""Addresses that a browser brings and that we send it to."""

from urllib.parse import parse_qsl, urlencode

from flask import current_app, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from web.page.context import context


def own_address(target: str | None) -> str | None:
    """The page of ours that ``target`` names, or None.

    The address is made anew from what our own routes match, so that no trick with
    slashes, backslashes, line ends or hosts can lead elsewhere.
    """
    path, _, query = (target or "").partition("?")
    try:
        endpoint, arguments = current_app.url_map.bind("").match(path, method="GET")
    except (HTTPException, RequestRedirect):
        return None
    address = url_for(endpoint, **arguments, company=None)
    kept = urlencode(parse_qsl(query, keep_blank_values=True))
    return f"{address}?{kept}" if kept else address


def public_address(path: str) -> str:
    """Where somebody else sends a browser to reach ``path`` of ours.

    The host that a request names is its sender's choice, and so is not asked; but at
    a loopback address, a container or a tunnel may show us at another port.
    """
    settings = context().settings
    origin = request.host_url if settings.is_loopback else settings.public_url
    return f"{origin.rstrip('/')}{path}"
