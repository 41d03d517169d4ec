"""What the members' page shows: each person, and who logs in with a password alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from shared.contracts.identity.memberships import Member
from web.page.frame import initials

NAMED = 3
"""Members without a second factor who are named; of more, two and a number."""


@dataclass(frozen=True)
class MemberView:
    member: Member
    initials: str
    is_reader: bool


@dataclass(frozen=True)
class MembersView:
    """``with_password_alone`` are names; ``further`` is how many more there are."""

    members: Sequence[MemberView]
    protected: int
    with_password_alone: Sequence[str]
    further: int

    @property
    def all_protected(self) -> bool:
        return self.protected == len(self.members)

    @classmethod
    def of(cls, members: Iterable[Member], reader: UUID) -> Self:
        """Put the reader first, then the others by name."""
        first = sorted(members, key=lambda it: (it.user_id != reader, it.name.lower()))
        alone = [it.name or it.email for it in first if not it.two_factor_enabled]
        named = alone if len(alone) <= NAMED else alone[: NAMED - 1]
        return cls(
            members=[
                MemberView(it, initials(it.name or it.email), it.user_id == reader)
                for it in first
            ],
            protected=len(first) - len(alone),
            with_password_alone=named,
            further=len(alone) - len(named),
        )
