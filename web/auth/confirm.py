"""Confirm that it's you: a proof for what matters most, within a session."""

from collections.abc import Callable

import structlog
from flask import Blueprint, Response, current_app, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from flask_login import current_user

from shared.contracts import identity
from shared.contracts.identity.passkeys import BEGIN_PASSKEY_PROOF, BeginPasskeyProof
from shared.contracts.identity.sessions import PasskeyProof, PasswordProof, Proof
from shared.errors import InvalidInput, Throttled, Unavailable
from web.auth.turns import TURNS
from web.language.locale import read_for
from web.language.refusals import retry_after, sentence
from web.page import htmx
from web.page.addresses import form_on
from web.page.context import call_public
from web.page.errors import error_page
from web.page.forms import FORM_EXPIRED
from web.page.session import step_up
from web.page.session.signed_in import renew_session, signed_in
from web.page.session.step_up import KeptRequest, PasskeyProofForm, ProofForm
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
    if not form.validate():
        form.status = 422
        return _show_again(form)
    password, code = form.password.data or "", form.code.data or ""
    return _prove(form, lambda: PasswordProof(password=password, code=code))


@bp.post("/passkey/options")
@form_on("confirm.ask", again=_ask_again)
@signed_in
def give_options() -> ResponseReturnValue:
    """Answer a script with the options; without them it sends the form itself."""
    _write_for_reader()
    try:
        options = _begin_with_passkey()
    except (Throttled, Unavailable) as refusal:
        return sentence(refusal), refusal.http_status, retry_after(refusal)
    return Response(options, mimetype="application/json")


@bp.post("/passkey")
@form_on("confirm.ask", again=_ask_again)
@signed_in
def prove_with_passkey() -> ResponseReturnValue:
    _write_for_reader()
    credential = PasskeyProofForm().credential.data or ""
    return _prove(ProofForm(), lambda: _passkey_proof(credential))


def _show_again(form: ProofForm) -> ResponseReturnValue:
    if KeptRequest.unseal(form.kept.data) is None:
        return error_page(400, FORM_EXPIRED, _("That form has expired"))
    return step_up.show_proof(form)


def _prove(form: ProofForm, read: Callable[[], Proof]) -> ResponseReturnValue:
    kept = KeptRequest.unseal(form.kept.data)
    if kept is None:
        return error_page(400, FORM_EXPIRED, _("That form has expired"))
    try:
        session = _renew(read())
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


def _passkey_proof(credential: str) -> PasskeyProof:
    if not credential:
        # Without options there was nothing to answer: this says why there are none.
        _begin_with_passkey()
        raise InvalidInput("passkey_missing")
    return PasskeyProof(credential=credential)


def _begin_with_passkey() -> str:
    arguments = BeginPasskeyProof(token=current_user.get_id())
    return call_public(BEGIN_PASSKEY_PROOF, arguments).options


def _renew(proof: Proof) -> identity.signing_in.Session:
    arguments = identity.sessions.Prove(token=current_user.get_id(), proof=proof)
    with TURNS.turn():
        return call_public(identity.sessions.PROVE, arguments)


def _lead_on(kept: KeptRequest) -> Response:
    if kept.is_form:
        return step_up.send_on(kept)
    if htmx.request.htmx:
        return htmx.make_response("", redirect=kept.address)
    return current_app.make_response(redirect(kept.address, code=303))
