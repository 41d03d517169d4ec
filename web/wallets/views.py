"""A company's wallets: a further one, which is the primary one, and what is kept back.

Acts for the company in the address, as its profile does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from shared.contracts import billing
from shared.errors import Conflict, ContractError, InvalidInput, Unavailable
from shared.permissions import Permission
from web.language.amounts import read_amount_or_zero
from web.language.locale import reader_locale
from web.language.refusals import sentence
from web.page.forms import change, key_to_keep, send
from web.page.page import begin_page
from web.page.signed_in import signed_in
from web.page.values import read_uuid
from web.page.visit import prepare_reader, visit_company

bp = Blueprint("wallets", __name__, url_prefix="/companies/<company_id>/wallets")

_REFUSALS = (InvalidInput, Conflict, Unavailable)
_OF_HORIZON = frozenset({"bad_horizon", "days_not_understood"})


@dataclass(frozen=True)
class Refused:
    """A form that was refused: what was typed, and why, beside which field.

    ``form`` is ``add``, ``primary`` or ``buffer``, and ``currency`` its wallet's.
    """

    form: str
    currency: str
    typed: Mapping[str, str]
    errors: Mapping[str, str]
    status: int
    key: str

    @classmethod
    def of(cls, refusal: ContractError, form: str, field: str) -> Self:
        return cls(
            form=form,
            currency=_currency(),
            typed={name: text[:100] for name, text in request.form.items()},
            errors={field: sentence(refusal)},
            status=refusal.http_status,
            key=key_to_keep(refusal),
        )


@bp.get("")
@signed_in
def show_wallets(company_id: str) -> ResponseReturnValue:
    return _show(read_uuid(company_id))


@bp.post("")
@signed_in
def add_wallet(company_id: str) -> ResponseReturnValue:
    company, currency = read_uuid(company_id), _currency()
    try:
        change(
            company,
            billing.wallets.ADD_WALLET,
            billing.wallets.AddWallet(currency=currency),
        )
    except _REFUSALS as refusal:
        return _refuse(company, refusal, "add", "currency")
    return _done(company, f"The {currency} wallet is open.")


@bp.post("/primary")
@signed_in
def make_primary(company_id: str) -> ResponseReturnValue:
    company, currency = read_uuid(company_id), _currency()
    try:
        change(
            company,
            billing.wallets.MAKE_PRIMARY,
            billing.wallets.MakePrimary(currency=currency),
        )
    except _REFUSALS as refusal:
        return _refuse(company, refusal, "primary", "currency")
    return _done(company, f"{currency} is the primary currency now.")


@bp.post("/comfort-buffer")
@signed_in
def set_comfort_buffer(company_id: str) -> ResponseReturnValue:
    company = read_uuid(company_id)
    visit = visit_company(company)
    try:
        visit.require_live_session()
        # Amounts are read in the language of who typed them.
        prepare_reader(visit)
        send(visit, billing.wallets.SET_COMFORT_BUFFER, _read_buffer())
    except _REFUSALS as refusal:
        field = "horizon" if refusal.code in _OF_HORIZON else "buffer"
        return _refuse(company, refusal, "buffer", field)
    return _done(company, f"The comfort buffer of the {_currency()} wallet is saved.")


def _read_buffer() -> billing.wallets.SetComfortBuffer:
    buffer = read_amount_or_zero(
        request.form.get("buffer", ""), _currency(), reader_locale()
    )
    days = request.form.get("horizon", "").strip()
    if not (days.isascii() and days.isdigit() and len(days) < len("1000000000")):
        raise InvalidInput("days_not_understood")
    return billing.wallets.SetComfortBuffer(buffer=buffer, horizon_days=int(days))


def _currency() -> str:
    return request.form.get("currency", "")[:10]


def _done(company: UUID, words: str) -> ResponseReturnValue:
    flash(words, "success")
    return redirect(url_for("wallets.show_wallets", company_id=company), code=303)


def _refuse(
    company: UUID, refusal: ContractError, form: str, field: str
) -> ResponseReturnValue:
    return _show(company, Refused.of(refusal, form, field))


def _show(company: UUID, refused: Refused | None = None) -> ResponseReturnValue:
    """The page; after a refusal with what was typed, and why it was refused."""
    page = begin_page(acts_for=company, at="wallets")
    page.ask(
        "answer",
        "The wallets",
        billing.wallets.LIST_WALLETS,
        billing.wallets.ListWallets(),
    )
    return page.show(
        "wallets/page.html",
        status=refused.status if refused else 200,
        company_id=company,
        may_change=page.may(Permission.MANAGE_BILLING),
        refused=refused,
    )
