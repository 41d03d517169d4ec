"""Add Funds: for now, what is recommended and how it was worked out."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from web.auth.signed_in import signed_in
from web.dashboard.blocks import COSTS
from web.frame import Page

bp = Blueprint("funds", __name__, url_prefix="/funds")


@bp.get("/add")
@signed_in
def add_funds() -> ResponseReturnValue:
    return Page(COSTS).show("funds/add.html")
