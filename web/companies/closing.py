"""Close a company: what follows from it is shown first."""

from dataclasses import dataclass
from typing import ClassVar, Self
from uuid import UUID

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import StringField
from wtforms.validators import InputRequired

from shared.contracts import billing, identity, inventory
from shared.contracts.billing.top_ups import OpenTopUp
from shared.contracts.billing.wallets import WalletView
from shared.contracts.identity.accounts.closing import CLOSE_COMPANY, CloseCompany
from shared.errors import Conflict, Forbidden, InvalidInput, Unavailable
from shared.permissions import Permission
from web.page.addresses import form_on
from web.page.forms import ChangeForm
from web.page.page import Page, begin_page
from web.page.session.signed_in import signed_in
from web.page.values import read_uuid

bp = Blueprint("closing", __name__, url_prefix="/companies/<company_id>/close")


class CloseForm(ChangeForm):
    about: ClassVar[str] = "name"

    name = StringField(
        _("Name of the company"),
        [InputRequired(_("Enter the name of the company."))],
        description=_("Enter it to confirm that you close this company permanently."),
        render_kw={"autocomplete": "off", "maxlength": 200},
    )


@dataclass(frozen=True)
class Consequences:
    """What closing does. Each is None where its service does not answer.

    ``wallets`` are those with a balance, above zero or below.
    """

    services: int | None
    wallets: list[WalletView] | None
    top_ups: list[OpenTopUp] | None

    @classmethod
    def of(cls, page: Page) -> Self:
        counters: inventory.reading.DashboardCounters | None = page.answer("counters")
        wallets: billing.wallets.Wallets | None = page.answer("wallets")
        top_ups: billing.top_ups.OpenTopUps | None = page.answer("top_ups")
        return cls(
            services=sum(each.total for each in counters.families)
            if counters
            else None,
            wallets=[each for each in wallets.wallets if each.balance.amount]
            if wallets
            else None,
            top_ups=top_ups.top_ups if top_ups else None,
        )


@bp.get("")
@signed_in
def ask(company_id: str) -> ResponseReturnValue:
    return _show(read_uuid(company_id), CloseForm(formdata=None))


def _ask_again(company_id: str) -> ResponseReturnValue:
    """Show the page with the entry, after the form has expired."""
    return _show(read_uuid(company_id), CloseForm.expired())


@bp.post("")
@form_on("closing.ask", again=_ask_again)
@signed_in
def close(company_id: str) -> ResponseReturnValue:
    company, form = read_uuid(company_id), CloseForm()
    try:
        form.change(company, CLOSE_COMPANY, CloseCompany(name=form.name.data or ""))
    except (InvalidInput, Conflict, Unavailable) as refusal:
        return _show(company, form.refuse(refusal))
    return redirect(url_for("profile.show_profile", company_id=company), code=303)


def _show(company_id: UUID, form: CloseForm) -> ResponseReturnValue:
    """Show the page.

    Raises:
        Forbidden: ``permission_missing``; only owners close a company.
    """
    page = begin_page(acts_for=company_id)
    page.ask("company", identity.companies.GET_COMPANY, identity.companies.GetCompany())
    page.ask(
        "counters",
        inventory.reading.DASHBOARD,
        inventory.reading.Dashboard(),
        optional=True,
    )
    page.ask(
        "wallets",
        billing.wallets.LIST_WALLETS,
        billing.wallets.ListWallets(),
        optional=True,
    )
    page.ask(
        "top_ups",
        billing.top_ups.LIST_OPEN_TOP_UPS,
        billing.top_ups.ListOpenTopUps(),
        optional=True,
    )
    page.settle()
    if not page.may(Permission.MANAGE_OWNERSHIP):
        raise Forbidden("permission_missing")
    return page.show(
        "companies/close.html",
        status=form.status,
        company_id=company_id,
        form=form,
        what=Consequences.of(page),
    )
