"""One person with two companies."""

from datetime import timedelta
from uuid import UUID

import pytest

from shared.contracts import billing, identity
from shared.contracts.identity.memberships import Role
from tests.fixtures.installations import Installation

EMAIL = "ada@example.com"


@pytest.fixture
def first(site: Installation) -> UUID:
    """Ada's first company, where she starts; it has a wallet in EUR."""
    company = site.customer(EMAIL, "First & Co")
    _open_wallet(site, company, "EUR")
    return company


@pytest.fixture
def second(site: Installation, first: UUID) -> UUID:
    """Another of her companies, with a wallet in PLN."""
    site.clock.move(timedelta(hours=1))
    company = site.customer("bob@example.com", "Second & Co")
    _open_wallet(site, company, "PLN")
    member = identity.memberships.AddMember(
        company_id=company, user_id=site.user_ids[EMAIL], role=Role.ADMIN
    )
    site.operator.call(identity.memberships.ADD_MEMBER, member)
    return company


def _open_wallet(site: Installation, company: UUID, currency: str) -> None:
    wallet = billing.wallets.OpenWallet(company_id=company, currency=currency)
    site.operator.call(billing.wallets.OPEN_WALLET, wallet)
