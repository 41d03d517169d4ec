"""Which tables have what about a person: everything that names a user.

A table that is added later is exported and erased by itself, unless it is kept here.
"""

from collections.abc import Iterator

import sqlalchemy as sa

from services.identity.models.base import Base

USER_ID = "user_id"
ACCOUNT = "users"
KEPT = frozenset(
    {"activity", "accepted_terms", "ended_memberships", "identity_documents"}
)
"""Not erased: the trail, for a year; which terms were accepted; that somebody, of whom
only the id is left, was a member of a company; what type of document was sent when, so
that it is deleted from the storage."""
MEMBERSHIPS = "memberships"
"""Ended one by one, as each is published."""


def tables() -> Iterator[sa.Table]:
    """Return the tables with a user's id, by name, but the account's own."""
    for table in Base.metadata.sorted_tables:
        if USER_ID in table.columns:
            yield table


def erased_tables() -> list[sa.Table]:
    """Return those whose rows are deleted, the ones that name others first."""
    kept = KEPT | {MEMBERSHIPS}
    return [table for table in reversed([*tables()]) if table.name not in kept]
