"""Errors as pages for people: what happened, what was kept, what to do, an id."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

import structlog
from flask import (
    Flask,
    Response,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError

from shared.errors import (
    Conflict,
    ContractError,
    Forbidden,
    RemoteFault,
    Unauthenticated,
    Unavailable,
)
from shared.logs import describe
from web.language.refusals import LazySentence, retry_after, sentence
from web.page.addresses import own_address, page_of_form, return_address
from web.page.forms import FORM_EXPIRED
from web.page.frame import Frame
from web.page.htmx import make_response, request
from web.page.page import Page
from web.page.session import step_up
from web.page.session.signed_in import ask_to_sign_in, sign_out
from web.page.visit import Visit

log = structlog.get_logger()

_TITLES = {
    401: _("Please log in"),
    403: _("Not included in your role"),
    404: _("Page not found"),
    405: _("Not possible here"),
    409: _("Something has changed"),
    413: _("Request too large"),
    422: _("Some entries are not valid"),
    429: _("Too many attempts"),
    500: _("Something went wrong on our side"),
    503: _("Not available right now"),
}
_OTHER_TITLE = _("That did not work")
_HTTP_SENTENCES = {
    404: _("There is no page at this address. It may have moved, or the link is old."),
    405: _("This page can't be opened this way. Go back and use the buttons."),
    413: _("What you sent is too large. Nothing was changed."),
    500: _(
        "Your changes may not have been saved. Check, then try again. If it happens "
        "again, contact support and quote the ID below."
    ),
}
_OTHER_SENTENCE = _("Go back, or start from the dashboard.")
_NO_MEMBER = {"no_such_company", "no_company"}
_KEPT_HEADERS = {"Allow", "Content-Range", "Retry-After"}
"""Headers of werkzeug's answers from which programs learn what to do."""


def register_error_pages(app: Flask) -> None:
    app.register_error_handler(Unauthenticated, _session_ended)
    app.register_error_handler(Forbidden, _forbidden)
    app.register_error_handler(Conflict, _conflict)
    app.register_error_handler(ContractError, _refused)
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(SecurityError, _foreign_host)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(RemoteFault, _remote_fault)
    app.register_error_handler(Exception, _fault)


def error_page(
    status: int,
    message: str | LazyString,
    title: str | LazyString = "",
    headers: Mapping[str, str] | None = None,
) -> ResponseReturnValue:
    """Show what happened, within the frame if one was on its way.

    Lazy texts are in the reader's language, which is known once there is a frame.
    """
    frame = _frame_on_its_way()
    may_help = status == Unavailable.http_status and request.method == "GET"
    page = render_template(
        "error.html",
        title=str(title or _TITLES.get(status, _OTHER_TITLE)),
        message=str(message),
        request_id=g.request_id,
        retry=request.full_path if may_help else "",
        frame=frame,
    )
    return page, status, dict(headers or {})


def _path() -> str:
    """The path for the log, without the token of a link from a mail."""
    token = (request.view_args or {}).get("token")
    return request.path.replace(token, "<token>") if token else request.path


def _frame_on_its_way() -> Frame | None:
    page: Page | None = g.get("page")
    if page is None:
        return None
    try:
        return page.load_frame()
    except (ContractError, RemoteFault):
        return None  # the session has ended, say: what is shown must not depend on it


def _session_ended(refusal: Unauthenticated) -> ResponseReturnValue:
    if refusal.code == "session_renewed" and request.htmx and request.method == "GET":
        # Another tab has a new token in the meantime, and so this one has it, too:
        # whatever asked for a part of the page asks again.
        return "", HTTPStatus.NO_CONTENT
    return sign_out(sentence(refusal))


def _forbidden(refusal: Forbidden) -> ResponseReturnValue:
    if refusal.code == step_up.REQUIRED:
        return step_up.ask_for_proof()
    if refusal.code == "two_factor_missing":
        return _ask_for_factor(refusal)
    return _refused(refusal)


def _ask_for_factor(refusal: Forbidden) -> ResponseReturnValue:
    """Lead to the set-up of the second factor that a company requires."""
    log.info("refused", code=refusal.code, path=_path())
    visit: Visit | None = g.get("visit")
    known = visit.known_principal if visit else None
    if known is None or not known.lacks_factor:
        flash(sentence(refusal), "warning")  # else the page says for which company
    set_up = url_for("account.two_factor")
    if request.htmx:
        return make_response("", refusal.http_status, redirect=set_up)
    return redirect(set_up, code=303)


def _refused(refusal: ContractError) -> ResponseReturnValue:
    log.info("refused", code=refusal.code, path=_path())
    if refusal.code in _NO_MEMBER and request.htmx.is_partial:
        # An open page of a company that the person has left is to be left as well.
        return make_response("", refusal.http_status, redirect=return_address())
    headers = retry_after(refusal)
    message = LazySentence(refusal)
    return error_page(refusal.http_status, message, headers=headers)


def _conflict(refusal: Conflict) -> ResponseReturnValue:
    """Two tabs with two companies: ask which one is meant."""
    visit: Visit | None = g.get("visit")
    if refusal.code != "other_company" or visit is None or visit.session is None:
        return _refused(refusal)
    named = {refusal.parameters["wanted"], refusal.parameters["current"]}
    companies = [c for c in visit.session.memberships if str(c.company_id) in named]
    page = render_template(
        "other_company.html",
        companies=companies,
        here=_without_company(),
        is_form=request.method != "GET",
        **refusal.parameters,
    )
    return page, Conflict.http_status


def _without_company() -> str:
    """Return the page's address without its company, with what was typed."""
    path, _, query = return_address().partition("?")
    typed = parse_qsl(query, keep_blank_values=True)
    kept = [(name, value) for name, value in typed if name != "company"]
    return f"{path}?{urlencode(kept)}"


def _form_expired(_error: CSRFError) -> ResponseReturnValue:
    """Redirect to the form's page, or to the login if nobody is signed in."""
    log.info("form_expired", path=_path())
    page = page_of_form(request.endpoint)
    if page is None:
        return error_page(
            400,
            FORM_EXPIRED,
            _("That form has expired"),
        )
    if not current_user.is_authenticated and page.needs_sign_in:
        signing_in: Response = ask_to_sign_in()
        return signing_in
    if page.again is not None:
        try:
            return page.again(**(request.view_args or {}))
        except (ContractError, RemoteFault, HTTPException) as failure:
            return current_app.handle_user_exception(failure)
    flash(str(FORM_EXPIRED), "warning")
    return redirect(return_address(), code=303)


def _foreign_host(_error: SecurityError) -> ResponseReturnValue:
    """No page: for a host that is not ours no address can be made."""
    message = _("There is no site under this name. Check the address.")
    return Response(f"{message}\n", status=400, mimetype="text/plain")


def _http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:  # noqa: PLR2004  a redirect that werkzeug raises
        return error
    if (page := _page_of_forms_address(status)) is not None:
        return redirect(page, code=303)
    message = _HTTP_SENTENCES.get(status, _OTHER_SENTENCE)
    headers = {k: v for k, v in error.get_headers() if k in _KEPT_HEADERS}
    return error_page(status, message, headers=headers)


def _page_of_forms_address(status: int) -> str | None:
    """Where a form's own address leads, which stays in the browser after a refusal."""
    is_opened = status == HTTPStatus.METHOD_NOT_ALLOWED and request.method == "GET"
    return own_address(request.full_path) if is_opened else None


def _remote_fault(fault: RemoteFault) -> ResponseReturnValue:
    log.error("remote_fault", path=_path(), error=describe(fault))
    return error_page(500, _HTTP_SENTENCES[500])


def _fault(error: Exception) -> ResponseReturnValue:
    """Our own: perhaps in the frame, so it is left away."""
    g.pop("page", None)
    log.error("fault", path=_path(), exc_info=error)
    return error_page(500, _HTTP_SENTENCES[500])
