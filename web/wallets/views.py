"""A company's wallets: a further one, which is the primary one, and what is kept back.

Acts for the company in the address, as its profile does.
"""

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shared.contracts import billing
from shared.errors import Conflict, InvalidInput, Unavailable
from shared.permissions import Permission
from web.page.addresses import form_on
from web.page.forms import ChangeForm
from web.page.page import begin_page
from web.page.session.signed_in import signed_in
from web.page.values import read_uuid
from web.page.visit import prepare_reader, visit_company
from web.wallets.forms import (
    AddWalletForm,
    BufferForm,
    PrimaryForm,
    typed_form,
    with_forms,
)

bp = Blueprint("wallets", __name__, url_prefix="/companies/<company_id>/wallets")

_PAGE = "wallets.show_wallets"
_REFUSALS = (InvalidInput, Conflict, Unavailable)


@bp.get("")
@signed_in
def show_wallets(company_id: str) -> ResponseReturnValue:
    return _show(read_uuid(company_id), typed_form())


@bp.post("")
@form_on(_PAGE, keeps=("currency",))
@signed_in
def add_wallet(company_id: str) -> ResponseReturnValue:
    company, form = read_uuid(company_id), AddWalletForm()
    currency = form.currency.data or ""
    wanted = billing.wallets.AddWallet(currency=currency)
    try:
        form.change(company, billing.wallets.ADD_WALLET, wanted)
    except _REFUSALS as refusal:
        form.refuse(refusal)
        return _show(company, form)
    return _done(company, _("We added a wallet in %(currency)s.", currency=currency))


@bp.post("/primary")
@form_on(_PAGE)
@signed_in
def make_primary(company_id: str) -> ResponseReturnValue:
    company, form = read_uuid(company_id), PrimaryForm()
    currency = form.currency.data or ""
    wanted = billing.wallets.MakePrimary(currency=currency)
    try:
        form.change(company, billing.wallets.MAKE_PRIMARY, wanted)
    except _REFUSALS as refusal:
        form.refuse(refusal)
        return _show(company, form)
    return _done(
        company, _("%(currency)s is now the primary currency.", currency=currency)
    )


@bp.post("/comfort-buffer")
@form_on(_PAGE, keeps=("currency", "buffer", "horizon"))
@signed_in
def set_comfort_buffer(company_id: str) -> ResponseReturnValue:
    company = read_uuid(company_id)
    visit = visit_company(company)
    currency = request.form.get("currency", "")
    form = BufferForm(of=currency)
    try:
        visit.require_live_session()
        # Amounts are read in the language of who typed them.
        prepare_reader(visit)
        form.send(visit, billing.wallets.SET_COMFORT_BUFFER, form.arguments())
    except _REFUSALS as refusal:
        form.refuse(refusal)
        return _show(company, form)
    saved = _(
        "The comfort buffer of the %(currency)s wallet is saved.", currency=currency
    )
    return _done(company, saved)


def _done(company: UUID, words: str) -> ResponseReturnValue:
    flash(words, "success")
    return redirect(url_for(_PAGE, company_id=company), code=303)


def _show(company: UUID, form: ChangeForm | None) -> ResponseReturnValue:
    """Show the page, with a form that was sent."""
    page = begin_page(acts_for=company, at="wallets")
    page.ask(
        "answer",
        billing.wallets.LIST_WALLETS,
        billing.wallets.ListWallets(),
    )
    answer: billing.wallets.Wallets | None = page.answer("answer")
    adding = form if isinstance(form, AddWalletForm) else AddWalletForm(formdata=None)
    adding.currency.choices = list(answer.addable) if answer else []
    return page.show(
        "wallets/page.html",
        status=form.status if form else 200,
        company_id=company,
        may_change=page.may(Permission.MANAGE_BILLING),
        wallets=with_forms(answer.wallets if answer else [], form),
        adding=adding,
    )
