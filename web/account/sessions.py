"""Where one is logged in, and ending it."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from shared.contracts.identity.sessions import (
    END_OTHER_SESSIONS,
    END_SESSION,
    LIST_SESSIONS,
    EndOtherSessions,
    EndSession,
    ListSessions,
    OpenSessions,
)
from web.account.sessions_view import SessionsView
from web.page.addresses import form_on
from web.page.context import context
from web.page.forms import ChangeForm
from web.page.page import begin_page
from web.page.session.signed_in import signed_in
from web.page.values import read_uuid
from web.page.visit import begin_live_visit

bp = Blueprint("sessions", __name__, url_prefix="/account/sessions")

_PAGE = "sessions.list_sessions"


@bp.get("")
@signed_in
def list_sessions() -> ResponseReturnValue:
    page = begin_page()
    page.ask("open", LIST_SESSIONS, ListSessions())
    found: OpenSessions | None = page.answer("open")
    view = SessionsView.of(found.sessions) if found else None
    return page.show("account/sessions.html", view=view)


@bp.post("/<session_id>/end")
@form_on(_PAGE)
@signed_in
def end_session(session_id: str) -> ResponseReturnValue:
    form, visit, wanted = ChangeForm(), begin_live_visit(), read_uuid(session_id)
    form.send(visit, END_SESSION, EndSession(session_id=wanted))
    # The event comes to all processes, but a moment later.
    context().changes.end_session(wanted)
    flash(_("The session has ended."), "success")
    return redirect(url_for(_PAGE), code=303)


@bp.post("/end-others")
@form_on(_PAGE)
@signed_in
def end_others() -> ResponseReturnValue:
    form, visit = ChangeForm(), begin_live_visit()
    count = form.send(visit, END_OTHER_SESSIONS, EndOtherSessions()).count
    words = ngettext(
        "%(num)s other session has ended.", "%(num)s other sessions have ended.", count
    )
    flash(words, "success")
    return redirect(url_for(_PAGE), code=303)
