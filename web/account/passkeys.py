"""Add a passkey, name it, remove it; `passkeys_view` lists them."""

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import StringField

from shared.contracts import identity
from shared.contracts.identity.passkeys import (
    LIST_PASSKEYS,
    MAX_NAME_LENGTH,
    ListPasskeys,
    Passkeys,
)
from shared.errors import Conflict, InvalidInput, NotFound, Throttled, Unavailable
from web.account.passkeys_view import AddPasskeyForm
from web.account.two_factor import show_recovery_codes
from web.language.refusals import retry_after, sentence
from web.page.addresses import form_on
from web.page.forms import ChangeForm, PageForm
from web.page.page import begin_page
from web.page.session.signed_in import renew_own_session, signed_in
from web.page.values import read_uuid
from web.page.visit import Visit, begin_live_visit, prepare_reader

bp = Blueprint("passkeys", __name__, url_prefix="/account/passkeys")

_ALL = "account.two_factor"
_ONE = "passkeys.show_passkey"


class RenameForm(ChangeForm):
    about = "name"
    name = StringField(lazy_gettext("Name"), render_kw={"maxlength": MAX_NAME_LENGTH})


@bp.post("/options")
@form_on(_ALL)
@signed_in
def give_options() -> ResponseReturnValue:
    """Answer a script with the options; without them it sends the form itself."""
    visit = begin_live_visit()
    try:
        options = _begin(visit)
    except (Conflict, Throttled, Unavailable) as refusal:
        return sentence(refusal), refusal.http_status, retry_after(refusal)
    return Response(options, mimetype="application/json")


@bp.post("")
@form_on(_ALL)
@signed_in
def add_passkey() -> ResponseReturnValue:
    form, visit = AddPasskeyForm(), begin_live_visit()
    if not form.credential.data:
        return _say_why_there_is_none(visit)
    try:
        added = _add(visit, form.credential.data)
    except (InvalidInput, Conflict, Throttled, Unavailable) as refusal:
        prepare_reader(visit)
        flash(sentence(refusal), "danger")
        return redirect(url_for(_ALL), code=303)
    renew_own_session(visit, added.session)
    prepare_reader(visit)
    flash(_("We added your passkey. You can log in with it."), "success")
    if added.recovery_codes:
        return show_recovery_codes(visit, added.recovery_codes)
    return redirect(url_for(_ALL), code=303)


@bp.get("/<passkey_id>")
@signed_in
def show_passkey(
    passkey_id: str, form: RenameForm | None = None
) -> ResponseReturnValue:
    wanted = read_uuid(passkey_id)
    page = begin_page()
    page.ask("passkeys", LIST_PASSKEYS, ListPasskeys())
    listed: Passkeys | None = page.answer("passkeys")
    passkey = _find(listed, wanted) if listed else None
    form = form or RenameForm(formdata=None, name=passkey.name if passkey else "")
    return page.show(
        "account/passkey.html",
        passkey=passkey,
        form=form,
        removal=PageForm(formdata=None),
        status=form.status,
    )


@bp.post("/<passkey_id>/name")
@form_on(_ONE)
@signed_in
def rename_passkey(passkey_id: str) -> ResponseReturnValue:
    form, visit = RenameForm(), begin_live_visit()
    wanted = identity.passkeys.RenamePasskey(
        passkey_id=read_uuid(passkey_id), name=form.name.data or ""
    )
    try:
        form.send(visit, identity.passkeys.RENAME_PASSKEY, wanted)
    except (InvalidInput, Conflict, Unavailable) as refusal:
        return show_passkey(passkey_id, form.refuse(refusal))
    flash(_("The name is saved."), "success")
    return redirect(url_for(_ALL), code=303)


@bp.post("/<passkey_id>/remove")
@form_on(_ONE)
@signed_in
def remove_passkey(passkey_id: str) -> ResponseReturnValue:
    visit = begin_live_visit()
    wanted = identity.passkeys.RemovePasskey(passkey_id=read_uuid(passkey_id))
    try:
        renewed = visit.start(identity.passkeys.REMOVE_PASSKEY, wanted).result()
    except (Conflict, Unavailable) as refusal:
        prepare_reader(visit)
        flash(sentence(refusal), "danger")
        return redirect(url_for(_ONE, passkey_id=wanted.passkey_id), code=303)
    renew_own_session(visit, renewed)
    flash(_("We removed the passkey. It can no longer log in."), "success")
    return redirect(url_for(_ALL), code=303)


def _say_why_there_is_none(visit: Visit) -> ResponseReturnValue:
    """Say why the script got no options; perhaps a recent proof was missing."""
    try:
        _begin(visit)
    except (Conflict, Throttled, Unavailable) as refusal:
        words, kind = sentence(refusal), "danger"
    else:
        words, kind = _("Choose “Add a passkey” again to continue."), "info"
    prepare_reader(visit)
    flash(words, kind)
    return redirect(url_for(_ALL), code=303)


def _add(visit: Visit, credential: str) -> identity.passkeys.AddedPasskey:
    wanted = identity.passkeys.AddPasskey(credential=credential)
    return visit.start(identity.passkeys.ADD_PASSKEY, wanted).result()


def _begin(visit: Visit) -> str:
    method = identity.passkeys.BEGIN_PASSKEY_REGISTRATION
    arguments = identity.passkeys.BeginPasskeyRegistration()
    return visit.start(method, arguments).result().options


def _find(listed: Passkeys, wanted: UUID) -> identity.passkeys.Passkey:
    for passkey in listed.passkeys:
        if passkey.id == wanted:
            return passkey
    raise NotFound("no_such_passkey")
