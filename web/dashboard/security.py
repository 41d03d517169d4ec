"""What protects the account, what is missing, and the best next step."""

from dataclasses import dataclass
from typing import Self

from shared.contracts import identity
from shared.contracts.identity.factors import FEW_RECOVERY_CODES
from shared.contracts.identity.memberships import Role
from shared.contracts.identity.signing_in import (
    RESUME_SESSION,
    Protection,
    ResumeSession,
    Session,
)
from web.page.blocks import Block

MOST_NAMES = 2


@dataclass(frozen=True)
class SecurityView:
    """``missing`` are the steps to take, the best next one first.

    They are ``two_factor``, ``recovery_codes``, ``verification`` and ``members``.
    ``may_verify``: the company's limits follow this person's verification, who is an
    owner.
    """

    is_on: bool
    may_verify: bool
    is_verified: bool
    protection: Protection

    @classmethod
    def of(cls, session: Session) -> Self | None:
        """Return None where the session was checked without asking for it."""
        if session.protection is None:
            return None
        user, protection = session.user, session.protection
        is_owner = any(
            it.company_id == session.company_id and it.role is Role.OWNER
            for it in session.memberships
        )
        return cls(user.two_factor_enabled, is_owner, user.is_verified, protection)

    @property
    def missing(self) -> list[str]:
        codes = self.protection.recovery_codes_left
        wanted = {
            "two_factor": not self.is_on,
            "recovery_codes": codes is not None and codes <= FEW_RECOVERY_CODES,
            "verification": self.may_verify and not self.is_verified,
            "members": self.is_on and bool(self.protection.unprotected),
        }
        return [name for name, is_missing in wanted.items() if is_missing]

    @property
    def protected(self) -> int:
        """How many of the company's people have a second factor."""
        others = len(self.protection.unprotected)
        return self.protection.members - others - (not self.is_on)

    @property
    def named(self) -> list[str]:
        return self.protection.unprotected[:MOST_NAMES]

    @property
    def further(self) -> int:
        """How many people without a second factor are not named."""
        return len(self.protection.unprotected) - len(self.named)

    @property
    def verified(self) -> int:
        return len(self.protection.verified)

    @property
    def steps(self) -> int:
        return self.verified + len(self.protection.to_verify)

    @property
    def next_step(self) -> str:
        """Return the step of verification to take next, or nothing."""
        return next((step.value for step in self.protection.to_verify), "")


SECURITY = Block(
    "security",
    RESUME_SESSION,
    ResumeSession(token=""),
    SecurityView.of,
    (identity.CONTRACT.name,),
    needs_protection=True,
)
