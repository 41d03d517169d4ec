"""A person's notifications, of their account and all of their companies."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField

from shared.contracts.identity.notices import (
    LIST_NOTICES,
    MARK_NOTICES_READ,
    ListNotices,
    MarkNoticesRead,
)
from shared.errors import InvalidInput, Unavailable
from web.notices.list_view import NoticeListView
from web.page.addresses import form_on
from web.page.forms import ChangeForm, new_form_key
from web.page.page import begin_page
from web.page.session.signed_in import signed_in
from web.page.values import read_uuid
from web.page.visit import begin_live_visit

bp = Blueprint("notices", __name__)


class ReadForm(ChangeForm):
    """Marks one notification as read, or all that the page knew of."""

    notice = HiddenField()
    up_to = HiddenField()

    def request(self) -> MarkNoticesRead:
        """Read what to mark.

        Raises:
            InvalidInput: ``no_such_page``: nobody's page sends that.
        """
        if self.notice.data:
            return MarkNoticesRead(notice_id=read_uuid(self.notice.data))
        if not (self.up_to.data or "").isdecimal():
            raise InvalidInput("no_such_page")
        return MarkNoticesRead(up_to=int(self.up_to.data))


@bp.get("/account/notices")
@signed_in
def list_notices(form: ReadForm | None = None) -> ResponseReturnValue:
    page = begin_page(at="notices")
    page.ask("listing", LIST_NOTICES, ListNotices(cursor=request.args.get("after")))
    listing = page.answer("listing")
    view = NoticeListView.of(listing) if listing else None
    form = form or ReadForm()
    return page.show(
        "notices/page.html",
        view=view,
        form=form,
        new_key=new_form_key,
        status=form.status,
    )


@bp.post("/account/notices/read")
@form_on("notices.list_notices", keeps=("after",))
@signed_in
def mark_read() -> ResponseReturnValue:
    form = ReadForm()
    visit = begin_live_visit()
    try:
        form.send(visit, MARK_NOTICES_READ, form.request())
    except (InvalidInput, Unavailable) as refusal:
        return list_notices(form.refuse(refusal))
    return redirect(url_for("notices.list_notices"), code=303)
