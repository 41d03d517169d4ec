"""The service list behind every counter, and the page of one service."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from shared.contracts import inventory
from shared.contracts.inventory import StateFilter
from shared.errors import Unavailable
from web.auth.signed_in import signed_in
from web.frame import Page
from web.services.query import ServiceQuery
from web.values import read_uuid

bp = Blueprint("services", __name__)


@bp.get("/services")
@signed_in
def list_services() -> ResponseReturnValue:
    query = ServiceQuery.read(request.args)
    at = f"family:{query.family}" if query.family else "services"
    page = Page(at=at)
    answer = page.start(inventory.LIST_SERVICES, query.request())
    try:
        listing, status = answer.result(), 200
    except Unavailable as outage:
        listing, status = None, outage.http_status
    html = page.render(
        "services/page.html", query=query, listing=listing, states=tuple(StateFilter)
    )
    return html, status


@bp.get("/services/<service_id>")
@signed_in
def show_service(service_id: str) -> ResponseReturnValue:
    arguments = inventory.GetService(service_id=read_uuid(service_id))
    page = Page(at="services")
    details = page.start(inventory.GET_SERVICE, arguments).result()
    return page.render("services/service.html", details=details)
