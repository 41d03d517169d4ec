"""A company's charges: paged, narrowed, and nobody else's."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.contracts import billing
from shared.contracts.inventory.services import Period
from shared.errors import InvalidInput
from tests.fixtures.billing.subscriber import Subscriber


def test_pages_follow_each_other_while_more_is_charged(subscriber: Subscriber) -> None:
    subscriber.pay_in("1000")
    for _ in range(3):
        subscriber.order("s", Period.HOUR)
    subscriber.pass_time(hours=4)
    subscriber.charge()
    expected = keys(subscriber.list_charges(limit=100))

    seen: list[tuple[UUID, object]] = []
    page = subscriber.list_charges(limit=4)
    while page.next:
        seen += keys(page)
        subscriber.pass_time(hours=1)
        subscriber.charge()
        page = subscriber.list_charges(limit=4, cursor=page.next)
    seen += keys(page)

    assert len(expected) == 3 * 5
    assert seen == expected


def test_a_day_has_the_charges_that_begin_in_it(subscriber: Subscriber) -> None:
    subscriber.pay_in("1000")
    service = subscriber.order("s", Period.HOUR)
    subscriber.order("s", Period.DAY)
    today = subscriber.site.clock.now().date()
    subscriber.pass_time(days=2)
    subscriber.charge()

    yesterday = subscriber.list_charges(day=today + timedelta(days=1), limit=100)
    of_service = subscriber.list_charges(
        day=today + timedelta(days=1), service_id=service, limit=100
    )

    assert len(yesterday.charges) == 24 + 1
    assert {each.starts_at.date() for each in yesterday.charges} == {
        today + timedelta(days=1)
    }
    assert len(of_service.charges) == 24
    assert {each.service_id for each in of_service.charges} == {service}
    assert not subscriber.list_charges(day=today - timedelta(days=1)).charges


def test_an_entry_of_the_ledger_opens_to_its_services(subscriber: Subscriber) -> None:
    subscriber.pay_in("1000")
    services = {
        subscriber.order("s", Period.MONTH),
        subscriber.order("m", Period.MONTH),
    }
    subscriber.charge()
    entry_id = subscriber.list_charges().charges[0].entry_id
    subscriber.pass_time(days=31)
    subscriber.charge()

    opened = subscriber.list_charges(entry_id=entry_id).charges

    assert {each.service_id for each in opened} == services
    with subscriber.database.system() as session:
        posted = session.scalar(
            text("SELECT sum(debit) FROM postings WHERE entry_id = :id"),
            {"id": entry_id},
        )
    total = sum((each.amount.amount for each in opened), Decimal(0))
    assert total == posted == Decimal(35)


def test_nobody_sees_another_companys_charges(subscriber: Subscriber) -> None:
    subscriber.pay_in("100")
    service = subscriber.order("s", Period.DAY)
    subscriber.pass_time(days=1)
    subscriber.charge()
    ours = subscriber.list_charges(limit=1)
    stranger = Subscriber(subscriber.site, "stranger@example.com")

    assert len(ours.charges) == 1
    assert stranger.list_charges().charges == []
    assert stranger.list_charges(service_id=service).charges == []
    assert stranger.list_charges(entry_id=ours.charges[0].entry_id).charges == []
    assert stranger.list_charges(cursor=ours.next).charges == []


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"limit": 0}, "bad_limit"),
        ({"limit": 101}, "bad_limit"),
        ({"cursor": "somewhere"}, "bad_cursor"),
        ({"day": date.max}, "bad_day"),
        ({"day": date.min}, "bad_day"),
    ],
)
def test_a_page_that_is_none_is_refused(
    subscriber: Subscriber, wanted: dict[str, object], code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        subscriber.list_charges(**wanted)

    assert refused.value.code == code


def keys(page: billing.charging.ChargePage) -> list[tuple[UUID, object]]:
    return [(each.service_id, each.starts_at) for each in page.charges]
