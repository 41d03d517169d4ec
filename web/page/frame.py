"""The frame around every page: balance strip, menu, avatar menu, company switch.

Balance, menu and bell are blocks, like those of the dashboard.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from shared.contracts import billing, identity, inventory
from shared.money import Money
from shared.permissions import Permission
from shared.principal import Principal, Strength
from web.page.blocks import Block, BlockView
from web.page.visit import Visit

_SILENT = frozenset({"stale", "waiting", "unavailable"})

BELL = Block(
    "bell",
    identity.signing_in.RESUME_SESSION,
    identity.signing_in.ResumeSession(token=""),
    lambda session: session.unread_notices,
    (identity.CONTRACT.name,),
    is_about_person=True,
)


@dataclass(frozen=True)
class OtherBalance:
    balance: Money
    credit_limit: Money
    available: Money


@dataclass(frozen=True)
class Balance:
    """The primary wallet's figures, and those of further wallets."""

    currency: str
    balance: Money
    credit_limit: Money
    available: Money
    recent: list[billing.dashboard.Posting]
    other_wallets: list[OtherBalance]


def _balance(answer: billing.dashboard.BillingDashboard) -> Balance | None:
    primary = next((w for w in answer.wallets if w.is_primary), None)
    if primary is None:
        return None
    return Balance(
        currency=primary.currency,
        balance=primary.balance,
        credit_limit=primary.credit_limit,
        available=primary.available,
        recent=primary.recent,
        other_wallets=[
            OtherBalance(w.balance, w.credit_limit, w.available)
            for w in answer.wallets
            if not w.is_primary
        ],
    )


BALANCE = Block(
    "balance",
    billing.dashboard.DASHBOARD,
    billing.dashboard.Dashboard(),
    _balance,
    (billing.CONTRACT.name,),
)
MENU = Block(
    "menu",
    inventory.reading.DASHBOARD,
    inventory.reading.Dashboard(),
    lambda counters: counters,
    (inventory.CONTRACT.name,),
)


@dataclass(frozen=True)
class Frame:
    """What the layout shows; see templates/base.html.

    ``reading_until`` is set while identity does not answer: until then one can read,
    and nothing that is identity's can be done. ``lacks_factor``: the company requires a
    second factor, which the user has to set up first.
    """

    user: identity.people.User
    company: identity.memberships.CompanyMembership
    companies: list[identity.memberships.CompanyMembership]
    balance: BlockView
    menu: BlockView
    bell: BlockView
    at: str
    permissions: frozenset[Permission]
    reading_until: datetime | None = None
    lacks_factor: bool = False

    @property
    def reads_billing(self) -> bool:
        return Permission.READ_BILLING in self.permissions

    @property
    def adds_funds(self) -> bool:
        return Permission.ADD_FUNDS in self.permissions

    @property
    def initials(self) -> str:
        return initials(self.user.name or self.user.email or "?")

    @property
    def is_cut_off(self) -> bool:
        """Whether no service at all can be reached; one that is late may be."""
        blocks = (self.balance, self.menu)
        silent = all(b.state in _SILENT and not b.is_late for b in blocks)
        return silent and self.reading_until is not None

    @classmethod
    def of(cls, visit: Visit, blocks: Mapping[str, BlockView], at: str) -> Self:
        """Make the frame for a visit's person, with its blocks' answers."""
        principal, session = visit.identify(), visit.last_session
        company_id = principal.require_company()
        companies = session.memberships if session else []
        acting_for = (c for c in companies if c.company_id == company_id)
        return cls(
            user=session.user if session else _unknown_user(principal),
            company=next(acting_for, None) or _unknown_company(principal),
            companies=companies,
            balance=blocks[BALANCE.name],
            menu=blocks[MENU.name],
            bell=blocks[BELL.name],
            at=at,
            permissions=principal.permissions,
            reading_until=visit.reading_until,
            lacks_factor=principal.lacks_factor,
        )


def initials(name: str) -> str:
    """Return the first letters of the first and last word of a name."""
    words = name.split()
    return "".join(word[0] for word in words[:1] + words[1:][-1:]).upper()


def _unknown_user(principal: Principal) -> identity.people.User:
    """A placeholder while identity can't be reached and never was, by this process."""
    return identity.people.User(
        id=principal.user_id,
        email="",
        name="",
        locale="en",
        time_zone="UTC",
        two_factor_enabled=principal.strength is Strength.SECOND_FACTOR,
        is_verified=True,
    )


def _unknown_company(principal: Principal) -> identity.memberships.CompanyMembership:
    return identity.memberships.CompanyMembership(
        company_id=principal.require_company(),
        company_name="",
        role=identity.memberships.Role(principal.role),
    )
