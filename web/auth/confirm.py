"""Confirm that it's you: a proof for what matters most, within a session."""

import structlog
from flask import Blueprint, Response, current_app, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from flask_login import current_user

from shared.contracts import identity
from shared.errors import InvalidInput, Throttled, Unavailable
from web.auth.turns import TURNS
from web.language.locale import read_for
from web.language.refusals import retry_after
from web.page import htmx
from web.page.addresses import form_on
from web.page.context import call_public
from web.page.errors import error_page
from web.page.forms import FORM_EXPIRED
from web.page.session import step_up
from web.page.session.signed_in import renew_session, signed_in
from web.page.session.step_up import KeptRequest, ProofForm
from web.page.visit import Visit, begin_visit, prepare_reader

bp = Blueprint("confirm", __name__, url_prefix="/confirm")
log = structlog.get_logger()


@bp.get("")
@signed_in
def ask() -> ResponseReturnValue:
    """Show the form alone, before the page that ``next`` names."""
    prepare_reader(begin_visit())
    kept = KeptRequest.of_page(request.args.get("next"))
    return step_up.show_proof(ProofForm.for_request(kept))


def _ask_again() -> ResponseReturnValue:
    """The form with what was kept, after it has expired."""
    return step_up.show_proof(ProofForm.expired())


@bp.post("")
@form_on("confirm.ask", again=_ask_again)
@signed_in
def prove() -> ResponseReturnValue:
    _write_for_reader()
    form = ProofForm()
    kept = KeptRequest.unseal(form.kept.data)
    if kept is None:
        return error_page(400, FORM_EXPIRED, _("That form has expired"))
    if not form.validate():
        form.status = 422
        return step_up.show_proof(form)
    try:
        session = _prove(form)
    except (InvalidInput, Throttled, Unavailable) as refusal:
        response = step_up.show_proof(form.refuse(refusal))
        response.headers.update(retry_after(refusal))
        return response
    response = _lead_on(kept)
    renew_session(session, response)
    return response


def _write_for_reader() -> None:
    """Write in the last known language; the session is checked with the proof.

    Sent twice by accident, the second one has the token that the first has replaced.
    """
    session = Visit(current_user.get_id()).last_session
    read_for(session.user if session else None)


def _prove(form: ProofForm) -> identity.signing_in.Session:
    arguments = identity.sessions.Prove(
        token=current_user.get_id(),
        proof=identity.sessions.PasswordProof(
            password=form.password.data or "", code=form.code.data or ""
        ),
    )
    with TURNS.turn():
        return call_public(identity.sessions.PROVE, arguments)


def _lead_on(kept: KeptRequest) -> Response:
    if kept.is_form:
        return step_up.send_on(kept)
    if htmx.request.htmx:
        return htmx.make_response("", redirect=kept.address)
    return current_app.make_response(redirect(kept.address, code=303))
