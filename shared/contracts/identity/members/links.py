"""Links in mails to people who may have no account."""

from shared.contract import Request


class OpenLink(Request, frozen=True, kw_only=True):
    """``token`` is that of a mail's link; ``address`` is the browser's IP address."""

    token: str
    address: str
