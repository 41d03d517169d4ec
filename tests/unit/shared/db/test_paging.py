"""Cursors: opaque, and harmless when they are forged."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.db.paging import decode_cursor, encode_cursor
from shared.errors import InvalidInput

CustomerSite = tuple[str, datetime, UUID]

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(name=texts, at=st.datetimes(timezones=st.just(UTC)), row_id=st.uuids())
def test_a_cursor_names_the_row_it_was_made_of(
    name: str, at: datetime, row_id: UUID
) -> None:
    cursor = encode_cursor(name, at, row_id)

    assert cursor.isascii()
    assert decode_cursor(cursor, CustomerSite) == (name, at, row_id)


@given(cursor=st.text() | st.text("abcXYZ019-_="))
def test_any_other_text_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode_cursor(cursor, CustomerSite)

    assert caught.value.code == "bad_cursor"


@pytest.mark.parametrize(
    "cursor",
    [
        encode_cursor("of another list"),
        encode_cursor("a\0b", datetime(2026, 1, 1, tzinfo=UTC), UUID(int=1)),
        encode_cursor("a", "2026-01-01T00:00:00+20:00", UUID(int=1)),
        encode_cursor(1, 2, 3),
        "W1tb" * 1_000,
        "A" * 100_000,
    ],
)
def test_a_cursor_of_something_else_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput):
        decode_cursor(cursor, CustomerSite)
