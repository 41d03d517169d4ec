"""A company's transactions: their list, the lines of each, and all of them as CSV.

Acts for the company in the address, as its profile does.
"""

from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from shared.contracts.billing.transactions import LIST_TRANSACTIONS, TransactionPage
from shared.errors import ContractError, InvalidInput
from web.language.refusals import sentence
from web.language.words import words_for
from web.page import downloads
from web.page.page import begin_page
from web.page.signed_in import signed_in
from web.page.values import read_uuid
from web.page.visit import visit_company
from web.transactions import csv_file
from web.transactions.list_view import TransactionListView
from web.transactions.queries import TransactionQuery, ask_for_lines, list_all

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
    listing: TransactionPage | None = None
    if refusal is None:
        if query.search:
            page.settle()  # notes are found by the words that the reader sees
        page.ask(
            "listing",
            LIST_TRANSACTIONS,
            query.request(),
            optional=True,
        )
        listing = page.answer("listing")
    return page.show(
        "transactions/page.html",
        status=refusal.http_status if refusal else 200,
        company_id=company,
        query=query,
        view=TransactionListView.of(company, query, listing),
        search_error=sentence(refusal) if refusal else "",
    )


@bp.get("/transactions.csv")
@signed_in
def download(company_id: str) -> ResponseReturnValue:
    """All transactions that the page's filters leave, as CSV."""
    query = TransactionQuery.read(request.args)
    company = read_uuid(company_id)
    pages = list_all(visit_company(company), query)
    name = downloads.name_with_days(
        "transactions", query.first_day, query.last_day, ".csv"
    )
    rows = csv_file.write_csv(pages, words_for("entry"))
    return downloads.stream(company, rows, csv_file.MEDIA_TYPE, name)


@bp.get("/transactions/<entry_id>")
@signed_in
def show_transaction(company_id: str, entry_id: str) -> ResponseReturnValue:
    """What a transaction of services' charges is made of."""
    company, entry = read_uuid(company_id), read_uuid(entry_id)
    page = begin_page(acts_for=company)
    ask_for_lines(page, entry, request.args.get("after") or None)
    return page.show(
        "transactions/transaction.html",
        company_id=company,
        entry_id=entry,
    )
