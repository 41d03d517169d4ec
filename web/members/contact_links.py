"""The links in mails to billing contacts, who have no account.

The link that stops the mails also takes a POST without a form of ours: programs send
one for their "unsubscribe" (RFC 8058). It is worth nothing without the token, and it
uses no cookie, so it needs no protection from forged forms.
"""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from shared.contract import Method
from shared.contracts.identity.members.contacts import (
    CONFIRM_CONTACT,
    END_CONTACT,
    OPEN_CONTACT,
    OPEN_CONTACT_END,
    OpenedContact,
)
from shared.contracts.identity.members.links import OpenLink
from shared.errors import NotFound, Throttled
from web.language.refusals import retry_after, sentence
from web.page.addresses import form_on
from web.page.context import call_public
from web.page.forms import PageForm

bp = Blueprint("contact_links", __name__, url_prefix="/confirm-contact")
stopping = Blueprint("stop_documents", __name__, url_prefix="/stop-documents")


@bp.get("/<token>")
def ask_to_confirm(token: str) -> ResponseReturnValue:
    return _show("members/confirm_contact.html", OPEN_CONTACT, token)


@bp.post("/<token>")
@form_on("contact_links.ask_to_confirm", needs_sign_in=False)
def confirm(token: str) -> ResponseReturnValue:
    return _show("members/contact_confirmed.html", CONFIRM_CONTACT, token)


@stopping.get("/<token>")
def ask_to_stop(token: str) -> ResponseReturnValue:
    return _show("members/stop_documents.html", OPEN_CONTACT_END, token)


@stopping.post("/<token>")
@form_on("stop_documents.ask_to_stop", needs_sign_in=False)
def stop(token: str) -> ResponseReturnValue:
    return _show("members/stop_documents.html", END_CONTACT, token)


def _show(
    template: str, method: Method[OpenLink, OpenedContact], token: str
) -> ResponseReturnValue:
    link = OpenLink(token=token, address=request.remote_addr or "")
    try:
        contact = call_public(method, link)
    except (NotFound, Throttled) as refusal:
        page = render_template(
            "members/useless_link.html", code=refusal.code, refused=sentence(refusal)
        )
        return page, refusal.http_status, retry_after(refusal)
    return render_template(
        template, contact=contact, token=token, form=PageForm(formdata=None)
    )
