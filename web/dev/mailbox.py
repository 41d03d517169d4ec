"""/dev/mailbox: mails and text messages that a run without a mail server keeps.

Who reads them can log in as anybody, so it is for this machine only: the public address
and the browser's must both be loopback ones.
"""

import ipaddress
from email.message import EmailMessage

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from web.page.context import context
from web.site.security import show_mail

bp = Blueprint("mailbox", __name__, url_prefix="/dev/mailbox")


@bp.get("")
def list_mails() -> ResponseReturnValue:
    """List the mails, the latest first."""
    return render_template("dev/mailbox.html", mails=_mails())


@bp.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    """Show the text of one of them; its number stays as further ones come."""
    mail = _mail(number)
    text = mail.get_body(("plain",))
    return render_template(
        "dev/mail.html",
        number=number,
        mail=mail,
        text=text.get_content() if text else "",
        has_page=mail.get_body(("html",)) is not None,
        files=[part.get_filename() for part in mail.iter_attachments()],
    )


@bp.get("/<int:number>.html")
def show_page(number: int) -> ResponseReturnValue:
    """Show it as a mail program does."""
    page = _mail(number).get_body(("html",))
    if page is None:
        abort(404)
    show_mail()
    return str(page.get_content())


def _mails() -> list[tuple[int, EmailMessage]]:
    ctx = context()
    if ctx.kept_mails is None or not ctx.settings.is_loopback or not _is_near():
        abort(404)
    return list(ctx.kept_mails())


def _mail(number: int) -> EmailMessage:
    found = dict(_mails()).get(number)
    if found is None:
        abort(404)
    return found


def _is_near() -> bool:
    """Return whether the browser is on this machine.

    A tunnel on this machine, which brings somebody else's request, names them.
    """
    forwarded = request.headers.get("X-Forwarded-For")
    hops = len(forwarded.split(",")) if forwarded else 0
    if hops > context().settings.trusted_proxies:
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
