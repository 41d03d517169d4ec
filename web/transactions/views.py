"""A company's transactions: their list, the lines of each, and all of them as CSV.

Acts for the company in the address, as its profile does.
"""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import msgspec
from flask import Blueprint, get_template_attribute, request
from flask.typing import ResponseReturnValue

from shared.contracts import inventory
from shared.contracts.billing import charging
from shared.contracts.billing.transactions import (
    LIST_TRANSACTIONS,
    TransactionGroup,
    TransactionPage,
)
from shared.errors import ContractError, InvalidInput
from web.language.refusals import sentence
from web.page import downloads
from web.page.page import Page, begin_page
from web.page.signed_in import signed_in
from web.page.values import read_uuid
from web.page.visit import visit_company
from web.transactions import csv_file
from web.transactions.queries import PAGE_SIZE, TransactionQuery

_SEARCH_REFUSED = frozenset({"search_too_long", "search_too_slow"})

bp = Blueprint("transactions", __name__, url_prefix="/companies/<company_id>")


@bp.get("/transactions")
@signed_in
def list_transactions(company_id: str) -> ResponseReturnValue:
    company = read_uuid(company_id)
    query = TransactionQuery.read(request.args)
    try:
        return _show(company, query)
    except InvalidInput as refusal:
        if refusal.code not in _SEARCH_REFUSED:
            raise
        return _show(company, query, refusal)


def _show(
    company: UUID, query: TransactionQuery, refusal: ContractError | None = None
) -> ResponseReturnValue:
    """The list; or, where the search is refused, why, beside its field."""
    page = begin_page(acts_for=company, at="transactions")
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
def download(company_id: str) -> ResponseReturnValue:
    """All transactions that the page's filters leave, as CSV."""
    query = TransactionQuery.read(request.args)
    company = read_uuid(company_id)
    pages = _all_pages(company, query)
    words = get_template_attribute("components/words.html", "ENTRY_WORDS")
    name = downloads.name_with_days(
        "transactions", query.first_day, query.last_day, ".csv"
    )
    rows = csv_file.write_csv(pages, words)
    return downloads.stream(company, rows, csv_file.MEDIA_TYPE, name)


def _all_pages(company: UUID, query: TransactionQuery) -> Iterator[TransactionPage]:
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
def show_transaction(company_id: str, entry_id: str) -> ResponseReturnValue:
    """What a transaction of services' charges is made of."""
    company, entry = read_uuid(company_id), read_uuid(entry_id)
    lines = charging.ListCharges(
        entry_id=entry, cursor=request.args.get("after") or None, limit=PAGE_SIZE
    )
    page = begin_page(acts_for=company)
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
