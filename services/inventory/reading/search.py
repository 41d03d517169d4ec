"""Search by the beginnings of words, over a company's own services only.

A service's words are those of its name, reference and plan's name, parted at
`SEPARATORS`. They are kept twice: with the service, to tell whether it matches, and in
the list's order by name (`ServiceWord`), to find those that do. The database puts both
sides of the comparison into lower case, so they can't differ.
"""

import unicodedata
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, cast, func, intersect, select
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from services.inventory.models import Service, ServiceWord
from shared.errors import InvalidInput

MAX_LENGTH = 200

FEW = 500
"""So many services are found and sorted in a millisecond or two."""

FEW_SPELLINGS = 8
"""The services of so many words are put in order together."""

# The fourth migration has the same characters in the generated column `search`.
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
_LAST_CHARACTER = chr(0x10FFFF)


def words_of(text: str) -> list[str]:
    """Return the words of a search, in its order.

    Raises:
        InvalidInput: ``search_too_long`` with ``max_length``.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidInput("search_too_long", "", {"max_length": MAX_LENGTH})
    return unicodedata.normalize("NFC", text).translate(_TO_BLANKS).split()


def matches(words: list[str]) -> ColumnElement[bool]:
    """Return the condition that a service has words starting with all of ``words``."""
    # No word holds a quote or a backslash: those are separators.
    query = " & ".join(f"'{word}':*" for word in words)
    return Service.search.bool_op("@@")(cast(func.lower(query), TSQUERY))


def few_with(db: Session, company_id: UUID, words: list[str]) -> list[UUID] | None:
    """The services with a word beginning with one of ``words``, if those are `FEW`.

    It is the first of ``words`` that so few have; the others are not looked at. None
    if there is no such word.
    """
    for word in words:
        ids = _ids(company_id, word)
        # Asked first, as to read so many ids takes longer than all the rest.
        if db.scalar(ids.offset(FEW).limit(1)) is None:
            return list(db.scalars(ids.limit(FEW)))
    return None


def few_with_all(db: Session, company_id: UUID, words: list[str]) -> list[UUID] | None:
    """Return the services that match all of ``words``, if those are `FEW`, or None.

    It reads all that each word finds, though not the services themselves.
    """
    found = intersect(*(_ids(company_id, word) for word in words)).limit(FEW + 1)
    ids = [row.service_id for row in db.execute(found)]
    return ids if len(ids) <= FEW else None


def spellings(db: Session, company_id: UUID, word: str) -> list[str] | None:
    """The words that begin with ``word``, if those are `FEW_SPELLINGS`, or None."""
    query = select(ServiceWord.word).where(_beginning(company_id, word))
    ends = query.with_only_columns(
        func.min(ServiceWord.word), func.max(ServiceWord.word)
    )
    first, last = db.execute(ends).one()
    found = [] if first is None else [first]
    while found and found[-1] != last:
        if len(found) == FEW_SPELLINGS:
            return None
        following = query.where(ServiceWord.word > found[-1])
        found.append(db.scalars(following.order_by(ServiceWord.word).limit(1)).one())
    return found


def _ids(company_id: UUID, word: str) -> Select[UUID]:
    return select(ServiceWord.service_id).where(_beginning(company_id, word))


def _beginning(company_id: UUID, word: str) -> ColumnElement[bool]:
    first = func.lower(word)
    return and_(
        ServiceWord.company_id == company_id,
        ServiceWord.word >= first,
        ServiceWord.word < first.concat(_LAST_CHARACTER),
    )
