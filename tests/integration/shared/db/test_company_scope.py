"""In one company's session no query reaches another's rows, however it is written."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import (
    Select,
    delete,
    exists,
    func,
    insert,
    literal_column,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.orm import (
    Session,
    aliased,
    contains_eager,
    joinedload,
    selectinload,
    subqueryload,
)

from shared.db.database import Database, WrongCompanyError
from shared.db.tables import outbox
from tests.fixtures.shared.shelf import OURS, THEIRS, Base, Book, Page, Shop

ours_only = {OURS}


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.company(OURS) as session:
        yield session


def renumber(session: Session, page: Page) -> None:
    session.add(page)
    page.number = 2


def their_book_id(database: Database) -> UUID:
    with database.system() as session:
        return session.scalars(select(Book.id).where(Book.company_id == THEIRS)).one()


other = aliased(Book)
in_subquery = select(Book).subquery()
in_cte = select(Book.company_id).cte()

QUERIES: dict[str, Select[Any]] = {
    "rows": select(Book.company_id),
    "an alias": select(other.company_id),
    "a join": select(Page.company_id).join(Book, Page.book_id == Book.id),
    "a join to another's": select(Page.company_id).join(Book, Page.number == 1),
    "an outer join": select(Page.company_id).outerjoin(Book, Page.number == 1),
    "a cross join": select(Book.company_id).join(Page, literal_column("true")),
    "a subquery": select(in_subquery.c.company_id),
    "an entity from a subquery": select(aliased(Book, in_subquery).company_id),
    "a common table expression": select(in_cte.c.company_id),
    "where in": select(Page.company_id).where(Page.book_id.in_(select(Book.id))),
    "a group": select(Book.company_id).group_by(Book.company_id),
}
"""Each finds one row of each company's, if it may."""

QUERIES_FOR_OTHERS: dict[str, tuple[Select[Any], list[None]]] = {
    "a condition": (select(Book.company_id).where(Book.company_id == THEIRS), []),
    "a self join": (select(other.company_id).join(Book, other.title != Book.title), []),
    "a scalar subquery": (
        select(
            select(Book.company_id).where(Book.company_id == THEIRS).scalar_subquery()
        ),
        [None],
    ),
}
"""Each finds nothing of ours; and what an answer without rows is."""


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_query_sees_our_rows_only(
    database: Database, session: Session, query: Select[Any]
) -> None:
    assert session.scalars(query).all() == [OURS]

    with database.system() as everybody:
        assert set(everybody.scalars(query)) == {OURS, THEIRS}


@pytest.mark.parametrize(
    ("query", "nothing"), QUERIES_FOR_OTHERS.values(), ids=QUERIES_FOR_OTHERS
)
def test_a_query_for_others_finds_nothing(
    database: Database, session: Session, query: Select[Any], nothing: list[None]
) -> None:
    assert session.scalars(query).all() == nothing

    with database.system() as everybody:
        assert THEIRS in everybody.scalars(query).all()


def test_a_count_counts_our_rows_only(session: Session) -> None:
    assert session.scalar(select(func.count()).select_from(Book)) == 1
    assert session.scalar(select(func.count(Book.id))) == 1


def test_whether_another_companys_row_exists_is_not_revealed(session: Session) -> None:
    theirs = exists().where(Book.company_id == THEIRS)

    assert session.scalar(select(theirs)) is False
    assert session.scalar(select(select(Book).where(theirs).exists())) is False


def test_a_union_sees_our_rows_only(session: Session) -> None:
    both = union_all(select(Book.company_id), select(Page.company_id))

    assert set(session.scalars(both)) == ours_only


def test_get_finds_nothing_of_another_company(
    session: Session, database: Database
) -> None:
    assert session.get(Book, their_book_id(database)) is None


@pytest.mark.parametrize("load", [joinedload, selectinload, subqueryload])
def test_relationships_lead_to_our_rows_only(
    session: Session, load: Callable[..., Any]
) -> None:
    books = session.scalars(select(Book).options(load(Book.pages))).unique().all()

    assert {page.company_id for book in books for page in book.pages} == ours_only


def test_a_joined_load_leads_to_our_rows_only(
    session: Session, database: Database
) -> None:
    ours = session.scalars(select(Book.id)).one()
    with database.system() as everybody:
        everybody.add(Page(company_id=THEIRS, number=7, book_id=ours))

    book = session.scalars(select(Book).options(joinedload(Book.pages))).unique().one()

    assert [page.company_id for page in book.pages] == [OURS]


def test_an_eager_join_leads_to_our_rows_only(session: Session) -> None:
    query = select(Book).join(Book.pages).options(contains_eager(Book.pages))
    books = session.scalars(query).unique().all()

    assert {page.company_id for book in books for page in book.pages} == ours_only


def test_a_relationship_read_later_leads_to_our_rows_only(session: Session) -> None:
    book = session.scalars(select(Book)).one()

    assert [page.company_id for page in book.pages] == [OURS]


def test_a_row_of_nobodys_does_not_lead_to_another_company(
    session: Session, database: Database
) -> None:
    with database.system() as everybody:
        everybody.add(Shop(best_seller_id=their_book_id(database)))

    shop = session.scalars(select(Shop)).one()

    assert shop.best_seller is None


def test_a_row_just_made_does_not_lead_to_another_company(
    session: Session, database: Database
) -> None:
    page = Page(company_id=OURS, number=2, book_id=their_book_id(database))
    session.add(page)
    session.flush()

    assert page.book is None


def test_an_update_changes_our_rows_only(session: Session, database: Database) -> None:
    session.execute(update(Book).values(title="changed"))
    session.commit()

    assert titles(database) == {OURS: "changed", THEIRS: f"of {THEIRS}"}


def test_a_delete_deletes_our_rows_only(session: Session, database: Database) -> None:
    session.execute(delete(Page))
    session.execute(delete(Book))
    session.commit()

    assert list(titles(database)) == [THEIRS]


def test_a_row_cannot_be_made_for_another_company(session: Session) -> None:
    session.add(Book(company_id=THEIRS, title="smuggled"))

    with pytest.raises(WrongCompanyError):
        session.flush()
    session.rollback()


def test_a_row_cannot_be_given_to_another_company(session: Session) -> None:
    session.scalars(select(Book)).one().company_id = THEIRS

    with pytest.raises(WrongCompanyError):
        session.flush()
    session.rollback()


@pytest.mark.parametrize("change", [renumber, Session.delete], ids=["update", "delete"])
def test_a_row_that_another_session_read_cannot_be_changed_in_ours(
    session: Session, database: Database, change: Callable[[Session, Page], object]
) -> None:
    with database.system() as everybody:
        theirs = everybody.scalars(select(Page).where(Page.company_id == THEIRS)).one()
        everybody.expunge(theirs)

    change(session, theirs)

    with pytest.raises(WrongCompanyError):
        session.flush()
    session.rollback()
    with database.system() as everybody:
        left = everybody.scalars(select(Page.number).where(Page.company_id == THEIRS))
        assert left.all() == [1]


BOOKS = Base.metadata.tables["books"]
THEIR_TITLES = "SELECT title FROM books"

BARE: dict[str, Any] = {
    "a join": select(Page.id).join(BOOKS, BOOKS.c.id == Page.book_id),
    "a join to an alias": select(Page.id).join(BOOKS.alias(), literal_column("true")),
    "a column": select(Page.id, BOOKS.c.title).where(BOOKS.c.id == Page.book_id),
    "a subquery": select(Page.id).where(Page.book_id.in_(select(BOOKS.c.id))),
    "a scalar": select(Page.id, select(BOOKS.c.title).limit(1).scalar_subquery()),
    "whether one exists": select(Page.id).where(exists().where(BOOKS.c.title == "x")),
    "a common table expression": select(Page.id).join(
        select(BOOKS.c.title).cte(), literal_column("true")
    ),
    "beside the model": select(Book.id, select(BOOKS.c.title).scalar_subquery()),
    "the model's own rows": select(aliased(Book, select(BOOKS).subquery()).id),
    "a condition in text": select(Page.id).where(text(f"EXISTS ({THEIR_TITLES})")),
    "a column in text": select(Page.id, literal_column(f"({THEIR_TITLES} LIMIT 1)")),
}

REFUSED: dict[str, Callable[[Session], object]] = {
    "text": lambda s: s.execute(text("SELECT * FROM books")),
    "text for scalars": lambda s: s.scalars(text("SELECT title FROM books")),
    "text for a scalar": lambda s: s.scalar(text("SELECT title FROM books")),
    "text with columns": lambda s: s.scalars(
        text("SELECT company_id FROM books").columns(Book.company_id)
    ),
    "entities from text": lambda s: s.scalars(
        select(Book).from_statement(text("SELECT * FROM books"))
    ),
    "a table": lambda s: s.execute(select(Book.__table__)),
    "a table's column": lambda s: s.execute(select(Book.__table__.c.title)),
    "a table's update": lambda s: s.execute(BOOKS.update().values(title="x")),
    "a table's delete": lambda s: s.execute(BOOKS.delete()),
    "a table's insert": lambda s: s.execute(BOOKS.insert().values(title="x")),
    "an insert for others": lambda s: s.execute(
        insert(Book).values(id=uuid4(), company_id=THEIRS, title="smuggled")
    ),
    "many inserts for others": lambda s: s.execute(
        insert(Book), [{"id": uuid4(), "company_id": THEIRS, "title": "smuggled"}]
    ),
    "an insert of a query": lambda s: s.execute(
        insert(Book).from_select(
            ["id", "company_id", "title"],
            select(Shop.id, literal_column(f"'{THEIRS}'::uuid"), literal_column("''")),
        )
    ),
    "inserts in one statement": lambda s: s.execute(
        insert(Book).values(
            [
                {"id": uuid4(), "company_id": company, "title": ""}
                for company in (OURS, THEIRS)
            ]
        )
    ),
    "an insert for nobody": lambda s: s.execute(insert(Book).values(title="x")),
    "an update that gives away": lambda s: s.execute(
        update(Book).values(company_id=THEIRS)
    ),
    "updates by primary key": lambda s: s.execute(
        update(Book), [{"id": uuid4(), "title": "changed"}]
    ),
    "an update by primary key": lambda s: s.execute(
        update(Book), {"id": uuid4(), "title": "changed"}
    ),
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_narrowed_is_refused(
    session: Session, statement: Callable[[Session], object]
) -> None:
    with pytest.raises(WrongCompanyError):
        statement(session)


@pytest.mark.parametrize("query", BARE.values(), ids=BARE)
def test_a_bare_table_inside_a_query_on_models_is_refused(
    session: Session, query: Select[Any]
) -> None:
    with pytest.raises(WrongCompanyError):
        session.execute(query)


def test_a_bare_table_inside_a_change_is_refused(session: Session) -> None:
    titles = select(BOOKS.c.title).limit(1).scalar_subquery()

    with pytest.raises(WrongCompanyError):
        session.execute(update(Book).values(title=titles))


def test_a_union_with_a_bare_table_is_refused(session: Session) -> None:
    with pytest.raises(WrongCompanyError):
        session.execute(union_all(select(Page.id), select(BOOKS.c.id)))


def test_an_insert_for_ourselves_is_allowed(session: Session) -> None:
    row = {"company_id": OURS, "title": "ours"}
    session.execute(insert(Book).values(id=uuid4(), **row))
    session.execute(insert(Book), [{"id": uuid4(), **row}, {"id": uuid4(), **row}])
    session.execute(insert(Book).values([{"id": uuid4(), **row}]))

    assert session.scalar(select(func.count(Book.id))) == 5


def test_an_update_of_the_outbox_is_allowed(session: Session) -> None:
    session.execute(update(outbox).values(relayed_at=None))
    assert session.scalars(select(outbox.c.position)).all() == []
    assert session.scalar(select(func.pg_try_advisory_xact_lock(1)))


def test_the_system_sees_all_companies(database: Database) -> None:
    with database.system() as session:
        assert set(session.scalars(select(Book.company_id))) == {OURS, THEIRS}
        assert session.execute(text("SELECT count(*) FROM books")).scalar() == 2


def titles(database: Database) -> dict[UUID, str]:
    with database.system() as session:
        return {book.company_id: book.title for book in session.scalars(select(Book))}
