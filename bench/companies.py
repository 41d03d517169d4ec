"""Two companies of the same kind, one ten thousand times as large as the other.

Both begin with the same ten services, made through the services' own operations; then
each of the larger one's is copied within the databases. As events, 100,000 services
would take longer than all that is measured. That the copies are counted rightly, the
inventory's own check confirms.
"""

from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from typing import cast
from uuid import UUID

from sqlalchemy import Engine, Table, text
from sqlalchemy.orm import DeclarativeBase

from bench.site import Site
from launcher.demo.story import PASSWORD
from launcher.machine.errors import LaunchError
from launcher.machine.processes import wait_until
from services.billing.charging.contributions import rebuild
from services.billing.models.charging import Subscription
from services.inventory.models import Service, ServiceCounters
from shared.contracts import billing, identity, inventory
from shared.contracts.inventory.services import Period
from shared.db.database import Database
from shared.money import Money, currency_of
from shared.operator import Operator

COPIES = 10_000
"""So many services there are of each of the larger company's first ten."""

_CURRENCY = "EUR"
_BALANCE = Decimal(1_000_000_000)
"""Nothing is overdue, so that charging has little to do while others are measured."""
_EVENTS_WITHIN_S = 30
_SERVICES = (
    ("shop-live", "web-shop", Period.YEAR),
    ("shop-archive", "storage-500", Period.MONTH),
    ("shop-metrics", "lxc-m", Period.HOUR),
    ("shop-staging", "lxc-s", Period.MONTH),
    ("mail-live", "server-a", Period.MONTH),
    ("mail-archive", "backup-daily", Period.DAY),
    ("mail-access", "vpn-5", Period.WEEK),
    ("wiki-live", "web-start", Period.MONTH),
    ("wiki-archive", "storage-100", Period.MONTH),
    ("wiki-staging", "lxc-l", Period.HOUR),
)
_PENDING, _SUSPENDED, _TERMINATED = 3, 4, 8
"""Those of them that are not simply active. The last one's termination is requested."""


@dataclass(frozen=True)
class Company:
    email: str
    name: str


SMALL = Company("small@bench.example", "Ten Services Ltd")
LARGE = Company("large@bench.example", "Hundred Thousand Services Ltd")


def load(site: Site) -> None:
    """Load both into the stack, and end when all figures are as they should be.

    Raises:
        LaunchError: they are not.
    """
    with site.operator() as operator:
        for company in (SMALL, LARGE):
            company_id = create(operator, company)
            _fund(operator, company_id)
            last = _order_services(operator, company_id)
            _request_termination(site, operator, company_id, last)
        _multiply(site, company_id)
        checked = operator.call(
            inventory.upkeep.VERIFY_COUNTERS, inventory.upkeep.VerifyCounters()
        )
        if checked.differences:
            raise LaunchError("\n".join(checked.differences))


def create(operator: Operator, company: Company) -> UUID:
    """A company with an owner who can log in, and an empty wallet."""
    user = identity.people.CreateUser(
        email=company.email, name=company.name, password=PASSWORD, email_verified=True
    )
    owner = operator.call(identity.people.CREATE_USER, user)
    address = identity.companies.Address(
        street="Measure Street 1", postal_code="10115", city="Berlin", country="DE"
    )
    request = identity.companies.CreateCompany(
        name=company.name, address=address, owner_id=owner.id
    )
    company_id = operator.call(identity.companies.CREATE_COMPANY, request).id
    wallet = billing.wallets.OpenWallet(company_id=company_id, currency=_CURRENCY)
    operator.call(billing.wallets.OPEN_WALLET, wallet)
    return company_id


def _fund(operator: Operator, company_id: UUID) -> None:
    balance = billing.wallets.AdjustWallet(
        company_id=company_id,
        amount=Money(_BALANCE, currency_of(_CURRENCY)),
        kind=billing.wallets.AdjustmentKind.OPENING_BALANCE,
        reason="enough for all services",
    )
    operator.call(billing.wallets.ADJUST_WALLET, balance)


def _order_services(operator: Operator, company_id: UUID) -> UUID:
    """Bring each into its state; returns the last one."""
    for number, (name, plan, period) in enumerate(_SERVICES):
        order = inventory.lifecycle.CreateService(
            company_id=company_id,
            reference=f"bench-{number}",
            name=name,
            plan_code=plan,
            currency=_CURRENCY,
            period=period,
        )
        service_id = operator.call(inventory.lifecycle.CREATE_SERVICE, order).id
        ready = inventory.lifecycle.ChangeState(service_id=service_id)
        if number != _PENDING:
            operator.call(inventory.lifecycle.ACTIVATE_SERVICE, ready)
        if number == _SUSPENDED:
            reason = inventory.services.SuspensionReason.POLICY
            suspend = inventory.lifecycle.Suspend(service_id=service_id, reason=reason)
            operator.call(inventory.lifecycle.SUSPEND_SERVICE, suspend)
        if number == _TERMINATED:
            operator.call(inventory.lifecycle.TERMINATE_SERVICE, ready)
    return service_id


_TOOK_IN_ALL = """
SELECT count(*) FILTER (WHERE state = 'pending') = 1
    AND count(*) FILTER (WHERE state = 'active') = 7
    AND count(*) FILTER (WHERE state = 'suspended') = 1
    AND count(*) FILTER (WHERE state = 'terminated') = 1
FROM subscriptions WHERE company_id = :company_id
"""
_TOOK_IN_REQUEST = """
SELECT count(ends) = 1 FROM subscriptions WHERE company_id = :company_id
"""


def _request_termination(
    site: Site, operator: Operator, company_id: UUID, service_id: UUID
) -> None:
    """Once its period is paid, as the end of an unpaid one would be now."""
    with closing(Database(site.database_url(billing.CONTRACT.name))) as ours:
        _wait_until(ours.engine, _TOOK_IN_ALL, company_id)
        operator.call(billing.charging.CHARGE_DUE, billing.charging.ChargeDue())
        mark = inventory.lifecycle.RequestTermination(service_id=service_id)
        operator.call(inventory.lifecycle.REQUEST_TERMINATION, mark)
        _wait_until(ours.engine, _TOOK_IN_REQUEST, company_id)


def _multiply(site: Site, company_id: UUID) -> None:
    """Copy what inventory has, and billing's picture of it."""
    with (
        closing(Database(site.database_url(inventory.CONTRACT.name))) as theirs,
        closing(Database(site.database_url(billing.CONTRACT.name))) as ours,
    ):
        _copy(theirs.engine, Service, company_id)
        _count_copies(theirs.engine, company_id)
        _copy(ours.engine, Subscription, company_id)
        with ours.system() as session:
            rebuild(session, company_id)
        for database in (theirs, ours):
            tidy(database.engine)


def _wait_until(engine: Engine, condition: str, company_id: UUID) -> None:
    def came() -> bool:
        with engine.connect() as connection:
            found = connection.scalar(text(condition), {"company_id": company_id})
        return bool(found)

    if not wait_until(came, _EVENTS_WITHIN_S):
        raise LaunchError("billing has not taken in the services")


_CHANGED = {
    "id": "md5(id::text || n)::uuid",
    "service_id": "md5(service_id::text || n)::uuid",
    "reference": "reference || '-' || n",
    "name": "name || '-' || to_char(n, 'FM000000') || '.example.com'",
    # Each falls due at a moment of its own, which is the hardest case there is.
    "created_at": "created_at - n * interval '97.013 s'",
    "activated_at": "activated_at - n * interval '97.013 s'",
}
"""How a copy differs; the ids must be the same in both databases."""

_PATIENTLY = text("SET statement_timeout = 0")


def _copy(engine: Engine, model: type[DeclarativeBase], company_id: UUID) -> None:
    table = cast("Table", model.__table__)
    columns = [column.name for column in table.columns if column.computed is None]
    values = [_CHANGED.get(name, name) for name in columns]
    copy = text(
        f"INSERT INTO {table.name} ({', '.join(columns)}) "
        f"SELECT {', '.join(values)} FROM {table.name}, generate_series(2, :copies) n "
        "WHERE company_id = :company_id"
    )
    with engine.begin() as connection:
        connection.execute(_PATIENTLY)
        connection.execute(copy, {"copies": COPIES, "company_id": company_id})


def _count_copies(engine: Engine, company_id: UUID) -> None:
    counts = [c.name for c in ServiceCounters.__table__.columns if not c.primary_key]
    times = ", ".join(f"{name} = {name} * :copies" for name in counts)
    count = text(f"UPDATE service_counters SET {times} WHERE company_id = :company_id")
    with engine.begin() as connection:
        connection.execute(count, {"copies": COPIES, "company_id": company_id})


def tidy(engine: Engine) -> None:
    """Do now what PostgreSQL would do by itself in a minute, while we measure."""
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(_PATIENTLY)
        connection.execute(text("VACUUM ANALYZE"))
