"""After the password: the second step, by a code or by setting an app up.

The browser holds the token of its pending log-in in its cookie, and nothing else: there
is no session yet.
"""

from collections.abc import Sequence

import structlog
from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from flask_login import current_user

from shared.contracts import identity
from shared.contracts.identity.factors import Factor
from shared.contracts.identity.second_step import (
    ANSWER_SECOND_STEP,
    GET_PENDING_LOGIN,
    PROPOSE_TOTP_AT_LOGIN,
    SET_UP_TOTP_AT_LOGIN,
    AnswerSecondStep,
    GetPendingLogin,
    ProposeTotpAtLogin,
    SetUp,
    SetUpTotpAtLogin,
)
from shared.errors import (
    ContractError,
    InvalidInput,
    Throttled,
    Unauthenticated,
    Unavailable,
)
from web.auth.entering import end_earlier_session, enter, next_page
from web.auth.entering import user_agent as own_user_agent
from web.language.refusals import retry_after, sentence
from web.page.addresses import form_on
from web.page.authenticator_apps import AnyCodeField, AppForm, AppSecret, CodeField
from web.page.context import call_public, context
from web.page.forms import PageForm
from web.page.session.device import device_token
from web.page.session.signed_in import sign_in

bp = Blueprint("second_step", __name__, url_prefix="/login")
log = structlog.get_logger()

_TOKEN = "second_step"  # noqa: S105  the name of a part of the cookie
_PAGE = "second_step.show"
_SET_UP = "second_step.show_set_up"
_REFUSALS = (InvalidInput, Throttled, Unavailable)


class CodeForm(PageForm):
    refusals = {"wrong_code": "code"}  # noqa: RUF012
    code = CodeField(_("6-digit code"))


class RecoveryForm(PageForm):
    refusals = {"wrong_recovery_code": "code"}  # noqa: RUF012
    code = AnyCodeField(_("Recovery code"))

    def refuse(self, refusal: ContractError) -> "RecoveryForm":
        if refusal.code == "wrong_code":
            refusal = InvalidInput("wrong_recovery_code")
        form: RecoveryForm = super().refuse(refusal)
        return form


def ask_for_second_step(pending: identity.signing_in.PendingLogin) -> Response:
    """After a right password: keep the token, and show what is needed next."""
    cookie[_TOKEN] = pending.token
    page = _PAGE if pending.factors else _SET_UP
    target = url_for(page, next=request.args.get("next"))
    return current_app.make_response(redirect(target, code=303))


@bp.get("/second-step")
def show() -> ResponseReturnValue:
    try:
        pending = find_pending()
    except Unauthenticated as refusal:
        return start_again(refusal)
    if not pending.factors:
        return redirect(url_for(_SET_UP, next=request.args.get("next")), code=303)
    return _show(_form_class()(formdata=None), pending.factors)


def show_refused(form: PageForm) -> ResponseReturnValue:
    """The page again; the refusal may have ended the pending log-in."""
    try:
        pending = find_pending()
    except Unauthenticated as refusal:
        return start_again(refusal)
    return _show(form, pending.factors)


def _show_again() -> ResponseReturnValue:
    """The form, after it has expired."""
    return show_refused(_form_class().expired())


@bp.post("/second-step")
@form_on(_PAGE, again=_show_again, needs_sign_in=False)
def answer() -> ResponseReturnValue:
    form = _form_class()()
    arguments = AnswerSecondStep(
        token=pending_token(),
        code=form.code.data or "",
        address=request.remote_addr or "",
        user_agent=own_user_agent(),
        device=device_token(),
    )
    try:
        session = call_public(ANSWER_SECOND_STEP, arguments)
    except Unauthenticated as refusal:
        return start_again(refusal)
    except _REFUSALS as refusal:
        form.refuse(refusal)
        return _with_headers(show_refused(form), refusal)
    return enter(session)


@bp.get("/set-up")
def show_set_up() -> ResponseReturnValue:
    arguments = ProposeTotpAtLogin(token=pending_token())
    try:
        proposal = call_public(PROPOSE_TOTP_AT_LOGIN, arguments)
    except Unauthenticated as refusal:
        return start_again(refusal)
    return _show_set_up(AppForm.propose(proposal))


def show_set_up_refused(refusal: ContractError) -> ResponseReturnValue:
    """The page once more, after a passkey that was refused."""
    try:
        find_pending()
    except Unauthenticated as ended:
        return start_again(ended)
    flash(sentence(refusal), "danger")
    target = url_for(_SET_UP, next=request.args.get("next"))
    response = redirect(target, code=303)
    return _with_headers(response, refusal)


def _set_up_again() -> ResponseReturnValue:
    return _show_set_up(AppForm.expired())


@bp.post("/set-up")
@form_on(_SET_UP, again=_set_up_again, needs_sign_in=False)
def set_up() -> ResponseReturnValue:
    """Keep the app, let its owner in, and show the recovery codes."""
    form = AppForm()
    arguments = SetUpTotpAtLogin(
        token=pending_token(),
        proposal=form.proposal.data or "",
        code=form.code.data or "",
        address=request.remote_addr or "",
        user_agent=own_user_agent(),
        device=device_token(),
    )
    try:
        done = call_public(SET_UP_TOTP_AT_LOGIN, arguments)
    except Unauthenticated as refusal:
        return start_again(refusal)
    except _REFUSALS as refusal:
        if refusal.code == "proposal_expired":
            flash(sentence(refusal), "warning")
            return redirect(url_for(_SET_UP, next=request.args.get("next")), code=303)
        form.refuse(refusal)
        return _with_headers(_show_set_up(form), refusal)
    return let_in_with_codes(done)


def let_in_with_codes(done: SetUp) -> Response:
    """Let somebody in who has set a factor up, and show their recovery codes."""
    end_earlier_session()
    response = current_app.make_response("")
    sign_in(done.session, response)
    target = next_page(request.args.get("next"))
    html = render_template(
        "account/recovery_codes.html", codes=done.recovery_codes, target=target
    )
    response.set_data(html)
    return response


def pending_token() -> str:
    token: str = cookie.get(_TOKEN, "")
    return token


def find_pending() -> identity.signing_in.PendingLogin:
    arguments = GetPendingLogin(token=pending_token())
    return call_public(GET_PENDING_LOGIN, arguments)


def start_again(refusal: Unauthenticated) -> ResponseReturnValue:
    """Lead back to the password, or on to the page if somebody is logged in."""
    had_begun = cookie.pop(_TOKEN, None)
    if current_user.is_authenticated:
        return redirect(next_page(request.args.get("next")), code=303)
    if had_begun:
        flash(sentence(refusal), "warning")
    login = url_for("auth.log_in", next=request.args.get("next"))
    return redirect(login, code=303)


def _form_class() -> type[CodeForm] | type[RecoveryForm]:
    """The address says which code is typed, as it can't be seen from a wrong one."""
    is_recovery = request.args.get("with") == "recovery-code"
    return RecoveryForm if is_recovery else CodeForm


def _show(form: PageForm, factors: Sequence[Factor]) -> ResponseReturnValue:
    html = render_template(
        "auth/second_step.html",
        form=form,
        is_recovery=isinstance(form, RecoveryForm),
        has_app=Factor.TOTP in factors,
        has_passkey=Factor.PASSKEY in factors,
        passkeys_at=context().settings.address_for_passkeys(request.host),
        next=request.args.get("next"),
    )
    return html, form.status


def _show_set_up(form: AppForm) -> ResponseReturnValue:
    html = render_template(
        "auth/set_up.html",
        form=form,
        secret=AppSecret.of(form),
        passkeys_at=context().settings.address_for_passkeys(request.host),
        next=request.args.get("next"),
    )
    return html, form.status


def _with_headers(answer: ResponseReturnValue, refusal: ContractError) -> Response:
    response = make_response(answer)
    response.headers.update(retry_after(refusal))
    return response
