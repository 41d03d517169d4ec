"""A session's new token, after what protects its account has changed."""

from shared.contract import Response


class RenewedSession(Response, frozen=True, kw_only=True):
    """The token of before opens nothing any more (OWASP ASVS 5.0, 7.2.4).

    ``principal`` is signed, for the same company as before.
    """

    token: str
    principal: str
