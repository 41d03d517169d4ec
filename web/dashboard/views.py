"""The dashboard page, and each block at an address of its own."""

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from shared.client import DEFAULT_TIMEOUT_S
from web.auth.signed_in import signed_in
from web.blocks import PendingBlocks
from web.dashboard.blocks import BLOCKS, COSTS, SERVICES
from web.frame import Page, prepare_reader
from web.tags import answer_with_tag
from web.visit import begin_visit

bp = Blueprint("dashboard", __name__)


@bp.get("/")
@signed_in
def dashboard() -> ResponseReturnValue:
    return Page(SERVICES, COSTS, at="dashboard").render("dashboard/page.html")


@bp.get("/blocks/<name>")
@signed_in
def block(name: str) -> ResponseReturnValue:
    """One block alone; 304 when it is what the browser shows already."""
    if name not in BLOCKS:
        abort(404)
    visit = begin_visit(polling=True)
    view = PendingBlocks(visit, [BLOCKS[name]], DEFAULT_TIMEOUT_S).load()[name]
    prepare_reader(visit)
    at = request.args.get("at", "")[:100]
    html = render_template(BLOCKS[name].template, view=view, at=at)
    return answer_with_tag(html)
