"""A company's transactions: their list, the lines of each, and all of them as CSV.

Acts for the company in the address, as its profile does.
"""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from shared.contracts.billing.transactions import LIST_TRANSACTIONS
from web.language.words import words_for
from web.page import csv_files, downloads
from web.page.page import begin_page
from web.page.session.signed_in import signed_in
from web.page.values import read_uuid
from web.page.visit import visit_company
from web.transactions import csv_file
from web.transactions.forms import TransactionFilters
from web.transactions.list_view import TransactionListView
from web.transactions.queries import TransactionQuery, ask_for_lines, list_all

bp = Blueprint("transactions", __name__, url_prefix="/companies/<company_id>")


@bp.get("/transactions")
@signed_in
def list_transactions(company_id: str) -> ResponseReturnValue:
    company = read_uuid(company_id)
    filters = TransactionFilters()
    query = TransactionQuery.read(filters)
    page = begin_page(acts_for=company, at="transactions")
    if query.search:
        page.settle()  # notes are found by the words that the reader sees
    page.ask(
        "listing",
        LIST_TRANSACTIONS,
        query.request(),
        optional=True,
        filters=filters,
    )
    return page.show(
        "transactions/page.html",
        company_id=company,
        filters=filters,
        query=query,
        view=TransactionListView.of(company, query, page.answer("listing")),
    )


@bp.get("/transactions.csv")
@signed_in
def download(company_id: str) -> ResponseReturnValue:
    """All transactions that the page's filters leave, as CSV."""
    filters = TransactionFilters()
    filters.check()
    query = TransactionQuery.read(filters)
    company = read_uuid(company_id)
    pages = list_all(visit_company(company), query)
    name = downloads.name_with_days(
        "transactions", query.first_day, query.last_day, ".csv"
    )
    rows = csv_file.write_csv(pages, words_for("entry"))
    return downloads.stream(company, rows, csv_files.MEDIA_TYPE, name)


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
