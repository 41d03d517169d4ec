"""Log in with a passkey: the options that the browser takes, and what it answers."""

import json
import re
from http import HTTPStatus

import structlog
from flask import Blueprint, Response, request, session
from flask.typing import ResponseReturnValue
from wtforms import HiddenField

from shared.contracts import identity
from shared.errors import (
    InvalidInput,
    RemoteFault,
    Throttled,
    Unauthenticated,
    Unavailable,
)
from web.auth.entering import enter, user_agent
from web.auth.views import FAULT, LogInForm, show_log_in
from web.language.refusals import retry_after, sentence
from web.page.addresses import form_on
from web.page.context import call_public, context
from web.page.forms import PageForm
from web.page.session.device import device_token

bp = Blueprint("passkey_login", __name__, url_prefix="/login/passkey")
log = structlog.get_logger()

_PAGE = "auth.log_in"
_CREDENTIAL_ID = re.compile(r"[A-Za-z0-9_-]{1,1400}")


class PasskeyForm(PageForm):
    """``credential`` is what the browser's WebAuthn call answered, as JSON."""

    credential = HiddenField()


@bp.post("/options")
@form_on(_PAGE, needs_sign_in=False)
def give_options() -> ResponseReturnValue:
    """Answer a script with the options; without them it sends the form itself."""
    try:
        options = _begin()
    except (Throttled, Unavailable) as refusal:
        return sentence(refusal), refusal.http_status, retry_after(refusal)
    return Response(options, mimetype="application/json")


@bp.post("")
@form_on(_PAGE, needs_sign_in=False)
def log_in() -> ResponseReturnValue:
    credential = PasskeyForm().credential.data or ""
    form = LogInForm(formdata=None)
    try:
        return enter(_log_in(credential))
    except (InvalidInput, Throttled, Unauthenticated, Unavailable) as refusal:
        form.refuse(refusal)
        is_unknown = refusal.code == "passkey_unknown"
        signals = _forget(credential) if is_unknown else {}
        # What was just refused is not offered again unasked.
        answer = show_log_in(form, offers_passkeys=False, signals=signals)
        return *answer, retry_after(refusal)
    except RemoteFault:
        log.exception("remote_fault", path=request.path)
        form.form_errors.append(FAULT)
        form.status = HTTPStatus.INTERNAL_SERVER_ERROR
        return show_log_in(form, offers_passkeys=False)


def _begin() -> str:
    arguments = identity.passkeys.BeginPasskeyLogin(
        browser=_browser(), address=request.remote_addr or ""
    )
    method = identity.passkeys.BEGIN_PASSKEY_LOGIN
    return call_public(method, arguments).options


def _log_in(credential: str) -> identity.signing_in.Session:
    if not credential:
        # Without options there was nothing to answer: this says why there are none.
        _begin()
        raise InvalidInput("passkey_missing")
    arguments = identity.passkeys.LogInWithPasskey(
        browser=_browser(),
        credential=credential,
        address=request.remote_addr or "",
        user_agent=user_agent(),
        device=device_token(),
    )
    method = identity.passkeys.LOG_IN_WITH_PASSKEY
    return call_public(method, arguments)


def _browser() -> str:
    """The secret of the form's token, which each browser's session has one of."""
    return str(session["csrf_token"])


def _forget(credential: str) -> dict[str, object]:
    """What tells the password manager that we don't know its passkey."""
    try:
        name = json.loads(credential)["id"]
    except (LookupError, RecursionError, TypeError, ValueError):
        return {}
    if not isinstance(name, str) or not _CREDENTIAL_ID.fullmatch(name):
        return {}
    about = {"rpId": context().settings.hostname, "credentialId": name}
    return {"signalUnknownCredential": about}
