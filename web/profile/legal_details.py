"""Editing a company's legal details; acts for the company in the address."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Self
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from shared.contracts import identity
from shared.errors import (
    Conflict,
    ContractError,
    Forbidden,
    InvalidInput,
    Unavailable,
)
from shared.permissions import Permission
from web.language.refusals import sentence
from web.page.forms import change, key_to_keep
from web.page.page import begin_page
from web.page.signed_in import signed_in
from web.page.values import read_choice, read_uuid

bp = Blueprint(
    "legal_details", __name__, url_prefix="/companies/<company_id>/profile/edit"
)

_ADDRESS = ("street", "postal_code", "city", "region", "country")
_FIELDS = ("name", "kind", *_ADDRESS, "time_zone")
_LONGEST_VERSION = 18


class Kind(Enum):
    BUSINESS = "business"
    PRIVATE = "private"


@dataclass(frozen=True)
class DetailsForm:
    """The form as it is shown: each field's text, and what was wrong with some.

    ``version`` is the company's that it started from. ``now`` has what is kept by now
    of the fields that differ from it, once somebody else was quicker.
    """

    texts: Mapping[str, str]
    version: int
    errors: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    now: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    key: str = ""

    @classmethod
    def of(cls, company: identity.companies.Company) -> Self:
        return cls(_texts_of(company), company.version)

    @classmethod
    def sent(cls) -> Self:
        texts = {name: request.form.get(name, "") for name in _FIELDS}
        return cls(texts, _read_version(request.form.get("version", "")))

    def request(self) -> identity.companies.ChangeCompany:
        """What the form asks for.

        Raises:
            InvalidInput: ``unknown_choice``, of its kind.
        """
        kind = read_choice(self.texts["kind"], Kind, "kind")
        return identity.companies.ChangeCompany(
            version=self.version,
            name=self.texts["name"],
            address=identity.companies.Address(
                **{name: self.texts[name] for name in _ADDRESS}
            ),
            time_zone=self.texts["time_zone"],
            is_business=kind is Kind.BUSINESS,
        )

    def refused(self, refusal: ContractError) -> Self:
        """The form again, with what was typed and why it was not taken."""
        words, name = sentence(refusal), str(refusal.parameters.get("field", ""))
        of_a_field = name in _FIELDS
        return replace(
            self,
            errors={name: words} if of_a_field else {},
            problem="" if of_a_field else words,
            status=refusal.http_status,
            key=key_to_keep(refusal),
        )

    def beside(self, company: identity.companies.Company) -> Self:
        """The form beside what is kept by now, which it would replace if sent again."""
        kept = _texts_of(company)
        now = {name: kept[name] for name in _FIELDS if kept[name] != self.texts[name]}
        return replace(self, version=company.version, now=now)


@bp.get("")
@signed_in
def edit(company_id: str) -> ResponseReturnValue:
    return _show(read_uuid(company_id))


@bp.post("")
@signed_in
def save(company_id: str) -> ResponseReturnValue:
    company, form = read_uuid(company_id), DetailsForm.sent()
    try:
        saved = change(company, identity.companies.CHANGE_COMPANY, form.request())
    except (InvalidInput, Conflict, Unavailable) as refusal:
        return _show(
            company, form.refused(refusal), is_outdated=isinstance(refusal, Conflict)
        )
    if saved.version == form.version:
        flash("Nothing was different, so nothing was changed.", "info")
    else:
        flash("The profile is saved.", "success")
    if saved.address.postal_code != form.texts["postal_code"].strip():
        code = saved.address.postal_code
        flash(f"We added the missing zeros: the postal code is {code}.", "info")
    return redirect(url_for("profile.show_profile", company_id=company), code=303)


def _show(
    company_id: UUID, form: DetailsForm | None = None, *, is_outdated: bool = False
) -> ResponseReturnValue:
    """The page; after a refusal with what was typed.

    Raises:
        Forbidden: ``permission_missing``; the reader's role may not edit.
    """
    page = begin_page(acts_for=company_id)
    page.ask(
        "company",
        "This company",
        identity.companies.GET_COMPANY,
        identity.companies.GetCompany(),
        optional=form is not None,
    )
    if not page.may(Permission.MANAGE_COMPANY):
        raise Forbidden("permission_missing")
    company = page.answer("company")
    if form is None:
        form = DetailsForm.of(company) if company else None
    elif is_outdated and company:
        form = form.beside(company)
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


def _read_version(text: str) -> int:
    """0, which no company has, for what is no number."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST_VERSION
    return int(text) if is_number else 0
