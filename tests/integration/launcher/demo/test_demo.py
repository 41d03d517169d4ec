"""The demo ends as it promises, whatever day it is, and stays so for a while."""

import random
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from launcher.demo.loader import load_demo
from launcher.machine.keys import ensure_keys
from launcher.servers.databases import SERVICES
from launcher.servers.local_services import LocalServices
from services.billing.gateways.bank_transfer import BankTransfer
from services.billing.gateways.settings import DEMO_ACCOUNT
from services.billing.parties.sellers import FIRST
from shared.clock import ManualClock
from shared.contracts import billing
from shared.operator import Operator
from shared.runtime import Runtime
from shared.settings import read_settings
from tests.fixtures.stored_words import stored_words


@pytest.mark.parametrize(
    "now",
    [
        pytest.param("2026-11-26 01:30:00+00:00", marks=pytest.mark.full),
        pytest.param("2026-03-31 23:59:00+00:00", marks=pytest.mark.nightly),
        pytest.param("2028-03-01 08:00:00+00:00", marks=pytest.mark.nightly),
        pytest.param("2027-01-02 12:00:00+00:00", marks=pytest.mark.nightly),
    ],
)
def test_one_service_waits_for_money_and_all_others_are_paid_for_days(
    new_database: Callable[[str], str], tmp_path: Path, now: str
) -> None:
    urls = {name: new_database(name) for name in SERVICES}
    ensure_keys(tmp_path)
    settings = read_settings({"KEYS_DIR": str(tmp_path)})
    clock = ManualClock(datetime.fromisoformat(now))
    load_demo(urls, settings, clock.now(), BankTransfer({FIRST: DEMO_ACCOUNT}))
    services = LocalServices(urls, settings, Runtime(clock, random.SystemRandom()))
    with closing(services), services.client(workers=1) as client:
        operator = Operator(client, tmp_path / "operator.key", clock, "tester")
        assert _differences(operator) == []
        assert _proformas(services) == [("PLN", "pending")]

        for _ in range(3):
            assert _waiting(services) == ["hv-02"]
            assert _overdue(services) == 0
            clock.move(timedelta(days=1))
            operator.call(billing.charging.CHARGE_DUE, billing.charging.ChargeDue())
            services.deliver_events()

        assert _differences(operator) == []
        assert _stored_words(services) == []


def _stored_words(services: LocalServices) -> list[str]:
    """What services wrote that is no code and no person's own words."""
    found: list[str] = []
    for name in ("billing", "inventory"):
        with services.dispatchers[name].service.database.system() as session:
            found.extend(stored_words(session, name))
    return found


def _differences(operator: Operator) -> list[str]:
    """What the books' own check says."""
    verified = operator.call(billing.books.VERIFY_BOOKS, billing.books.VerifyBooks())
    return verified.differences


def _waiting(services: LocalServices) -> list[str]:
    """The names of the services that are suspended for payment."""
    with services.dispatchers["inventory"].service.database.system() as session:
        return list(
            session.scalars(
                text("SELECT name FROM services WHERE suspension_reason = 'payment'")
            )
        )


def _proformas(services: LocalServices) -> list[tuple[str, str]]:
    """The currencies and states of top-ups that have a proforma."""
    wanted = (
        "SELECT t.currency, t.state FROM documents d JOIN top_ups t"
        " ON t.id = d.top_up_id WHERE d.kind = 'proforma'"
    )
    with services.dispatchers["billing"].service.database.system() as session:
        rows = session.execute(text(wanted))
        return [(currency, state) for currency, state in rows]


def _overdue(services: LocalServices) -> int:
    """How many services go on although they could not be paid."""
    wanted = "SELECT count(*) FROM subscriptions WHERE overdue_since IS NOT NULL"
    with services.dispatchers["billing"].service.database.system() as session:
        return session.scalar(text(wanted)) or 0
