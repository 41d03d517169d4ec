"""How far a company is verified: what its limits follow."""

from enum import Enum
from uuid import UUID

from shared.contract import Event, Response
from shared.contracts.identity.name import NAME


class VerificationLevel(Enum):
    """The steps that a person has passed, one after the other; from low to high.

    A phone counts only with an email, and an identity document only with both.
    """

    NONE = "none"
    EMAIL = "email"
    PHONE = "phone"
    IDENTITY = "identity"

    @property
    def rank(self) -> int:
        """Return how many steps it takes."""
        return list(VerificationLevel).index(self)

    def reaches(self, other: "VerificationLevel") -> bool:
        return self.rank >= other.rank


class CompanyVerification(Response, frozen=True, kw_only=True):
    """A company's level, and whether its own document was verified.

    The level is the highest that one of its present owners has reached.
    """

    company_id: UUID
    level: VerificationLevel
    has_company_document: bool


VERIFICATION_CHANGED = Event(NAME, "verification_changed", CompanyVerification)

EVENTS = (VERIFICATION_CHANGED,)
