"""Closing a company, by its owner or for them by an operator."""

from shared.contract import Effect, Method, Request
from shared.contracts.identity.companies import Company
from shared.contracts.identity.name import NAME
from shared.permissions import Permission


class CloseCompany(Request, frozen=True, kw_only=True):
    """``name`` is the company's, typed by the person who closes it."""

    name: str


CLOSE_COMPANY = Method(
    NAME,
    "close_company",
    CloseCompany,
    Company,
    Permission.MANAGE_OWNERSHIP,
    Effect.CHANGE,
    needs_proof=True,
)
"""For ever: services end, top-ups that wait are cancelled, a last refund is requested,
documents stay. InvalidInput ``name_differs``; Conflict ``company_closed``."""

METHODS = (CLOSE_COMPANY,)
