"""Two small tables of companies' own rows, with two companies in them."""

from collections.abc import Iterator

import pytest

from launcher.servers.postgres import PostgresServer
from shared.db import tables
from shared.db.database import Database
from tests.fixtures.databases import empty_database
from tests.fixtures.shared.shelf import OURS, THEIRS, Base, Book, Page


@pytest.fixture(scope="module")
def module_database(postgres_server: PostgresServer) -> Iterator[Database]:
    with empty_database(postgres_server, "shared") as url:
        database = Database(url)
        for metadata in (tables.metadata, Base.metadata):
            metadata.create_all(database.engine)
        yield database
        database.close()


@pytest.fixture
def database(module_database: Database) -> Database:
    """Empty but for one book of each company, with a page of the same number."""
    with module_database.system() as session:
        for metadata in (Base.metadata, tables.metadata):
            for table in reversed(metadata.sorted_tables):
                session.execute(table.delete())
        for company in (OURS, THEIRS):
            book = Book(company_id=company, title=f"of {company}")
            book.pages.append(Page(company_id=company, number=1))
            session.add(book)
    return module_database
