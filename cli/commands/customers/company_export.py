"""A company as a ZIP of JSON files, read as its members would read it."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec

from cli.batches import pages
from cli.context import CommandContext
from launcher.machine.files import write_atomically
from shared.contract import Method
from shared.contracts import billing, identity, inventory
from shared.contracts.billing.documents import LIST_DOCUMENTS, ListDocuments
from shared.contracts.billing.transactions import LIST_TRANSACTIONS, ListTransactions
from shared.contracts.identity.memberships import LIST_MEMBERS, ListMembers
from shared.wire import to_json

PAGE = 100


class _Page(Protocol):
    @property
    def next(self) -> str | None: ...


def write_archive(
    context: CommandContext, company: identity.companies.Company, file: Path
) -> None:
    """Write all that there is about a company, but the documents' files."""

    def ask(method: Method[Any, Any], request: Any) -> Any:
        return context.call(method, request, company.id)

    def listed(
        method: Method[Any, Any], make: Callable[[str | None], Any]
    ) -> list[Any]:
        return [*pages(lambda cursor: ask(method, make(cursor)), _next)]

    contents = {
        "company": company,
        "members": ask(LIST_MEMBERS, ListMembers()),
        "wallets": ask(billing.wallets.LIST_WALLETS, billing.wallets.ListWallets()),
        "services": listed(
            inventory.reading.LIST_SERVICES,
            lambda cursor: inventory.reading.ListServices(cursor=cursor, limit=PAGE),
        ),
        "documents": listed(
            LIST_DOCUMENTS, lambda cursor: ListDocuments(cursor=cursor, limit=PAGE)
        ),
        "transactions": listed(
            LIST_TRANSACTIONS,
            lambda cursor: ListTransactions(cursor=cursor, limit=PAGE),
        ),
    }
    archive = io.BytesIO()
    with ZipFile(archive, "w", ZIP_DEFLATED) as zipped:
        for name, value in contents.items():
            text = msgspec.json.format(to_json(value), indent=2)
            zipped.writestr(f"{name}.json", text)
    write_atomically(file, archive.getvalue())


def _next(page: _Page) -> str | None:
    return page.next
