"""What one did oneself, in all companies, on a page and as CSV."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from shared.contracts.identity.activity import LIST_ACTIVITY
from web.activity import csv_file
from web.activity.forms import ActivityFilters
from web.activity.list_view import ActivityView
from web.activity.queries import ActivityQuery, from_the_start, list_all
from web.page import csv_files, downloads
from web.page.page import begin_page
from web.page.session.signed_in import signed_in
from web.page.visit import begin_visit

bp = Blueprint("own_activity", __name__, url_prefix="/account")


@bp.get("/activity")
@signed_in
def list_own() -> ResponseReturnValue:
    filters = ActivityFilters()
    query = ActivityQuery.read(filters)
    page = begin_page()
    page.ask("listing", LIST_ACTIVITY, query.own(), optional=True, filters=filters)
    listing = page.answer("listing")
    session = page.visit.last_session
    view = ActivityView.own(
        query,
        listing,
        session.memberships if session else [],
        _address,
    )
    return page.show(
        "activity/own.html",
        filters=filters,
        query=query,
        view=view,
    )


def _address(parameters: Mapping[str, Any]) -> str:
    return url_for("own_activity.list_own", **parameters)


@bp.get("/activity.csv")
@signed_in
def download() -> ResponseReturnValue:
    """All acts that the page's filters leave, as CSV."""
    filters = ActivityFilters()
    filters.check()
    query = from_the_start(ActivityQuery.read(filters))
    visit = begin_visit()
    asked = query.own(downloads.PAGE_SIZE)
    pages = list_all(visit, LIST_ACTIVITY, asked)
    name = downloads.name_with_days("activity", query.first_day, query.last_day, ".csv")
    rows = csv_file.write_csv(pages)
    owner = visit.identify().user_id
    return downloads.stream(owner, rows, csv_files.MEDIA_TYPE, name)
