"""What people did for a company, on a page and as CSV.

Acts for the company in the address, as its profile does.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from shared.contracts import inventory
from shared.contracts.identity.activity import LIST_COMPANY_ACTIVITY, ActivityPage
from shared.contracts.identity.memberships import LIST_MEMBERS, ListMembers
from shared.errors import Forbidden
from shared.permissions import Permission
from web.activity import csv_file
from web.activity.forms import ActivityFilters
from web.activity.links import service_of
from web.activity.list_view import ActivityView
from web.activity.queries import ActivityQuery, from_the_start, list_all
from web.page import csv_files, downloads
from web.page.page import Page, begin_page
from web.page.session.signed_in import signed_in
from web.page.values import read_uuid
from web.page.visit import visit_company

bp = Blueprint("activity", __name__, url_prefix="/companies/<company_id>")


@bp.get("/activity")
@signed_in
def list_activity(company_id: str) -> ResponseReturnValue:
    company = read_uuid(company_id)
    filters = ActivityFilters()
    query = ActivityQuery.read(filters)
    page = begin_page(acts_for=company)
    page.ask(
        "listing",
        LIST_COMPANY_ACTIVITY,
        query.of_company(),
        optional=True,
        filters=filters,
    )
    page.ask("members", LIST_MEMBERS, ListMembers(), optional=True)
    listing, members = page.answer("listing"), page.answer("members")
    if not page.may(Permission.READ_ACTIVITY):
        raise Forbidden("permission_missing")
    view = ActivityView.of_company(
        query,
        listing,
        members.members if members else [],
        _names(page, listing) if listing else {},
        partial(_address, company),
    )
    return page.show(
        "activity/company.html",
        company_id=company,
        filters=filters,
        query=query,
        view=view,
    )


def _address(company: UUID, parameters: Mapping[str, Any]) -> str:
    return url_for("activity.list_activity", company_id=company, **parameters)


def _names(page: Page, listing: ActivityPage) -> Mapping[UUID, str]:
    """Return the names of the services in the list; identity knows only their ids."""
    found = {UUID(each) for each in map(service_of, listing.entries) if each}
    if not found:
        return {}
    page.ask(
        "names",
        inventory.reading.NAME_SERVICES,
        inventory.reading.NameServices(service_ids=sorted(found)),
        optional=True,
    )
    names: inventory.reading.ServiceNames | None = page.answer("names")
    return names.by_id if names else {}


@bp.get("/activity.csv")
@signed_in
def download(company_id: str) -> ResponseReturnValue:
    """All acts that the page's filters leave, as CSV."""
    company = read_uuid(company_id)
    filters = ActivityFilters()
    filters.check()
    query = from_the_start(ActivityQuery.read(filters))
    asked = query.of_company(downloads.PAGE_SIZE)
    pages = list_all(visit_company(company), LIST_COMPANY_ACTIVITY, asked)
    name = downloads.name_with_days("activity", query.first_day, query.last_day, ".csv")
    rows = csv_file.write_csv(pages)
    return downloads.stream(company, rows, csv_files.MEDIA_TYPE, name)
