"""Help pages that are drawn from what the services say."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from shared.contracts.identity.members.roles import LIST_ROLES, ListRoles
from web.page.page import begin_page
from web.page.session.signed_in import signed_in

bp = Blueprint("help", __name__, url_prefix="/help")


@bp.get("/roles")
@signed_in
def show_roles() -> ResponseReturnValue:
    """What each role may do, as identity's table says."""
    page = begin_page()
    page.ask("table", LIST_ROLES, ListRoles())
    return page.show("help/roles.html")
