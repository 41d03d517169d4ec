"""Conditions in SQL and rules in Python say the same of each service."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, select, text
from sqlalchemy.orm import Session

from services.billing.charging import standing
from services.billing.models.charging import Standing, Subscription
from shared.contracts.inventory.services import (
    Period,
    ServiceState,
    SuspensionReason,
    TerminationTime,
)
from shared.db.database import Database
from tests.fixtures.properties import over_database

_NOW = datetime(2026, 3, 1, tzinfo=UTC)
_moments = st.sampled_from([_NOW + timedelta(microseconds=us) for us in range(-1, 2)])
_RUNNING = {Standing.ACTIVE, Standing.ARREARS}
_CONDITIONS = (
    standing.IS_ONGOING,
    standing.IS_BEHIND,
    standing.WAITS_FOR_MONEY,
    standing.HAS_PAID_TIME,
    standing.IS_PAID,
)


@st.composite
def services(draw: st.DrawFn) -> Subscription:
    """A service in any state, also in those that none should ever be in."""
    return Subscription(
        company_id=UUID(int=1),
        version=1,
        family_code="lxc",
        family_name="LXC",
        state=draw(st.sampled_from(ServiceState)),
        suspension_reason=draw(st.none() | st.sampled_from(SuspensionReason)),
        currency="EUR",
        price=Decimal(10),
        period=draw(st.sampled_from([Period.ONCE, Period.MONTH])),
        ends=draw(st.none() | st.sampled_from(TerminationTime)),
        paid_through=draw(st.none() | _moments),
        is_charged=draw(st.booleans()),
        suspended_at=draw(st.none() | _moments),
        owed=draw(st.sampled_from([Decimal(0), Decimal("0.000001"), Decimal(-1)])),
        overdue_since=draw(st.none() | _moments),
    )


def by_sql(session: Session, condition: ColumnElement[bool]) -> list[bool | None]:
    wanted = select(condition).order_by(Subscription.service_id)
    return list(session.scalars(wanted))


def by_text(session: Session, condition: ColumnElement[bool]) -> list[bool | None]:
    written = standing.as_text(condition)
    wanted = text(f"SELECT {written} FROM subscriptions ORDER BY service_id")
    return list(session.scalars(wanted))


@pytest.mark.property
@over_database(10)
@given(st.lists(services(), min_size=20, max_size=60))
def test_sql_and_python_say_the_same_of_each_service(
    billing_database: Database, drawn: list[Subscription]
) -> None:
    for number, service in enumerate(drawn):
        service.service_id = UUID(int=number)
    with billing_database.system() as session:
        session.add_all(drawn)
        session.flush()
        found = [by_sql(session, each) for each in _CONDITIONS]
        assert [by_text(session, each) for each in _CONDITIONS] == found
        session.rollback()
    for service, *held in zip(drawn, *found, strict=True):
        is_ongoing, is_behind, waits, has_paid_time, is_paid = held
        assert is_ongoing is standing.is_ongoing(service)
        assert is_behind is bool(service.overdue_since or service.owed)
        # Without a reason it is neither, which finds no row, as false does.
        assert bool(waits) is standing.waits_for_money(service)
        if service.suspended_at is None:
            assert is_paid is False
        else:
            assert has_paid_time is standing.has_paid_time(service)
            assert is_paid is standing.is_paid(service)
            owes = bool(waits) and not is_paid
            costs = set(dict(standing.costs(service))) - _RUNNING
            assert owes is bool(costs)
