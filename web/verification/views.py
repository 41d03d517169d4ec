"""The Verification Center: who a person and their company are, and what that lifts."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from web.page.session.signed_in import signed_in
from web.verification.center import show_page

bp = Blueprint("verification", __name__, url_prefix="/account/verification")


@bp.get("")
@signed_in
def show_center() -> ResponseReturnValue:
    return show_page()
