"""A passkey as the second step, after the password."""

from flask import Blueprint, Response, make_response, request
from flask.typing import ResponseReturnValue

from shared.contracts import identity
from shared.contracts.identity.passkeys import (
    ANSWER_SECOND_STEP_WITH_PASSKEY,
    BEGIN_PASSKEY_SECOND_STEP,
    AnswerSecondStepWithPasskey,
    BeginPasskeySecondStep,
)
from shared.errors import InvalidInput, Throttled, Unauthenticated, Unavailable
from web.auth.entering import enter, user_agent
from web.auth.passkeys import PasskeyForm
from web.auth.second_step import CodeForm, pending_token, show_refused, start_again
from web.language.refusals import retry_after, sentence
from web.page.addresses import form_on
from web.page.context import call_public
from web.page.session.device import device_token

bp = Blueprint("passkey_step", __name__, url_prefix="/login/second-step/passkey")

_PAGE = "second_step.show"


@bp.post("/options")
@form_on(_PAGE, needs_sign_in=False)
def give_options() -> ResponseReturnValue:
    """Answer a script with the options; without them it sends the form itself."""
    try:
        options = _begin()
    except (Unauthenticated, Throttled, Unavailable) as refusal:
        return sentence(refusal), refusal.http_status, retry_after(refusal)
    return Response(options, mimetype="application/json")


@bp.post("")
@form_on(_PAGE, needs_sign_in=False)
def answer() -> ResponseReturnValue:
    try:
        return enter(_answer(PasskeyForm().credential.data or ""))
    except Unauthenticated as refusal:
        return start_again(refusal)
    except (InvalidInput, Throttled, Unavailable) as refusal:
        page = show_refused(CodeForm(formdata=None).refuse(refusal))
        response = make_response(page)
        response.headers.update(retry_after(refusal))
        return response


def _begin() -> str:
    arguments = BeginPasskeySecondStep(token=pending_token())
    begun = call_public(BEGIN_PASSKEY_SECOND_STEP, arguments)
    return begun.options


def _answer(credential: str) -> identity.signing_in.Session:
    if not credential:
        # Without options there was nothing to answer: this says why there are none.
        _begin()
        raise InvalidInput("passkey_missing")
    arguments = AnswerSecondStepWithPasskey(
        token=pending_token(),
        credential=credential,
        address=request.remote_addr or "",
        user_agent=user_agent(),
        device=device_token(),
    )
    method = ANSWER_SECOND_STEP_WITH_PASSKEY
    return call_public(method, arguments)
