"""The entries of the avatar menu: account, password, two factors."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shared.contracts import identity
from shared.errors import Conflict, InvalidInput, Throttled, Unavailable
from web.account.company_tiles import company_tiles
from web.account.password_form import ChangePasswordForm
from web.account.two_factor import show_two_factor
from web.language.refusals import retry_after
from web.page.addresses import form_on
from web.page.page import Page, begin_page
from web.page.session.signed_in import signed_in
from web.page.session.step_up import require_proof
from web.page.visit import Visit, begin_visit

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.get("")
@signed_in
def account() -> ResponseReturnValue:
    page = _begin()
    frame = page.load_frame()
    tiles = company_tiles(frame.user, frame.companies)
    return page.show("account/account.html", tiles=tiles)


@bp.get("/password")
@signed_in
def password() -> ResponseReturnValue:
    visit = begin_visit()
    require_proof(visit)
    return _show_password(ChangePasswordForm(), visit)


@bp.post("/password")
@form_on("account.password", has_secret=True)
@signed_in
def change_password() -> ResponseReturnValue:
    form = ChangePasswordForm()
    if not form.validate():
        form.status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _show_password(form)
    try:
        form.change()
    except (InvalidInput, Conflict, Throttled, Unavailable) as refusal:
        return *_show_password(form.refuse(refusal)), retry_after(refusal)
    flash(_("Your password is changed. All other sessions have ended."), "success")
    return redirect(url_for("account.account"), code=303)


@bp.get("/two-factor")
@signed_in
def two_factor() -> ResponseReturnValue:
    return show_two_factor()


def _show_password(
    form: ChangePasswordForm, visit: Visit | None = None
) -> tuple[str, int]:
    return _begin(visit).show("account/password.html", form=form, status=form.status)


def _begin(visit: Visit | None = None) -> Page:
    page = begin_page(visit=visit)
    page.ask("account", identity.people.GET_ACCOUNT, identity.people.GetAccount())
    return page
