"""Tags of blocks: a browser that shows the same already is told so with a 304.

The header is that of htmx's ``hx-ptag`` extension, which remembers a tag per element.
"""

import hashlib
from typing import Any

from flask import Response, make_response, request

_HEADER = "HX-PTag"


def tag_of(*shown: Any) -> str:
    """Make a tag of what a block shows; equal data have equal tags."""
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:32]


def browser_has(tag: str) -> bool:
    return request.headers.get(_HEADER) == tag


def answer_with_tag(html: str, tag: str) -> Response:
    response = make_response(html)
    response.headers[_HEADER] = tag
    return response
