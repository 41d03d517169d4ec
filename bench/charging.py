"""Charging a million due services: PostgreSQL's bare insert of as many rows.

Both in a database of their own, which nobody else works on. The bare side is what a
charge can't do without: the row in `charges`, and the subscription's, which is written
anew with its next due time; into the same tables, with all of their indexes. The
ledger's entries are one per wallet and batch, too few to count.
"""

import multiprocessing
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import SystemRandom

from sqlalchemy import Connection, text

from bench.figures import Figure, at_most
from bench.site import Site, own_database
from launcher.machine.errors import LaunchError
from services.billing.audit import charge_growth
from services.billing.charging.job import Charging
from shared.clock import ManualClock
from shared.contracts import billing
from shared.db.database import Database
from shared.runtime import Runtime

SERVICES = 1_000_000
FEWER = 100_000
TIME_GOAL = at_most(4)
MEMORY_GOAL = at_most(1.05)

NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
"""No service falls due in the months beside this one's."""

_WALLETS = (1, 1_000)
_GRACE = timedelta(hours=72)


@dataclass(frozen=True)
class Run:
    seconds: float
    megabytes: float
    """The most memory that the process ever held."""


def measure(site: Site) -> Iterator[Figure]:
    few = _charge(site, FEWER, 1)[1]
    for wallets in _WALLETS:
        bare_s, run = _charge(site, SERVICES, wallets)
        what = f"charging {SERVICES:,} services of {wallets:,} wallets: bare insert"
        yield Figure(what, run.seconds, bare_s, "s", TIME_GOAL)
        what = f"memory of charging {SERVICES:,} services: {FEWER:,}"
        yield Figure(what, run.megabytes, few.megabytes, "MB", MEMORY_GOAL)


def _charge(site: Site, services: int, wallets: int) -> tuple[float, Run]:
    """The seconds that the bare insert takes, and the job's run."""
    with own_database(site, billing.CONTRACT.name, "bench-charging") as url:
        bare_s = _prepare(url, services, wallets)
        spawned = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, spawned) as process:
            run = process.submit(_run, url).result()
        _check(url, services)
    return bare_s, run


# Credit stands in for money, so that there is nothing to insert for it. Each service
# falls due at a moment of its own within the last hour.
_PREPARE = (
    """
INSERT INTO accounts (id, kind, currency)
SELECT md5('w' || n)::uuid, 'wallet', 'EUR' FROM generate_series(1, :wallets) n
""",
    """
INSERT INTO wallets (id, company_id, currency, is_primary, balance, credit_limit,
    comfort_buffer, horizon_days, version)
SELECT md5('w' || n)::uuid, md5('c' || n)::uuid, 'EUR', true, 0, 1e12, 0, 30, 1
FROM generate_series(1, :wallets) n
""",
    """
INSERT INTO companies (company_id, time_zone, version)
SELECT md5('c' || n)::uuid, 'Europe/Berlin', 1 FROM generate_series(1, :wallets) n
""",
    """
CREATE UNLOGGED TABLE due AS
SELECT md5('s' || n)::uuid AS service_id, md5('c' || n % :wallets + 1)::uuid
    AS company_id, 'EUR' AS currency, 1 AS version, 'lxc' AS family_code,
    'LXC' AS family_name, 'active' AS state, 4.99 AS price, at AS activated_at,
    CASE n % 10 WHEN 0 THEN 'hour' WHEN 1 THEN 'day' WHEN 2 THEN 'year'
        ELSE 'month' END AS period,
    at AS anchor, at AS paid_through, 0 AS paid_periods, true AS is_charged
FROM generate_series(1, :services) n,
    LATERAL (SELECT :now - n % 3599 * interval '1 s' - n * interval '1 us' AS at) a
""",
)

_BARE = (
    """
INSERT INTO subscriptions (service_id, company_id, currency, version, family_code,
    family_name, state, price, activated_at, period, anchor, paid_through,
    paid_periods, is_charged)
SELECT * FROM due
""",
    """
INSERT INTO charges (service_id, starts_at, kind, ends_at, company_id, currency, amount,
    periods, entry_id, charged_at)
SELECT service_id, paid_through, 'charge', paid_through + interval '30 days',
    company_id, currency, price, 1, company_id, :now
FROM due
""",
)


def _prepare(url: str, services: int, wallets: int) -> float:
    """Fill the tables with what is due; returns how many seconds the insert took."""
    values = {"services": services, "wallets": wallets, "now": NOW}
    with closing(Database(url)) as database:
        charge_growth.make_months(database, NOW)
        with database.engine.connect() as plain:
            connection = plain.execution_options(isolation_level="AUTOCOMMIT")
            _do(connection, "SET statement_timeout = 0", values)
            for statement in (*_PREPARE, "VACUUM ANALYZE due"):
                _do(connection, statement, values)
            seconds = sum(_do(connection, each, values) for each in _BARE)
            for statement in ("TRUNCATE charges", "DROP TABLE due", "VACUUM ANALYZE"):
                _do(connection, statement, values)
    return seconds


def _do(connection: Connection, statement: str, values: Mapping[str, object]) -> float:
    """Execute with those of the values that it names; returns how long it took."""
    wanted = text(statement)
    given = {name: values[name] for name in wanted.compile().params}
    started = time.perf_counter()
    connection.execute(wanted, given)
    return time.perf_counter() - started


def _run(url: str) -> Run:
    """Charge all that is due, in a process of its own."""
    with closing(Database(url)) as database:
        runtime = Runtime(ManualClock(NOW), SystemRandom())
        charging = Charging(database, runtime, _GRACE)
        started = time.perf_counter()
        charging.run("bench")
        seconds = time.perf_counter() - started
    return Run(seconds, _most_megabytes())


def _most_megabytes() -> float:
    status = Path("/proc/self/status").read_text()
    (line,) = (each for each in status.splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def _check(url: str, services: int) -> None:
    """What charged too little would look fast."""
    with closing(Database(url)) as database, database.system() as session:
        written = session.scalar(text("SELECT count(*) FROM charges"))
        due = text("SELECT count(*) FROM subscriptions WHERE paid_through <= :now")
        left = session.scalar(due, {"now": NOW})
    if (written, left) != (services, 0):
        raise LaunchError(f"{written} of {services} charged, {left} are still due")
