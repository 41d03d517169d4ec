"""Forms that change something, once, however often they are sent.

The key is made when the form is shown (`form_key` in components/form.html) and goes
with the call. Where it is not known whether a call took effect, the form is shown again
with the same key, so that sending it again does no harm.
"""

import secrets
from uuid import UUID

from flask import request

from shared.contract import Method, RequestT, ResponseT
from shared.errors import ContractError, Unavailable
from web.page.visit import Visit, visit_company

KEY = "form_key"


def new_form_key() -> str:
    return secrets.token_urlsafe(18)


def change(
    company_id: UUID, method: Method[RequestT, ResponseT], arguments: RequestT
) -> ResponseT:
    """Make the change that the request's form asks for, as a member of a company.

    Raises what a `Visit` and the method raise.
    """
    visit = visit_company(company_id)
    visit.insist()
    return send(visit, method, arguments)


def send(
    visit: Visit, method: Method[RequestT, ResponseT], arguments: RequestT
) -> ResponseT:
    """Make the form's change in a visit whose session was insisted on."""
    key = request.form.get(KEY)
    return visit.start(method, arguments, idempotency_key=key).result()


def key_to_keep(refusal: ContractError) -> str:
    """The key for the form shown again: the one sent, if that may have taken effect."""
    return request.form.get(KEY, "") if isinstance(refusal, Unavailable) else ""
