"""The entries of the avatar menu: account, password, verification, two factors."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from shared.contracts import identity
from web.page.page import begin_page
from web.page.signed_in import signed_in

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.get("")
@signed_in
def account() -> ResponseReturnValue:
    return _page("account/account.html")


@bp.get("/password")
@signed_in
def password() -> ResponseReturnValue:
    return _page("account/password.html")


@bp.get("/verification")
@signed_in
def verification() -> ResponseReturnValue:
    return _page("account/verification.html")


@bp.get("/two-factor")
@signed_in
def two_factor() -> ResponseReturnValue:
    return _page("account/two_factor.html")


def _page(template: str) -> ResponseReturnValue:
    page = begin_page()
    page.ask(
        "account",
        identity.people.GET_ACCOUNT,
        identity.people.GetAccount(),
    )
    return page.show(template)
