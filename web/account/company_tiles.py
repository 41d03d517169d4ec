"""The companies of My Account: each with the reader's role and what needs attention.

What needs attention is asked of the services as a member of each company, all at once.
It takes no longer than a block of a page, and is left out where it doesn't come.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from uuid import UUID

import structlog
from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from shared.contracts import inventory
from shared.contracts.billing.wallets import LIST_WALLETS, ListWallets, Wallets
from shared.contracts.identity.accounts.standing import Standing
from shared.contracts.identity.memberships import CompanyMembership
from shared.contracts.identity.people import User
from shared.contracts.inventory.reading import DashboardCounters
from shared.errors import ContractError, RemoteFault
from shared.logs import describe
from shared.permissions import Permission
from web.page.blocks import FIRST_TRY_S
from web.page.visit import Visit, visit_company

log = structlog.get_logger()

MOST_ASKED = 12
"""Companies whose services are asked; of further ones, only the role is shown."""


@dataclass(frozen=True)
class Attention:
    """A sentence, and the page that it leads to."""

    words: str
    href: str


@dataclass(frozen=True)
class CompanyTile:
    company_id: UUID
    name: str
    role: str
    is_closed: bool
    attention: Sequence[Attention]


@dataclass(frozen=True)
class _Asked:
    """A company's answers, which are under way; None where the role reads none."""

    visit: Visit
    counters: Future[DashboardCounters] | None
    wallets: Future[Wallets] | None


def company_tiles(
    user: User, memberships: Sequence[CompanyMembership]
) -> list[CompanyTile]:
    """Make the tiles of the reader's companies, in the same order."""
    asked = _ask(memberships[:MOST_ASKED])
    return [
        CompanyTile(
            company_id=it.company_id,
            name=it.company_name,
            role=it.role.value,
            is_closed=it.standing is Standing.CLOSED,
            attention=_attention(user, it, asked.get(it.company_id)),
        )
        for it in memberships
    ]


def _ask(memberships: Iterable[CompanyMembership]) -> dict[UUID, _Asked]:
    """Ask identity for all companies at once, and then the other services."""
    visits = {it.company_id: visit_company(it.company_id) for it in memberships}
    for visit in visits.values():
        visit.asks_protection = True
        visit.begin_session(FIRST_TRY_S)
    asked = {}
    for company_id, visit in visits.items():
        try:
            asked[company_id] = _ask_services(visit)
        except (ContractError, RemoteFault) as failure:
            log.warning("company_not_asked", error=describe(failure))
    return asked


def _ask_services(visit: Visit) -> _Asked:
    """Raises what a `Visit` does."""
    rights = visit.identify().permissions
    counters = wallets = None
    if Permission.READ_SERVICES in rights:
        method, wanted = inventory.reading.DASHBOARD, inventory.reading.Dashboard()
        counters = visit.start(method, wanted, timeout_s=FIRST_TRY_S)
    if Permission.READ_BILLING in rights:
        wallets = visit.start(LIST_WALLETS, ListWallets(), timeout_s=FIRST_TRY_S)
    return _Asked(visit, counters, wallets)


def _attention(
    user: User, company: CompanyMembership, asked: _Asked | None
) -> list[Attention]:
    if company.requires_two_factor and not user.two_factor_enabled:
        words = _("Set up Two-Factor Authentication to act for this company")
        return [Attention(words, url_for("account.two_factor"))]
    if asked is None:
        return []
    company_id = company.company_id
    found: list[Attention] = []
    for part in (_of_services, _of_wallets, _of_members):
        try:
            found += part(company_id, asked)
        except (ContractError, RemoteFault) as failure:
            log.warning("attention_unknown", error=describe(failure))
    return found


def _of_services(company_id: UUID, asked: _Asked) -> Iterator[Attention]:
    suspended = asked.counters.result().suspended if asked.counters else 0
    if suspended:
        yield Attention(
            ngettext(
                "%(num)s service suspended", "%(num)s services suspended", suspended
            ),
            url_for("services.list_services", state="suspended", company=company_id),
        )


def _of_wallets(company_id: UUID, asked: _Asked) -> Iterator[Attention]:
    wallets = asked.wallets.result().wallets if asked.wallets else None
    page = url_for("wallets.show_wallets", company_id=company_id)
    if wallets == []:
        yield Attention(_("No wallet yet"), page)
    for wallet in wallets or ():
        if wallet.balance.amount < 0:
            words = _("%(currency)s balance below zero", currency=wallet.currency)
            yield Attention(words, page)


def _of_members(company_id: UUID, asked: _Asked) -> Iterator[Attention]:
    asked.visit.settle()
    session = asked.visit.session
    protection = session.protection if session else None
    alone = len(protection.unprotected) if protection else 0
    if alone:
        yield Attention(
            ngettext(
                "%(num)s other member without Two-Factor Authentication",
                "%(num)s other members without Two-Factor Authentication",
                alone,
            ),
            url_for("members.list_members", company_id=company_id),
        )
