"""Two-Factor Authentication: set an app up, recovery codes, turn it off.

The answers that hold a secret are read for this page alone: unlike a page's content,
they are kept nowhere.
"""

import re
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from shared.contracts import identity
from shared.contracts.identity.factors import (
    FEW_RECOVERY_CODES,
    GET_FACTORS,
    PROPOSE_TOTP,
    RECOVERY_CODES,
    REMOVE_TOTP,
    RENEW_RECOVERY_CODES,
    TURN_ON_TOTP,
    GetFactors,
    ProposeTotp,
    RemoveTotp,
    RenewRecoveryCodes,
    TurnOnTotp,
)
from shared.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    RemoteFault,
    Throttled,
    Unavailable,
)
from web.account.passkeys_view import ask_for_passkeys, passkeys_of
from web.language.refusals import retry_after, sentence
from web.page.addresses import form_on
from web.page.authenticator_apps import AnyCodeField, AppForm, AppSecret
from web.page.forms import PageForm
from web.page.page import Page, begin_page
from web.page.session.signed_in import renew_own_session, signed_in
from web.page.session.step_up import require_proof
from web.page.visit import Visit, begin_live_visit, begin_visit, prepare_reader

bp = Blueprint("two_factor", __name__, url_prefix="/account/two-factor")

_PAGE = "account.two_factor"
_SET_UP = "two_factor.show_app"
_REFUSALS = (InvalidInput, Conflict, Throttled, Unavailable)
_CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){5}")


class TurnOffForm(PageForm):
    refusals = {"wrong_code": "code"}  # noqa: RUF012
    code = AnyCodeField(lazy_gettext("Code from your app, or a recovery code"))


def show_two_factor(off: TurnOffForm | None = None) -> ResponseReturnValue:
    """The page; ``off`` is the form that somebody has sent."""
    page = _begin()
    ask_for_passkeys(page)
    factors: identity.factors.Factors | None = page.answer("factors")
    # What is turned on already is not proposed, and neither is it without a recent
    # proof: the page then leads to the one that asks for it.
    form = _propose(page.visit, is_due=bool(factors and not factors.is_on))
    return page.show(
        "account/two_factor.html",
        status=off.status if off else 200,
        off=off or TurnOffForm(formdata=None),
        renewal=PageForm(formdata=None),
        recovery_codes=RECOVERY_CODES,
        few_codes=FEW_RECOVERY_CODES,
        passkeys_view=passkeys_of(page),
        **_app(form),
    )


@bp.get("/app")
@signed_in
def show_app() -> ResponseReturnValue:
    visit = begin_visit()
    require_proof(visit)
    page = _begin(visit)
    try:
        proposal = page.visit.read(PROPOSE_TOTP, ProposeTotp())
    except (Unavailable, RemoteFault):
        return _show_app(page, None)
    return _show_app(page, AppForm.propose(proposal))


@bp.post("/app")
@form_on(_SET_UP, has_secret=True)
@signed_in
def set_up_app() -> ResponseReturnValue:
    form, visit = AppForm(), begin_live_visit()
    wanted = TurnOnTotp(
        proposal=form.proposal.data or "",
        code=form.code.data or "",
        proof=form.proof.data or "",
    )
    try:
        made = visit.start(TURN_ON_TOTP, wanted).result()
    except _REFUSALS as refusal:
        if refusal.code == "proposal_expired":
            prepare_reader(visit)
            flash(sentence(refusal), "warning")
            return redirect(url_for(_SET_UP), code=303)
        form.refuse(refusal)
        response = _show_app(_begin(visit), form)
        response.headers.update(retry_after(refusal))
        return response
    renew_own_session(visit, made.session)
    prepare_reader(visit)
    if not made.recovery_codes:
        return _done(_("Your new authenticator app is set up."))
    flash(_("Two-Factor Authentication is on."), "success")
    return show_recovery_codes(visit, made.recovery_codes)


@bp.post("/recovery-codes")
@form_on(_PAGE)
@signed_in
def renew_recovery_codes() -> ResponseReturnValue:
    visit = begin_live_visit()
    try:
        made = visit.start(RENEW_RECOVERY_CODES, RenewRecoveryCodes()).result()
    except Conflict as refusal:
        prepare_reader(visit)
        return _done(sentence(refusal), "warning")
    return show_recovery_codes(visit, made.codes)


@bp.post("/recovery-codes.txt")
@form_on(_PAGE)
@signed_in
def download_recovery_codes() -> ResponseReturnValue:
    """The codes of the page as a file; only the page has them."""
    visit = begin_live_visit()
    prepare_reader(visit)
    codes = request.form.get("codes", "").split()[:RECOVERY_CODES]
    if not codes or not all(map(_CODE.fullmatch, codes)):
        raise InvalidInput("no_recovery_codes")
    response = Response("\r\n".join([*codes, ""]), mimetype="text/plain")
    name = "attachment; filename=recovery-codes.txt"
    response.headers["Content-Disposition"] = name
    return response


@bp.post("/off")
@form_on(_PAGE, has_secret=True)
@signed_in
def turn_off() -> ResponseReturnValue:
    form, visit = TurnOffForm(), begin_live_visit()
    try:
        wanted = RemoveTotp(code=form.code.data or "")
        renewed = visit.start(REMOVE_TOTP, wanted).result()
    except _REFUSALS as refusal:
        form.refuse(refusal)
        return show_two_factor(form)
    renew_own_session(visit, renewed)
    prepare_reader(visit)
    return _done(_("The authenticator app is removed."))


def _begin(visit: Visit | None = None) -> Page:
    page = begin_page(visit=visit)
    page.ask("account", identity.people.GET_ACCOUNT, identity.people.GetAccount())
    page.ask("factors", GET_FACTORS, GetFactors())
    return page


def _propose(visit: Visit, *, is_due: bool) -> AppForm | None:
    try:
        proposal = visit.read(PROPOSE_TOTP, ProposeTotp()) if is_due else None
    except (Forbidden, Unavailable, RemoteFault):
        return None
    return AppForm.propose(proposal) if proposal else None


def _app(form: AppForm | None) -> dict[str, Any]:
    return {"form": form, "secret": AppSecret.of(form) if form else None}


def _show_app(page: Page, form: AppForm | None) -> Response:
    status = form.status if form else 200
    answer = page.show("account/authenticator_app.html", status=status, **_app(form))
    return make_response(answer)


def show_recovery_codes(visit: Visit, codes: list[str]) -> ResponseReturnValue:
    page = begin_page(visit=visit)
    target = url_for(_PAGE)
    return page.show("account/recovery_codes.html", codes=codes, target=target)


def _done(words: str, kind: str = "success") -> ResponseReturnValue:
    flash(words, kind)
    return redirect(url_for(_PAGE), code=303)
