"""Login links: offered while an account is throttled, and mailed to its owner."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import HiddenField

from shared.contracts.identity.login_links import (
    ASK_FOR_LOGIN_LINK,
    SHOW_LOGIN_LINK,
    AskForLoginLink,
    ShowLoginLink,
)
from shared.errors import NotFound, Throttled, Unavailable
from web.auth.entering import user_agent
from web.auth.views import LogInForm, show_log_in
from web.language.refusals import retry_after
from web.page.addresses import form_on
from web.page.context import call_public
from web.page.forms import PageForm

bp = Blueprint("login_links", __name__)


class AskForLinkForm(PageForm):
    """Its email is the one that was typed to log in."""

    email = HiddenField()


@bp.post("/login/link")
@form_on("auth.log_in", needs_sign_in=False)
def ask_for_link() -> ResponseReturnValue:
    """Ask for a link; the answer is the same whether there is an account or not."""
    arguments = AskForLoginLink(
        email=AskForLinkForm().email.data or "",
        address=request.remote_addr or "",
        user_agent=user_agent(),
    )
    try:
        call_public(ASK_FOR_LOGIN_LINK, arguments)
    except (Throttled, Unavailable) as refusal:
        form = LogInForm().refuse(refusal)
        return *show_log_in(form), retry_after(refusal)
    return render_template("auth/link_sent.html")


@bp.get("/login-link/<token>")
def show_link(token: str) -> ResponseReturnValue:
    """The login, with a link that counts apart from what others guess.

    Opening it uses nothing up: the form does, which is the login's.
    """
    try:
        link = call_public(SHOW_LOGIN_LINK, ShowLoginLink(token=token))
    except NotFound as refusal:
        return show_log_in(LogInForm(formdata=None).refuse(refusal))
    return show_log_in(LogInForm(formdata=None, email=link.email, link=token))
