"""Transactions: kept, given up, or refused because the database is away."""

from contextlib import closing

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import ProgrammingError

from shared.db.database import Database
from shared.errors import Unavailable
from tests.fixtures.shared.shelf import OURS, Book


def count_books(database: Database) -> int:
    with database.system() as session:
        return session.scalars(select(func.count(Book.id))).one()


def add_book_and_raise(database: Database, error: Exception) -> None:
    with database.company(OURS) as session:
        session.add(Book(company_id=OURS, title="another"))
        session.flush()
        raise error


def test_a_transaction_is_kept_when_its_block_ends(database: Database) -> None:
    with database.company(OURS) as session:
        session.add(Book(company_id=OURS, title="another"))

    assert count_books(database) == 3


def test_a_transaction_is_given_up_when_its_block_raises(database: Database) -> None:
    with pytest.raises(RuntimeError):
        add_book_and_raise(database, RuntimeError())

    assert count_books(database) == 2


def test_rows_may_be_read_after_their_transaction(database: Database) -> None:
    with database.company(OURS) as session:
        book = session.scalars(select(Book)).one()

    assert book.title


def test_a_database_that_is_nowhere_is_unavailable() -> None:
    # Nothing listens on the discard port.
    nowhere = Database("postgresql://nobody@127.0.0.1:9/nothing")

    with closing(nowhere), pytest.raises(Unavailable) as caught:
        count_books(nowhere)

    assert caught.value.code == "database_unreachable"


def test_a_connection_that_the_server_ends_is_unavailable_once(
    database: Database,
) -> None:
    def lose_connection() -> None:
        with database.system() as session:
            pid = session.scalar(select(func.pg_backend_pid()))
            with database.system() as other:
                other.scalar(select(func.pg_terminate_backend(pid)))
            count = select(func.count(Book.id))
            session.scalars(count).one()

    with pytest.raises(Unavailable) as caught:
        lose_connection()

    assert caught.value.code == "database_unreachable"
    assert count_books(database) == 2


def test_a_connection_that_ended_while_nobody_used_it_is_replaced(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.db.database._ALIVE_FOR_S", 0)
    url = database.engine.url.render_as_string(hide_password=False)
    with closing(Database(url, pool_size=1)) as idle:
        with idle.system() as session:
            pid = session.scalar(select(func.pg_backend_pid()))
        with database.system() as session:
            session.scalar(select(func.pg_terminate_backend(pid)))

        assert count_books(idle) == 2


def test_a_wrong_query_is_a_fault_and_not_an_absence(database: Database) -> None:
    with pytest.raises(ProgrammingError), database.system() as session:
        session.execute(text("SELECT nothing"))


def test_times_are_utc_whatever_the_server_thinks(database: Database) -> None:
    with database.system() as session:
        assert session.scalar(text("SHOW timezone")) == "UTC"
