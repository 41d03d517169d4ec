"""The link "This wasn't me" shows a page; only its button does anything."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from shared.contracts import identity
from shared.contracts.identity.notices import FIND_NOT_ME, USE_NOT_ME, FindNotMe
from shared.errors import NotFound
from web.page.addresses import form_on
from web.page.context import call_public
from web.page.forms import PageForm

bp = Blueprint("not_me", __name__, url_prefix="/not-me")


@bp.get("/<token>")
def ask(token: str) -> ResponseReturnValue:
    """Say what the button does; programs that follow links of mails change nothing."""
    try:
        found = call_public(FIND_NOT_ME, FindNotMe(token=token))
    except NotFound as refusal:
        return _show(refusal=refusal)
    return _show(found)


@bp.post("/<token>")
@form_on("not_me.ask", needs_sign_in=False)
def use(token: str) -> ResponseReturnValue:
    try:
        used = call_public(USE_NOT_ME, FindNotMe(token=token))
    except NotFound as refusal:
        return _show(refusal=refusal)
    return render_template("notices/blocked.html", used=used)


def _show(
    found: identity.notices.NotMe | None = None, refusal: NotFound | None = None
) -> ResponseReturnValue:
    form = PageForm()
    if refusal:
        form.refuse(refusal)
    return render_template("notices/not_me.html", found=found, form=form), form.status
