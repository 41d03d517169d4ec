"""The dashboard page, and each block at an address of its own."""

from http import HTTPStatus

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from shared.contracts.inventory.reading import DashboardCounters
from shared.contracts.inventory.services import Period
from shared.rpc.client import DEFAULT_TIMEOUT_S
from web.dashboard.blocks import BLOCKS, SERVICES
from web.dashboard.costs import COSTS
from web.dashboard.security import SECURITY
from web.page.addresses import fragment_of
from web.page.blocks import Block, PendingBlocks
from web.page.context import context
from web.page.frame import MENU
from web.page.freshness.polling import (
    Tag,
    answer_with_tag,
    has_other_rights,
    not_changed,
    reader_of,
    shown_tag,
)
from web.page.htmx import make_response
from web.page.page import begin_page
from web.page.recommended import RECOMMENDED
from web.page.session.signed_in import signed_in
from web.page.visit import Visit, begin_visit, prepare_reader

bp = Blueprint("dashboard", __name__)


@bp.get("/")
@signed_in
def dashboard() -> ResponseReturnValue:
    page = begin_page(RECOMMENDED, SERVICES, COSTS, SECURITY, at="dashboard")
    page.settle()
    menu = page.load_blocks()[MENU.name].data
    return page.show("dashboard/page.html", per=_period(), positions=_positions(menu))


@bp.get("/blocks/<name>", endpoint="block")
@fragment_of("dashboard.dashboard", keeps=("per",))
@signed_in
def show_block(name: str) -> ResponseReturnValue:
    """One block alone; 304 when it is what the browser shows already."""
    if name not in BLOCKS:
        abort(404)
    block = BLOCKS[name]
    visit = begin_visit(polling=True)
    visit.asks_protection = block.needs_protection
    if tag := _current_tag(block, visit):
        return not_changed(tag)
    pending = PendingBlocks(visit, [block], DEFAULT_TIMEOUT_S)
    prepare_reader(visit)
    if has_other_rights(visit.identify()):
        return make_response("", HTTPStatus.NO_CONTENT, refresh=True)
    view = pending.load()[name]
    at = request.args.get("at", "")[:100]
    menu = context().last_known.find(visit.identify(), MENU.name)
    html = render_template(
        block.template,
        view=view,
        at=at,
        per=_period(),
        positions=_positions(menu.value if menu else None),
    )
    reader = reader_of(visit.identify(), visit.last_session)
    return answer_with_tag(html, Tag(view.asked_at, reader))


def _positions(menu: DashboardCounters | None) -> dict[str, int]:
    """Return the positions of families in the catalogue, as far as they are known."""
    return {it.code: it.position for it in menu.families} if menu else {}


def _period() -> Period:
    """Return the period that costs are shown for: a month, unless the address says."""
    try:
        per = Period(request.args.get("per", Period.MONTH.value))
    except ValueError:
        return Period.MONTH
    return Period.MONTH if per is Period.ONCE else per


def _current_tag(block: Block, visit: Visit) -> Tag | None:
    """Return the tag of what the browser shows, if it is current for certain.

    Only while the principal is valid, as then identity isn't asked about the session.
    """
    tag, principal = shown_tag(), visit.known_principal
    if tag is None or principal is None or principal.company_id is None:
        return None
    subject = principal.user_id if block.is_about_person else principal.company_id
    is_current = tag.is_current(subject, block.sources)
    same_reader = tag.reader == reader_of(principal, visit.last_session)
    return tag if is_current and same_reader else None
