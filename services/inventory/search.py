"""Search by the beginnings of words, over a company's own services only.

A service's words are those of its name, reference and plan's name, parted at
`SEPARATORS`. Each stands in the index with its company before it, so that a search
never meets another company's words, however many there are. Both sides of the
comparison are put into lower case by the database, so they can't differ.
"""

import unicodedata
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, any_, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY
from sqlalchemy.orm import Session

from services.inventory.models import Service
from shared.errors import InvalidInput

MAX_LENGTH = 200

FEW = 500
"""So many services are found and sorted in a millisecond or two."""

# The first migration has the same characters in the generated column `search`.
SEPARATORS = "".join(
    map(
        chr,
        (
            *(*range(0x01, 0x30), *range(0x3A, 0x41), *range(0x5B, 0x61)),
            *(*range(0x7B, 0xA2), 0xAB, 0xB7, 0xBB, 0xBF),
            *(*range(0x2000, 0x2070), *range(0x3000, 0x3003)),
        ),
    )
)
_TO_BLANKS = dict.fromkeys([0, *map(ord, SEPARATORS)], " ")


def words_of(text: str) -> list[str]:
    """The words of a search, in its order.

    Raises:
        InvalidInput: ``search_too_long`` with ``max_length``.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidInput("search_too_long", "", {"max_length": MAX_LENGTH})
    return unicodedata.normalize("NFC", text).translate(_TO_BLANKS).split()


def matches(
    db: Session, company_id: UUID, words: list[str], among: list[ColumnElement[bool]]
) -> ColumnElement[bool]:
    """Services of the company that have a word beginning with each of ``words``.

    ``among`` are the list's other filters. PostgreSQL can't tell how many services a
    word's beginning finds, so it is looked up whether they are few, which are then
    named, or many: then the list's own order meets a page of them soon, and the
    search's index, which would have all of them fetched and sorted, is kept out of it.
    """
    if not words:
        # Bound, because a constant would swallow all other conditions, the company's
        # too, and a query without that one is refused.
        return literal(False)
    # No word holds a quote or a backslash: those are separators.
    query = " & ".join(f"'{company_id}/{word}':*" for word in words)
    found = Service.search.bool_op("@@")(cast(func.lower(query), TSQUERY))
    few = select(Service.id).where(Service.company_id == company_id, *among, found)
    ids = db.scalars(few.limit(FEW + 1)).all()
    if len(ids) <= FEW:
        return Service.id == any_(literal(ids, ARRAY(Uuid)))
    return func.coalesce(found, literal(False))
