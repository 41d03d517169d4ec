"""Billing contacts: who gets a company's documents by mail without being a user."""

from typing import ClassVar

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from wtforms import StringField
from wtforms.widgets import EmailInput

from shared.contracts.identity.members.contacts import (
    ADD_CONTACT,
    LIST_CONTACTS,
    REMOVE_CONTACT,
    AddContact,
    ListContacts,
    RemoveContact,
)
from shared.errors import Conflict, InvalidInput, Throttled, Unavailable
from shared.permissions import Permission
from web.language.refusals import retry_after
from web.members.changes import change_and_say
from web.page.addresses import form_on
from web.page.forms import ChangeForm
from web.page.page import begin_page
from web.page.session.signed_in import signed_in
from web.page.values import read_uuid

bp = Blueprint(
    "contacts", __name__, url_prefix="/companies/<company_id>/members/contacts"
)

_MEMBERS = "members.list_members"


class ContactForm(ChangeForm):
    about: ClassVar = "email"

    email = StringField(
        lazy_gettext("Email"),
        widget=EmailInput(),
        render_kw={"autocomplete": "off", "maxlength": 254},
    )


@bp.get("/add")
@signed_in
def show_form(company_id: str) -> ResponseReturnValue:
    return _show(company_id, ContactForm.from_address())


def _show(company_id: str, form: ContactForm) -> tuple[str, int]:
    company = read_uuid(company_id)
    page = begin_page(acts_for=company)
    page.ask("contacted", LIST_CONTACTS, ListContacts())
    page.settle()
    return page.show(
        "members/add_contact.html",
        company_id=company,
        form=form,
        may_add=page.may(Permission.MANAGE_BILLING),
        status=form.status,
    )


@bp.post("/add")
@form_on("contacts.show_form", keeps=("email",))
@signed_in
def add(company_id: str) -> ResponseReturnValue:
    form, company = ContactForm(), read_uuid(company_id)
    wanted = AddContact(email=form.email.data or "")
    try:
        added = form.change(company, ADD_CONTACT, wanted)
    except (InvalidInput, Conflict, Throttled, Unavailable) as refusal:
        return *_show(company_id, form.refuse(refusal)), retry_after(refusal)
    flash(gettext("We sent a link to %(email)s.", email=added.email), "success")
    return redirect(url_for(_MEMBERS, company_id=company), code=303)


@bp.post("/<contact_id>/remove")
@form_on(_MEMBERS)
@signed_in
def remove(company_id: str, contact_id: str) -> ResponseReturnValue:
    wanted = RemoveContact(contact_id=read_uuid(contact_id))
    done = lazy_gettext("We send no documents to this address any more.")
    return change_and_say(read_uuid(company_id), REMOVE_CONTACT, wanted, done)
