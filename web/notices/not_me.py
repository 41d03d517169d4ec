"""The link "This wasn't me" shows a page; only its button does anything."""

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from shared.contracts import identity
from shared.contracts.identity.notices import FIND_NOT_ME, USE_NOT_ME, FindNotMe
from shared.errors import NotFound
from shared.rpc.client import CallContext, call
from web.page.addresses import form_on
from web.page.context import context
from web.page.forms import PageForm

bp = Blueprint("not_me", __name__, url_prefix="/not-me")


@bp.get("/<token>")
def ask(token: str) -> ResponseReturnValue:
    """Say what the button does; programs that follow links of mails change nothing."""
    try:
        found = call(context().client, FIND_NOT_ME, FindNotMe(token=token), _public())
    except NotFound as refusal:
        return _show(refusal=refusal)
    return _show(found)


@bp.post("/<token>")
@form_on("not_me.ask", needs_sign_in=False)
def use(token: str) -> ResponseReturnValue:
    try:
        used = call(context().client, USE_NOT_ME, FindNotMe(token=token), _public())
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


def _public() -> CallContext:
    return CallContext(request_id=g.request_id)
