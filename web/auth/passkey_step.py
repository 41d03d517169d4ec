"""A passkey after the password: as the second step, or set up as the first factor."""

from flask import Blueprint, Response, make_response, request
from flask.typing import ResponseReturnValue

from shared.contracts import identity
from shared.contracts.identity.passkeys import (
    ANSWER_SECOND_STEP_WITH_PASSKEY,
    BEGIN_PASSKEY_SECOND_STEP,
    AnswerSecondStepWithPasskey,
    BeginPasskeySecondStep,
)
from shared.contracts.identity.second_step import (
    BEGIN_PASSKEY_AT_LOGIN,
    SET_UP_PASSKEY_AT_LOGIN,
    BeginPasskeyAtLogin,
    SetUp,
    SetUpPasskeyAtLogin,
)
from shared.errors import (
    Conflict,
    InvalidInput,
    Throttled,
    Unauthenticated,
    Unavailable,
)
from web.auth.entering import enter, user_agent
from web.auth.passkeys import PasskeyForm
from web.auth.second_step import (
    CodeForm,
    let_in_with_codes,
    pending_token,
    show_refused,
    show_set_up_refused,
    start_again,
)
from web.language.refusals import retry_after, sentence
from web.page.addresses import form_on
from web.page.context import call_public
from web.page.session.device import device_token

bp = Blueprint("passkey_step", __name__, url_prefix="/login")

_PAGE, _SET_UP = "second_step.show", "second_step.show_set_up"


@bp.post("/second-step/passkey/options")
@form_on(_PAGE, needs_sign_in=False)
def give_options() -> ResponseReturnValue:
    """Answer a script with the options; without them it sends the form itself."""
    try:
        return _as_json(_begin())
    except (Unauthenticated, Throttled, Unavailable) as refusal:
        return sentence(refusal), refusal.http_status, retry_after(refusal)


@bp.post("/second-step/passkey")
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


@bp.post("/set-up/passkey/options")
@form_on(_SET_UP, needs_sign_in=False)
def give_set_up_options() -> ResponseReturnValue:
    """Answer a script with the options; without them it sends the form itself."""
    try:
        return _as_json(_begin_set_up())
    except (Unauthenticated, Throttled, Unavailable) as refusal:
        return sentence(refusal), refusal.http_status, retry_after(refusal)


@bp.post("/set-up/passkey")
@form_on(_SET_UP, needs_sign_in=False)
def set_up() -> ResponseReturnValue:
    """Keep the passkey, let its owner in, and show the recovery codes."""
    try:
        return let_in_with_codes(_set_up(PasskeyForm().credential.data or ""))
    except Unauthenticated as refusal:
        return start_again(refusal)
    except (InvalidInput, Conflict, Throttled) as refusal:
        return show_set_up_refused(refusal)


def _as_json(options: str) -> Response:
    return Response(options, mimetype="application/json")


def _begin_set_up() -> str:
    arguments = BeginPasskeyAtLogin(token=pending_token())
    begun = call_public(BEGIN_PASSKEY_AT_LOGIN, arguments)
    return begun.options


def _set_up(credential: str) -> SetUp:
    if not credential:
        _begin_set_up()
        raise InvalidInput("passkey_missing")
    arguments = SetUpPasskeyAtLogin(
        token=pending_token(),
        credential=credential,
        address=request.remote_addr or "",
        user_agent=user_agent(),
        device=device_token(),
    )
    return call_public(SET_UP_PASSKEY_AT_LOGIN, arguments)


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
