"""The entries of the avatar menu: account, password, verification, two factors."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from shared.contracts import identity
from web.account.verification_view import VerificationView
from web.page.page import Page, begin_page
from web.page.signed_in import signed_in

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.get("")
@signed_in
def account() -> ResponseReturnValue:
    return _begin().show("account/account.html")


@bp.get("/password")
@signed_in
def password() -> ResponseReturnValue:
    return _begin().show("account/password.html")


@bp.get("/verification")
@signed_in
def verification() -> ResponseReturnValue:
    page = _begin()
    it: identity.people.Account | None = page.answer("account")
    view = VerificationView.of(it.user, it.verifications) if it else None
    return page.show("account/verification.html", view=view)


@bp.get("/two-factor")
@signed_in
def two_factor() -> ResponseReturnValue:
    return _begin().show("account/two_factor.html")


def _begin() -> Page:
    page = begin_page()
    page.ask("account", identity.people.GET_ACCOUNT, identity.people.GetAccount())
    return page
