"""Editing a company's legal details; acts for the company in the address."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString
from wtforms import HiddenField, SelectChoice, SelectField, StringField
from wtforms.validators import Optional

from shared.contracts import identity
from shared.errors import (
    Conflict,
    ContractError,
    Forbidden,
    InvalidInput,
    Unavailable,
)
from shared.permissions import Permission
from web.language.locale import country_name
from web.language.places import country_choices, time_zone_choices, time_zone_name
from web.page.addresses import form_on
from web.page.forms import ChangeForm
from web.page.page import begin_page
from web.page.session.signed_in import signed_in
from web.page.values import read_choice, read_uuid

bp = Blueprint(
    "legal_details", __name__, url_prefix="/companies/<company_id>/profile/edit"
)

_ADDRESS = ("street", "postal_code", "city", "region", "country")
_LONGEST_VERSION = 18


class Kind(Enum):
    BUSINESS = "business"
    PRIVATE = "private"


_KINDS = {Kind.BUSINESS.value: _("Business"), Kind.PRIVATE.value: _("Private")}
_WORDS: Mapping[str, Callable[[str], str]] = {
    "kind": lambda kind: str(_KINDS.get(kind, kind)),
    "country": country_name,
    "time_zone": time_zone_name,
}
"""What people call these fields' values."""


def _line(label: LazyString, hint: LazyString, autocomplete: str) -> StringField:
    return StringField(
        label,
        [Optional()],
        description=hint,
        render_kw={"autocomplete": autocomplete, "maxlength": 200},
    )


class DetailsForm(ChangeForm):
    """The form of the legal details, all of which identity checks.

    ``version`` is the company's that it started from. ``now`` has the saved values,
    in words, of the fields that differ if another person has saved the profile since.
    """

    version = HiddenField()
    name = StringField(
        _("Legal name"),
        description=_(
            "Shown on invoices. A VAT ID counts only if it is registered for this name."
        ),
        render_kw={"autocomplete": "organization", "maxlength": 200},
    )
    kind = SelectField(
        _("Type"),
        description=_(
            "A business elsewhere in the EU with a valid VAT ID pays no VAT (reverse "
            "charge). Everyone else in the EU pays VAT."
        ),
        render_kw={"autocomplete": "off"},
    )
    street = _line(_("Street"), _("Shown on invoices."), "address-line1")
    postal_code = _line(
        _("Postal code"),
        _(
            "Identifies areas with special tax rules, such as the Canary Islands or "
            "Madeira. Enter it in full, with any zeros at the start."
        ),
        "postal-code",
    )
    city = _line(
        _("City"),
        _("We compare city and postal code with the address of your VAT ID."),
        "address-level2",
    )
    region = _line(
        _("Region"),
        _("Used for tax only if there is no postal code."),
        "address-level1",
    )
    country = SelectField(
        _("Country"),
        description=_(
            "Determines the VAT rate. A VAT ID from another country no longer counts."
        ),
        render_kw={"autocomplete": "country"},
    )
    time_zone = SelectField(
        _("Time zone"),
        description=_(
            "Determines when a day starts, for charges by the day or longer and for "
            "changes of VAT rates. Periods you have paid for stay paid."
        ),
        render_kw={"autocomplete": "off"},
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.now: dict[str, str] = {}
        self.offer(self.time_zone.data or "")

    @classmethod
    def of(cls, company: identity.companies.Company) -> "DetailsForm":
        return cls(formdata=None, version=company.version, **_texts_of(company))

    def offer(self, present_zone: str) -> None:
        """Offer the time zone that is kept, even where it has an old name.

        A value that is not offered is replaced by "Choose one".
        """
        offered = {
            "kind": tuple(_KINDS.items()),
            "country": country_choices(),
            "time_zone": time_zone_choices(present_zone),
        }
        for name, choices in offered.items():
            is_known = self[name].data in dict(choices)
            none = () if is_known else (("", _("Choose one")),)
            self[name].choices = [SelectChoice(*each) for each in (*none, *choices)]

    def read_version(self) -> int:
        """Return 0, which no company has, for anything but a number."""
        text = self.version.data or ""
        is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST_VERSION
        return int(text) if is_number else 0

    def arguments(self) -> identity.companies.ChangeCompany:
        """Return what the form asks for.

        Raises:
            InvalidInput: ``unknown_choice``, of its kind.
        """
        kind = read_choice(self.kind.data or "", Kind, "kind")
        return identity.companies.ChangeCompany(
            version=self.read_version(),
            name=self.name.data or "",
            address=identity.companies.Address(
                **{name: self[name].data or "" for name in _ADDRESS}
            ),
            time_zone=self.time_zone.data or "",
            is_business=kind is Kind.BUSINESS,
        )

    def start_from(self, company: identity.companies.Company) -> None:
        """Start from what is saved now; sending the form again replaces it."""
        self.version.data = company.version
        for name, kept in _texts_of(company).items():
            if kept != self[name].data:
                self.now[name] = _WORDS.get(name, str)(kept)


@bp.get("")
@signed_in
def edit(company_id: str) -> ResponseReturnValue:
    return _show(read_uuid(company_id))


def _edit_again(company_id: str) -> ResponseReturnValue:
    """Show the page with the entries, after the form has expired."""
    return _show(read_uuid(company_id), DetailsForm.expired())


@bp.post("")
@form_on("legal_details.edit", again=_edit_again)
@signed_in
def save(company_id: str) -> ResponseReturnValue:
    company, form = read_uuid(company_id), DetailsForm()
    try:
        saved = form.change(
            company, identity.companies.CHANGE_COMPANY, form.arguments()
        )
    except (InvalidInput, Conflict, Unavailable) as refusal:
        form.refuse(refusal)
        return _show(company, form, refusal)
    if saved.version == form.read_version():
        flash(gettext("Nothing has changed."), "info")
    else:
        flash(gettext("The profile is saved."), "success")
    if saved.address.postal_code != (form.postal_code.data or "").strip():
        completed = gettext(
            "We added the missing zeros: the postal code is %(code)s.",
            code=saved.address.postal_code,
        )
        flash(completed, "info")
    return redirect(url_for("profile.show_profile", company_id=company), code=303)


def _show(
    company_id: UUID,
    form: DetailsForm | None = None,
    refusal: ContractError | None = None,
) -> ResponseReturnValue:
    """Show the page; after a refusal with the entries.

    Raises:
        Forbidden: ``permission_missing``; the reader's role may not edit.
    """
    page = begin_page(acts_for=company_id)
    page.ask(
        "company",
        identity.companies.GET_COMPANY,
        identity.companies.GetCompany(),
        optional=form is not None,
    )
    if not page.may(Permission.MANAGE_COMPANY):
        raise Forbidden("permission_missing")
    company = page.answer("company")
    if form is None:
        form = DetailsForm.of(company) if company else None
    elif company:
        form.offer(company.time_zone)
        if isinstance(refusal, Conflict):
            form.start_from(company)
    return page.show(
        "profile/edit.html",
        status=form.status if form else 200,
        company_id=company_id,
        form=form,
    )


def _texts_of(company: identity.companies.Company) -> dict[str, str]:
    kind = Kind.BUSINESS if company.is_business else Kind.PRIVATE
    return {
        "name": company.name,
        "kind": kind.value,
        **{name: getattr(company.address, name) for name in _ADDRESS},
        "time_zone": company.time_zone,
    }
