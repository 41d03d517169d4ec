"""Let somebody in: the browser gets their session, and the page that was asked for."""

from contextlib import suppress

from flask import Response, current_app, redirect, request, url_for
from flask_login import current_user

from shared.contracts import identity
from shared.errors import ContractError, RemoteFault
from web.page.addresses import own_address
from web.page.context import call_public
from web.page.session.signed_in import sign_in

MAX_USER_AGENT_LENGTH = 300


def enter(session: identity.signing_in.Session, target: str = "") -> Response:
    """Begin the session, instead of one that the browser still has, and lead on.

    Without a ``target`` of ours, that is to the page that was asked for.
    """
    end_earlier_session()
    target = target or next_page(request.args.get("next"))
    response = current_app.make_response(redirect(target, code=303))
    sign_in(session, response)
    return response


def next_page(target: str | None) -> str:
    """Where to go after signing in or switching: a page of ours, else the dashboard."""
    address = own_address(target) or "/"
    leads_back = address.startswith((url_for("auth.log_in"), url_for("auth.log_out")))
    return url_for("dashboard.dashboard", company=None) if leads_back else address


def user_agent() -> str:
    return request.user_agent.string[:MAX_USER_AGENT_LENGTH]


def end_earlier_session() -> None:
    """End the session that the browser still has, if identity answers."""
    if not current_user.is_authenticated:
        return
    arguments = identity.signing_in.LogOut(token=current_user.get_id())
    with suppress(ContractError, RemoteFault):
        call_public(identity.signing_in.LOG_OUT, arguments)
