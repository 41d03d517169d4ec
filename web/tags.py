"""Tags of blocks: a browser that shows the same already is told so with a 304.

The header is that of htmx's ``hx-ptag`` extension, which remembers a tag per element.
"""

import hashlib

from flask import Response, make_response, request

_HEADER = "HX-PTag"


def answer_with_tag(html: str) -> Response:
    """Answer with a block and the tag of its words, or 304 if they are shown."""
    tag = hashlib.sha256(html.encode()).hexdigest()[:32]
    if request.headers.get(_HEADER) == tag:
        return Response(status=304)
    response = make_response(html)
    response.headers[_HEADER] = tag
    return response
