"""Each step of a top-up locks one row, and reads it once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from tests.fixtures.billing.payer import Payer

Reads = Counter[str]
"""How many statements of one transaction read whole rows of a table, and lock any."""


@contextmanager
def watched(payer: Payer) -> Iterator[list[Reads]]:
    """What each transaction reads of top-ups and wallets, if it reads any."""
    engine = payer.harness.database.engine
    reads: list[Reads] = []
    now: Reads = Counter()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        for table in ("top_ups", "wallets"):
            now[table] += statement.startswith(f"SELECT {table}.id")
        now["locks"] += " FOR UPDATE" in statement

    def end(_connection: Any) -> None:
        if +now:
            reads.append(+now)
        now.clear()

    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "commit", end)
    try:
        yield reads
    finally:
        event.remove(engine, "before_cursor_execute", note)
        event.remove(engine, "commit", end)


def test_a_top_up_is_begun_with_one_read_of_its_wallet(payer: Payer) -> None:
    quote = payer.quote("50.00")

    with watched(payer) as reads:
        payer.begin_as_quoted(quote)

    # The top-ups that are read are others: one that it may repeat.
    assert reads == [{"wallets": 1, "locks": 1, "top_ups": 1}]


def test_a_payment_is_prepared_and_started_with_one_read_of_its_top_up_each(
    payer: Payer,
) -> None:
    top_up = payer.begin("50.00")

    with watched(payer) as reads:
        payer.start(top_up)

    assert reads == [{"top_ups": 1, "locks": 1}, {"top_ups": 1, "locks": 1}]


def test_a_payment_under_way_is_continued_with_one_read_of_its_top_up(
    payer: Payer,
) -> None:
    top_up = payer.begin("50.00")
    payer.start(top_up)

    with watched(payer) as reads:
        payer.start(top_up)

    assert reads == [{"top_ups": 1, "locks": 1}]
