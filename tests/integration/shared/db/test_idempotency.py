"""A key's effect happens once, whatever the calls do to each other."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from shared.contract import Request
from shared.db import idempotency
from shared.db.database import Database
from shared.db.idempotency import MAX_KEY_LENGTH, Key
from shared.db.tables import idempotency_keys
from shared.errors import Conflict, InvalidInput
from shared.permissions import Permission
from shared.principal import Kind, Principal
from tests.fixtures.shared.shelf import OURS, THEIRS, Book

NOW = datetime(2026, 5, 4, tzinfo=UTC)
SEVEN_DAYS = timedelta(days=7)


class Change(Request, frozen=True, kw_only=True):
    title: str = ""


def principal(company_id: UUID = OURS, user_id: int = 1) -> Principal:
    return Principal(
        kind=Kind.USER,
        name="Alice",
        permissions=frozenset({Permission.MANAGE_SERVICES}),
        expires_at=NOW,
        user_id=UUID(int=user_id),
        company_id=company_id,
    )


def key(
    text: str | None = "key",
    title: str = "",
    who: Principal | None = None,
    method: str = "change",
) -> Key:
    return Key.of(who or principal(), method, text, Change(title=title))


def change(database: Database, once: Key, now: datetime = NOW) -> Any:
    """Make one book per key, as a method that changes something does."""
    with database.company(once.company_id) as session:
        earlier = idempotency.claim(session, once, now)
        if earlier is not None:
            return earlier
        book = Book(company_id=once.company_id, title="made")
        session.add(book)
        session.flush()
        result = {"id": str(book.id)}
        idempotency.keep_result(session, once, result)
        return result


def made(database: Database) -> int:
    with database.system() as session:
        query = select(func.count(Book.id)).where(Book.title == "made")
        return session.scalars(query).one()


def test_a_repeat_returns_the_stored_result(database: Database) -> None:
    first = change(database, key())

    assert change(database, key()) == first
    assert made(database) == 1


def test_other_arguments_under_the_same_key_are_an_error(database: Database) -> None:
    change(database, key(title="a"))

    with pytest.raises(Conflict) as caught:
        change(database, key(title="b"))

    assert caught.value.code == "idempotency_key_reused"
    assert made(database) == 1


@pytest.mark.parametrize(
    "other",
    [
        key("another key"),
        key(who=principal(company_id=THEIRS)),
        key(who=principal(user_id=2)),
        key(method="change_again"),
    ],
    ids=["key", "company", "user", "method"],
)
def test_another_ones_key_is_another_effect(database: Database, other: Key) -> None:
    first = change(database, key())

    second = change(database, other)

    assert made(database) == 2
    # Each repeat is told of its own effect.
    assert change(database, key()) == first
    assert change(database, other) == second
    assert second != first
    assert made(database) == 2


def test_what_failed_may_be_tried_again_under_the_same_key(database: Database) -> None:
    def fail() -> None:
        with database.company(OURS) as session:
            idempotency.claim(session, key(), NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    change(database, key())

    assert made(database) == 1


def test_two_at_once_have_one_effect(database: Database) -> None:
    at_once = Barrier(8)

    def go(_number: int) -> Any:
        at_once.wait(5)
        return change(database, key())

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(go, range(8)))

    assert len({result["id"] for result in results}) == 1
    assert made(database) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "idempotency_key_missing"),
        ("", "idempotency_key_missing"),
        ("x" * (MAX_KEY_LENGTH + 1), "idempotency_key_too_long"),
        ("\ud800", "malformed_message"),
    ],
)
def test_a_key_that_is_none_is_refused(text: str | None, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        key(text)

    assert caught.value.code == code


@pytest.mark.parametrize("text", ["\0", "клю́ч", "'; --", "x" * MAX_KEY_LENGTH])
def test_any_short_text_can_be_a_key(database: Database, text: str) -> None:
    assert change(database, key(text)) == change(database, key(text))


def test_the_table_gives_away_neither_key_nor_arguments(database: Database) -> None:
    change(database, key("a secret key", title="a secret title"))

    with database.system() as session:
        row = session.execute(select(idempotency_keys)).one()
    assert "secret" not in repr(row)


def test_keys_are_forgotten_after_seven_days(database: Database) -> None:
    change(database, key("old"), NOW - SEVEN_DAYS - timedelta(seconds=1))
    change(database, key("new"), NOW - SEVEN_DAYS + timedelta(seconds=1))

    with database.system() as session:
        assert idempotency.forget_old_keys(session, NOW) == 1

    assert change(database, key("new")) is not None
    assert made(database) == 2
    change(database, key("old"))
    assert made(database) == 3
