"""The company hub's pages; they act for the company in the address."""

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from uuid import UUID

import msgspec
from flask import (
    Blueprint,
    flash,
    get_template_attribute,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from shared.contracts import identity, inventory
from shared.contracts.billing import charging, tax
from shared.contracts.billing.transactions import (
    LIST_TRANSACTIONS,
    TransactionGroup,
    TransactionPage,
)
from shared.errors import Conflict, ContractError, InvalidInput, Unavailable
from shared.permissions import Permission
from web.language.refusals import sentence
from web.page import downloads
from web.page.forms import change, key_to_keep
from web.page.frame import Page, prepare_reader
from web.page.signed_in import signed_in
from web.page.values import read_uuid
from web.page.visit import visit_company
from web.profile.tax_words import register
from web.transactions import csv_file
from web.transactions.queries import PAGE_SIZE, TransactionQuery

_SEARCH_REFUSED = frozenset({"search_too_long", "search_too_slow"})

bp = Blueprint("companies", __name__, url_prefix="/companies/<company_id>")
register(bp)


@bp.get("/profile")
@signed_in
def profile(company_id: str) -> ResponseReturnValue:
    return _show_profile(read_uuid(company_id))


@bp.get("/profile/tax")
@signed_in
def tax_details(company_id: str) -> ResponseReturnValue:
    """The tax details as soon as billing knows the profile as it is now."""
    visit = visit_company(read_uuid(company_id), polling=True)
    started = visit.start(tax.GET_TAX_PROFILE, tax.GetTaxProfile())
    company = visit.start(identity.GET_COMPANY, identity.GetCompany()).result()
    known = started.result()
    if known.company_version < company.version:
        return "", HTTPStatus.NO_CONTENT
    prepare_reader(visit)
    return render_template(
        "profile/_tax.html",
        company=company,
        tax=known,
        tax_as_of=None,
        may_set_tax_id=Permission.MANAGE_BILLING in visit.principal.permissions,
        typed=None,
        tax_id_error="",
        form_key_kept="",
    )


@bp.get("/tax-id")
@signed_in
def back_to_profile(company_id: str) -> ResponseReturnValue:
    """The form's own address, which stays in the browser after a refusal."""
    company = read_uuid(company_id)
    return redirect(url_for("companies.profile", company_id=company), code=303)


@bp.post("/tax-id")
@signed_in
def set_tax_id(company_id: str) -> ResponseReturnValue:
    company = read_uuid(company_id)
    number = request.form.get("tax_id", "")
    try:
        change(company, tax.SET_TAX_ID, tax.SetTaxId(number=number))
    except (InvalidInput, Conflict, Unavailable) as refusal:
        return _show_profile(company, number, refusal)
    done = "The VAT ID is saved." if number.strip() else "The VAT ID is removed."
    flash(done, "success")
    return redirect(url_for("companies.profile", company_id=company), code=303)


@bp.get("/members")
@signed_in
def members(company_id: str) -> ResponseReturnValue:
    company = read_uuid(company_id)
    page = Page(acts_for=company)
    page.ask("answer", "The members", identity.LIST_MEMBERS, identity.ListMembers())
    return page.show("profile/members.html", company_id=company)


@bp.get("/transactions")
@signed_in
def transactions(company_id: str) -> ResponseReturnValue:
    company = read_uuid(company_id)
    query = TransactionQuery.read(request.args)
    try:
        return _show_transactions(company, query)
    except InvalidInput as refusal:
        if refusal.code not in _SEARCH_REFUSED:
            raise
        return _show_transactions(company, query, refusal)


def _show_transactions(
    company: UUID, query: TransactionQuery, refusal: ContractError | None = None
) -> ResponseReturnValue:
    """The list; or, where the search is refused, why, beside its field."""
    page = Page(acts_for=company, at="transactions")
    if refusal is None:
        page.ask(
            "listing",
            "The transactions",
            LIST_TRANSACTIONS,
            query.request(),
            stands_without=True,
        )
    return page.show(
        "transactions/page.html",
        status=refusal.http_status if refusal else 200,
        company_id=company,
        query=query,
        groups=tuple(TransactionGroup),
        search_error=sentence(refusal) if refusal else "",
    )


@bp.get("/transactions.csv")
@signed_in
def download_transactions(company_id: str) -> ResponseReturnValue:
    """All transactions that the page's filters leave, as CSV."""
    query = TransactionQuery.read(request.args)
    company = read_uuid(company_id)
    pages = _transaction_pages(company, query)
    words = get_template_attribute("components/words.html", "ENTRY_WORDS")
    name = downloads.name_with_days(
        "transactions", query.first_day, query.last_day, ".csv"
    )
    rows = csv_file.write_csv(pages, words)
    return downloads.stream(company, rows, csv_file.MEDIA_TYPE, name)


def _transaction_pages(
    company: UUID, query: TransactionQuery
) -> Iterator[TransactionPage]:
    """The list from its start; the first page is there when this returns."""
    visit = visit_company(company)
    asked = replace(query, cursor="").request(downloads.PAGE_SIZE)
    first = downloads.first_answer(visit, LIST_TRANSACTIONS, asked)
    return downloads.all_pages(
        first,
        lambda cursor: visit.fetch(
            LIST_TRANSACTIONS, msgspec.structs.replace(asked, cursor=cursor)
        ),
    )


@bp.get("/transactions/<entry_id>")
@signed_in
def transaction(company_id: str, entry_id: str) -> ResponseReturnValue:
    """What a transaction of services' charges is made of."""
    company, entry = read_uuid(company_id), read_uuid(entry_id)
    lines = charging.ListCharges(
        entry_id=entry, cursor=request.args.get("after") or None, limit=PAGE_SIZE
    )
    page = Page(acts_for=company)
    page.ask("lines", "This transaction", charging.LIST_CHARGES, lines)
    _ask_for_names(page)
    return page.show(
        "transactions/transaction.html",
        company_id=company,
        entry_id=entry,
    )


def _ask_for_names(page: Page) -> None:
    """Billing knows services by their ids only."""
    lines: charging.ChargePage | None = page.answer("lines")
    if lines is None or not lines.charges:
        return
    ids = sorted({line.service_id for line in lines.charges})
    page.ask(
        "names",
        "The services' names",
        inventory.NAME_SERVICES,
        inventory.NameServices(service_ids=ids),
        stands_without=True,
    )


def _show_profile(
    company: UUID, typed: str | None = None, refusal: ContractError | None = None
) -> ResponseReturnValue:
    """The page; after a refusal with what was typed, and why it was refused."""
    page = Page(acts_for=company)
    page.ask("company", "This company", identity.GET_COMPANY, identity.GetCompany())
    may_read = page.may(Permission.READ_BILLING)
    if may_read:
        page.ask(
            "tax",
            "Its tax details",
            tax.GET_TAX_PROFILE,
            tax.GetTaxProfile(),
            stands_without=True,
        )
    return page.show(
        "profile/page.html",
        status=refusal.http_status if refusal else 200,
        may_read_billing=may_read,
        may_set_tax_id=page.may(Permission.MANAGE_BILLING),
        may_edit=page.may(Permission.MANAGE_COMPANY),
        typed=typed,
        tax_id_error=sentence(refusal) if refusal else "",
        form_key_kept=key_to_keep(refusal) if refusal else "",
    )
