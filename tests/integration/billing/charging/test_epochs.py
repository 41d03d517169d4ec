"""A replay heals what is known, whatever the versions of a wrong history were."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import text

from shared.contracts import billing, identity, inventory
from shared.contracts.inventory.services import ServiceState
from shared.wire import to_wire
from tests.fixtures.billing.harness import money
from tests.fixtures.billing.subscriber import Subscriber

FALSE_VERSION = 1_000_000


def receive(
    subscriber: Subscriber, envelope: Mapping[str, object], target: str
) -> None:
    """Bring an event of any history to its handler."""
    dispatcher = subscriber.site.services.dispatchers[target]
    (handler,) = (
        each
        for each in dispatcher.service.event_handlers
        if (each.event.source, each.event.name)
        == (envelope["source"], envelope["name"])
    )
    dispatcher.process_events(handler, [dict(envelope)])


def false_news(
    subscriber: Subscriber, service: inventory.services.Service, epoch: int = 0
) -> dict[str, object]:
    event = inventory.services.PRICE_CHANGED
    return {
        "id": str(uuid4()),
        "source": event.source,
        "name": event.name,
        "company_id": str(subscriber.company_id),
        "version": FALSE_VERSION,
        "at": subscriber.site.clock.now().isoformat(),
        "request_id": "test",
        "body": to_wire(service),
        "epoch": epoch,
    }


def known_price(subscriber: Subscriber, service: UUID) -> Decimal:
    """What billing charges."""
    with subscriber.database.system() as session:
        found = text("SELECT price FROM subscriptions WHERE service_id = :id")
        price: Decimal = session.scalars(found, {"id": service}).one()
        return price


def test_a_replay_heals_a_service_of_a_higher_version(subscriber: Subscriber) -> None:
    subscriber.pay_in("100")
    service = subscriber.order()
    subscriber.charge()
    paid = subscriber.balance
    false = msgspec.structs.replace(subscriber.service(service), price=money("0"))
    receive(subscriber, false_news(subscriber, false), "billing")
    assert known_price(subscriber, service) == 0

    subscriber.change_price(service, "20")
    assert known_price(subscriber, service) == 0
    subscriber.republish()

    assert known_price(subscriber, service) == 20
    subscriber.change_price(service, "10")
    assert known_price(subscriber, service) == 10
    assert subscriber.balance == paid
    assert subscriber.differences() == []


def test_an_event_of_an_older_epoch_is_dropped(subscriber: Subscriber) -> None:
    subscriber.pay_in("100")
    service = subscriber.order()
    subscriber.charge()
    subscriber.republish()
    paid = subscriber.balance
    false = msgspec.structs.replace(subscriber.service(service), price=money("0"))

    receive(subscriber, false_news(subscriber, false, epoch=0), "billing")

    assert known_price(subscriber, service) == 10
    assert subscriber.balance == paid


def test_a_replay_after_a_backup_was_restored_is_believed(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("100")
    service = subscriber.order()
    subscriber.republish()
    subscriber.change_price(service, "20")
    subscriber.pass_time(days=1)

    with subscriber.inventory_service.database.system() as session:
        restored = text("UPDATE services SET version = 1, price = 10 WHERE id = :id")
        session.execute(restored, {"id": service})
        session.execute(text("DELETE FROM event_epoch"))
    subscriber.republish()

    assert known_price(subscriber, service) == 10
    assert subscriber.differences() == []


def test_a_replay_heals_a_company_of_a_higher_version(subscriber: Subscriber) -> None:
    with subscriber.database.system() as session:
        false = text(
            "UPDATE companies SET version = :version, country = 'US' "
            "WHERE company_id = :id"
        )
        session.execute(false, {"version": FALSE_VERSION, "id": subscriber.company_id})

    subscriber.operate(
        identity.companies.REPUBLISH_COMPANIES, identity.companies.RepublishCompanies()
    )
    subscriber.settle()

    with subscriber.database.system() as session:
        found = text("SELECT country FROM companies WHERE company_id = :id")
        assert session.scalar(found, {"id": subscriber.company_id}) == "DE"


def test_inventory_follows_a_replay_whatever_it_received_before(
    subscriber: Subscriber,
) -> None:
    subscriber.pay_in("10")
    service = subscriber.order()
    subscriber.charge()
    with subscriber.inventory_service.database.system() as session:
        told = text("UPDATE services SET payment_version = :version WHERE id = :id")
        session.execute(told, {"version": FALSE_VERSION, "id": service})
    subscriber.pass_time(days=40)
    subscriber.charge()
    subscriber.pass_time(days=4)
    subscriber.charge()
    assert subscriber.service(service).state is ServiceState.ACTIVE

    subscriber.operate(
        billing.charging.REPUBLISH_PAYMENTS, billing.charging.RepublishPayments()
    )
    subscriber.charge()

    assert subscriber.service(service).state is ServiceState.SUSPENDED
