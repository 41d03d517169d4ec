"""The service list behind every counter, and the page of one service."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from shared.contracts import inventory
from shared.contracts.inventory import StateFilter
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
    page.ask(
        "listing",
        "The list",
        inventory.LIST_SERVICES,
        query.request(),
        stands_without=True,
    )
    return page.show("services/page.html", query=query, states=tuple(StateFilter))


@bp.get("/services/<service_id>")
@signed_in
def show_service(service_id: str) -> ResponseReturnValue:
    arguments = inventory.GetService(service_id=read_uuid(service_id))
    page = Page(at="services")
    page.ask("details", "This service", inventory.GET_SERVICE, arguments)
    return page.show("services/service.html")
