"""The service list behind every counter, and the page of one service."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from shared.contracts import billing, inventory
from shared.permissions import Permission
from web.page.page import Page, begin_page
from web.page.session.signed_in import signed_in
from web.page.values import read_uuid
from web.services.forms import ServiceFilters
from web.services.list_view import ServiceListView
from web.services.queries import ServiceQuery, ask_how_it_is_paid
from web.services.service_view import ServiceView

bp = Blueprint("services", __name__)


@bp.get("/services")
@signed_in
def list_services() -> ResponseReturnValue:
    filters = ServiceFilters()
    query = ServiceQuery.read(filters)
    at = f"family:{query.family}" if query.family else "services"
    page = begin_page(at=at)
    page.ask(
        "listing",
        inventory.reading.LIST_SERVICES,
        query.request(),
        optional=True,
        filters=filters,
    )
    view = ServiceListView.of(query, page.load_frame().menu.data)
    return page.show("services/page.html", filters=filters, query=query, view=view)


@bp.get("/services/<service_id>")
@signed_in
def show_service(service_id: str) -> ResponseReturnValue:
    """The service with its history, how it is paid, and what was charged for it."""
    service = read_uuid(service_id)
    arguments = inventory.reading.GetService(service_id=service)
    page = begin_page(at="services")
    page.ask("details", inventory.reading.GET_SERVICE, arguments)
    if page.may(Permission.READ_BILLING):
        ask_how_it_is_paid(page, service, request.args.get("after") or None)
    details, paid = page.answer("details"), _known_payment(page)
    return page.show(
        "services/service.html",
        company_id=page.load_frame().company.company_id,
        may_hand_over=page.may(Permission.MANAGE_OWNERSHIP),
        may_read_billing=page.may(Permission.READ_BILLING),
        view=ServiceView.of(details, paid) if details else None,
    )


def _known_payment(page: Page) -> billing.charging.Subscription | None:
    """Return how the service is paid; None where only an earlier answer is known."""
    if not page.may(Permission.READ_BILLING):
        return None
    found: billing.charging.FoundSubscription | None
    found = page.answer("payment", fresh=True)
    return found.subscription if found else None
