"""A replay heals what is known, whatever the versions of a wrong history were."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import text

from shared.contracts import billing, identity, inventory
from shared.contracts.inventory.services import ServiceState
from shared.wire import to_wire
from tests.fixtures.billing.office import money
from tests.fixtures.billing.tenant import Tenant

FALSE_VERSION = 1_000_000


def receive(tenant: Tenant, envelope: Mapping[str, object], target: str) -> None:
    """Bring an event of any history to its handler."""
    dispatcher = tenant.site.services.dispatchers[target]
    (handler,) = (
        each
        for each in dispatcher.service.event_handlers
        if (each.event.source, each.event.name)
        == (envelope["source"], envelope["name"])
    )
    dispatcher.process_events(handler, [dict(envelope)])


def false_news(
    tenant: Tenant, service: inventory.services.Service, epoch: int = 0
) -> dict[str, object]:
    event = inventory.services.PRICE_CHANGED
    return {
        "id": str(uuid4()),
        "source": event.source,
        "name": event.name,
        "company_id": str(tenant.company_id),
        "version": FALSE_VERSION,
        "at": tenant.site.clock.now().isoformat(),
        "request_id": "test",
        "body": to_wire(service),
        "epoch": epoch,
    }


def known_price(tenant: Tenant, service: UUID) -> Decimal:
    """What billing charges."""
    with tenant.database.system() as session:
        found = text("SELECT price FROM subscriptions WHERE service_id = :id")
        price: Decimal = session.scalars(found, {"id": service}).one()
        return price


def test_a_replay_heals_a_service_of_a_higher_version(tenant: Tenant) -> None:
    tenant.pay_in("100")
    service = tenant.order()
    tenant.charge()
    paid = tenant.balance
    false = msgspec.structs.replace(tenant.service(service), price=money("0"))
    receive(tenant, false_news(tenant, false), "billing")
    assert known_price(tenant, service) == 0

    tenant.change_price(service, "20")
    assert known_price(tenant, service) == 0
    tenant.republish()

    assert known_price(tenant, service) == 20
    tenant.change_price(service, "10")
    assert known_price(tenant, service) == 10
    assert tenant.balance == paid
    assert tenant.differences() == []


def test_an_event_of_an_older_epoch_is_dropped(tenant: Tenant) -> None:
    tenant.pay_in("100")
    service = tenant.order()
    tenant.charge()
    tenant.republish()
    paid = tenant.balance
    false = msgspec.structs.replace(tenant.service(service), price=money("0"))

    receive(tenant, false_news(tenant, false, epoch=0), "billing")

    assert known_price(tenant, service) == 10
    assert tenant.balance == paid


def test_a_replay_after_a_backup_was_restored_is_believed(tenant: Tenant) -> None:
    tenant.pay_in("100")
    service = tenant.order()
    tenant.republish()
    tenant.change_price(service, "20")
    tenant.pass_time(days=1)

    with tenant.inventory_service.database.system() as session:
        restored = text("UPDATE services SET version = 1, price = 10 WHERE id = :id")
        session.execute(restored, {"id": service})
        session.execute(text("DELETE FROM event_epoch"))
    tenant.republish()

    assert known_price(tenant, service) == 10
    assert tenant.differences() == []


def test_a_replay_heals_a_company_of_a_higher_version(tenant: Tenant) -> None:
    with tenant.database.system() as session:
        false = text(
            "UPDATE companies SET version = :version, country = 'US' "
            "WHERE company_id = :id"
        )
        session.execute(false, {"version": FALSE_VERSION, "id": tenant.company_id})

    tenant.operate(
        identity.companies.REPUBLISH_COMPANIES, identity.companies.RepublishCompanies()
    )
    tenant.settle()

    with tenant.database.system() as session:
        found = text("SELECT country FROM companies WHERE company_id = :id")
        assert session.scalar(found, {"id": tenant.company_id}) == "DE"


def test_inventory_follows_a_replay_whatever_it_received_before(
    tenant: Tenant,
) -> None:
    tenant.pay_in("10")
    service = tenant.order()
    tenant.charge()
    with tenant.inventory_service.database.system() as session:
        told = text("UPDATE services SET payment_version = :version WHERE id = :id")
        session.execute(told, {"version": FALSE_VERSION, "id": service})
    tenant.pass_time(days=40)
    tenant.charge()
    tenant.pass_time(days=4)
    tenant.charge()
    assert tenant.service(service).state is ServiceState.ACTIVE

    tenant.operate(
        billing.charging.REPUBLISH_PAYMENTS, billing.charging.RepublishPayments()
    )
    tenant.charge()

    assert tenant.service(service).state is ServiceState.SUSPENDED
