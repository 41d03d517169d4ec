"""A service goes to another company: what is checked, and what each then pays."""

from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from services.billing.handovers.handovers import MOST_IN_VAIN
from shared.contract import Method
from shared.contracts import inventory
from shared.contracts.billing.handovers import (
    ACCEPT_HANDOVER,
    DECLINE_HANDOVER,
    GET_HANDOVER,
    LIST_HANDOVERS,
    OFFER_SERVICE,
    WITHDRAW_HANDOVER,
    Handover,
    HandoverRequest,
    HandoverState,
    ListHandovers,
    OfferService,
)
from shared.contracts.billing.top_ups import REFUND_TOP_UP, RefundTopUp
from shared.contracts.identity.accounts.operating import LOCK_COMPANY, LockCompany
from shared.contracts.identity.memberships import Role
from shared.contracts.inventory.services import Period
from shared.errors import Conflict, ContractError, NotFound, Throttled
from shared.money import Money, currency_of
from tests.fixtures.billing.subscriber import Subscriber
from tests.fixtures.identity.trail import acts_in
from tests.fixtures.installations import Installation


@pytest.fixture
def giver(site: Installation) -> Subscriber:
    giver = Subscriber(site, "ada@example.com", time_zone="Europe/Berlin")
    giver.pay_in("100")
    return giver


@pytest.fixture
def receiver(site: Installation, giver: Subscriber) -> Subscriber:
    receiver = Subscriber(site, "bob@example.com", time_zone="America/New_York")
    receiver.pay_in("100")
    return receiver


@pytest.fixture
def service(giver: Subscriber, receiver: Subscriber) -> Iterator[UUID]:
    """A service that the giver has paid for a month; the books are right at the end."""
    service = giver.order()
    giver.charge()
    yield service
    check_books(giver)


def check_books(subscriber: Subscriber) -> None:
    assert subscriber.differences() == []
    request = inventory.upkeep.VerifyCounters()
    verified = subscriber.operate(inventory.upkeep.VERIFY_COUNTERS, request)
    assert verified.differences == []


def offer(giver: Subscriber, receiver: Subscriber, service: UUID) -> Handover:
    request = OfferService(service_id=service, receiver_id=receiver.company_id)
    return giver.call_as(Role.OWNER, OFFER_SERVICE, request)


def answer(
    who: Subscriber, method: Method[HandoverRequest, Handover], handover: Handover
) -> Handover:
    request = HandoverRequest(handover_id=handover.id)
    return who.call_as(Role.OWNER, method, request)


def hand_over(giver: Subscriber, receiver: Subscriber, service: UUID) -> Handover:
    agreed = answer(receiver, ACCEPT_HANDOVER, offer(giver, receiver, service))
    receiver.settle()
    return agreed


def test_paid_time_goes_along_and_the_receiver_pays_from_then_on(
    giver: Subscriber, receiver: Subscriber, service: UUID
) -> None:
    before = giver.balance, receiver.balance
    paid_through = giver.paid_through(service)

    agreed = hand_over(giver, receiver, service)

    assert agreed.state is HandoverState.ACCEPTED
    assert (giver.balance, receiver.balance) == before
    assert receiver.service(service).company_id == receiver.company_id
    assert receiver.paid_through(service) == paid_through
    done = answer(giver, GET_HANDOVER, agreed)
    assert done.state is HandoverState.DONE
    giver.pass_time(days=32)
    giver.charge()
    assert (giver.balance, receiver.balance) == (before[0], before[1] - 10)


def test_what_the_giver_paid_is_not_paid_out_to_the_receiver(
    giver: Subscriber, receiver: Subscriber, service: UUID
) -> None:
    receiver.pay_in("-100")
    top_up = receiver.begin_top_up("50")
    receiver.pay_by_bank(top_up)
    receiver.order()
    receiver.charge()
    assert receiver.balance == 40
    hand_over(giver, receiver, service)
    receiver.terminate(service)
    receiver.settle()
    back = receiver.balance - 40
    assert 0 < back <= 10

    def refund(net: Decimal) -> None:
        money = Money(net, currency_of("EUR"))
        receiver.operate(
            REFUND_TOP_UP, RefundTopUp(top_up_id=top_up.id, net=money, reason="asked")
        )

    with pytest.raises(Conflict) as refused:
        refund(Decimal("40.01"))
    assert refused.value.code == "goodwill_not_refundable"
    refund(Decimal(40))
    assert receiver.balance == back


def test_nobody_is_bothered_with_offers_without_end(
    giver: Subscriber, receiver: Subscriber, service: UUID
) -> None:
    for method in (WITHDRAW_HANDOVER, DECLINE_HANDOVER) * (MOST_IN_VAIN // 2):
        offered = offer(giver, receiver, service)
        answer(giver if method is WITHDRAW_HANDOVER else receiver, method, offered)

    with pytest.raises(Throttled) as refused:
        offer(giver, receiver, service)
    assert refused.value.code == "too_many_handovers"
    giver.pass_time(days=1)
    offer(giver, receiver, service)


def test_each_side_reads_its_own_history(
    giver: Subscriber, receiver: Subscriber, service: UUID
) -> None:
    hand_over(giver, receiver, service)
    ask = inventory.reading.GetService(service_id=service)

    with pytest.raises(NotFound, match="no_such_service"):
        giver.call_as(Role.OWNER, inventory.reading.GET_SERVICE, ask)
    found = receiver.call_as(Role.OWNER, inventory.reading.GET_SERVICE, ask)
    assert [row.what for row in found.history] == ["company"]
    search = inventory.reading.ListServices(search="service")
    for who, count in ((giver, 0), (receiver, 1)):
        listed = who.call_as(Role.OWNER, inventory.reading.LIST_SERVICES, search)
        assert len(listed.services) == count


def test_a_taken_reference_is_numbered(
    giver: Subscriber, receiver: Subscriber, service: UUID
) -> None:
    reference = giver.service(service).reference
    receiver.operate(
        inventory.lifecycle.CREATE_SERVICE,
        inventory.lifecycle.CreateService(
            company_id=receiver.company_id,
            reference=reference,
            name="Another",
            plan_code="s",
            currency="EUR",
            period=Period.MONTH,
        ),
    )

    hand_over(giver, receiver, service)

    assert receiver.service(service).reference == f"{reference}-2"


@pytest.mark.parametrize("is_givers", [True, False])
def test_a_company_that_is_locked_hands_nothing_over(
    giver: Subscriber, receiver: Subscriber, service: UUID, *, is_givers: bool
) -> None:
    offered = offer(giver, receiver, service)
    locked = giver if is_givers else receiver

    locked.operate(
        LOCK_COMPANY, LockCompany(company_id=locked.company_id, reason="fraud")
    )
    locked.settle()

    assert answer(giver, GET_HANDOVER, offered).state is HandoverState.WITHDRAWN
    with pytest.raises(Conflict) as refused:
        answer(receiver, ACCEPT_HANDOVER, offered)
    assert refused.value.code == "handover_over"
    assert giver.service(service).company_id == giver.company_id


def test_an_offer_is_made_once_and_ends_once(
    giver: Subscriber, receiver: Subscriber, service: UUID
) -> None:
    first = offer(giver, receiver, service)
    assert offer(giver, receiver, service).id == first.id
    for who in (giver, receiver):
        listed = who.call_as(Role.OWNER, LIST_HANDOVERS, ListHandovers())
        assert [each.id for each in listed.handovers] == [first.id]
    with pytest.raises(NotFound, match="no_such_handover"):
        answer(giver, ACCEPT_HANDOVER, first)
    with pytest.raises(NotFound, match="no_such_handover"):
        answer(receiver, WITHDRAW_HANDOVER, first)

    assert answer(receiver, DECLINE_HANDOVER, first).state is HandoverState.DECLINED
    with pytest.raises(Conflict, match="handover_over"):
        answer(receiver, ACCEPT_HANDOVER, first)
    acts = acts_in(giver.database, service="billing")
    assert [act.body.method for act in acts[-3:]] == [
        "offer_service",
        "offer_service",
        "decline_handover",
    ]
    assert acts[-1].company_id == receiver.company_id
    assert acts[-1].body.recorded == {"service_id": str(service)}
    second = offer(giver, receiver, service)
    assert answer(giver, WITHDRAW_HANDOVER, second).state is HandoverState.WITHDRAWN
    third = offer(giver, receiver, service)
    giver.pass_time(days=7)
    with pytest.raises(Conflict, match="handover_over"):
        answer(receiver, ACCEPT_HANDOVER, third)
    for who in (giver, receiver):
        listed = who.call_as(Role.OWNER, LIST_HANDOVERS, ListHandovers())
        assert listed.handovers == []
        late = answer(who, GET_HANDOVER, third)
        assert (late.state, late.obstacles) == (HandoverState.EXPIRED, [])
    assert offer(giver, receiver, service).id != third.id


def test_what_stands_in_the_giver_s_way_is_named(
    giver: Subscriber, receiver: Subscriber, service: UUID
) -> None:
    open_offer = offer(giver, receiver, service)
    giver.order(price="1000")
    giver.charge()
    assert answer(receiver, GET_HANDOVER, open_offer).obstacles == ["handover_owed"]
    with pytest.raises(Conflict, match="handover_owed"):
        answer(receiver, ACCEPT_HANDOVER, open_offer)
    answer(giver, WITHDRAW_HANDOVER, open_offer)
    with pytest.raises(Conflict, match="handover_owed"):
        offer(giver, receiver, service)
    giver.pay_in("2000")
    giver.charge()
    giver.request_end(service)
    with pytest.raises(Conflict, match="handover_ending"):
        offer(giver, receiver, service)
    giver.withdraw_end(service)
    giver.suspend(service)
    with pytest.raises(Conflict, match="handover_not_active"):
        offer(giver, receiver, service)


def test_credit_that_was_used_is_owed(
    giver: Subscriber, receiver: Subscriber, service: UUID
) -> None:
    giver.allow("500")
    giver.order(price="400")
    giver.charge()

    with pytest.raises(Conflict, match="handover_owed"):
        offer(giver, receiver, service)


def test_the_receiver_needs_a_wallet_in_the_currency(
    site: Installation, giver: Subscriber, service: UUID
) -> None:
    poor = Subscriber(site, "eve@example.com", has_wallet=False)
    offered = offer(giver, poor, service)

    with pytest.raises(Conflict, match="handover_no_wallet"):
        answer(poor, ACCEPT_HANDOVER, offered)


def test_only_owners_hand_over_what_is_theirs(
    giver: Subscriber, receiver: Subscriber, service: UUID
) -> None:
    request = OfferService(service_id=service, receiver_id=receiver.company_id)
    for role in set(Role) - {Role.OWNER}:
        with pytest.raises(ContractError, match="permission_missing"):
            giver.call_as(role, OFFER_SERVICE, request)
    theirs = OfferService(service_id=service, receiver_id=giver.company_id)
    with pytest.raises(NotFound, match="no_such_service"):
        receiver.call_as(Role.OWNER, OFFER_SERVICE, theirs)
    with pytest.raises(Conflict, match="handover_to_itself"):
        giver.call_as(Role.OWNER, OFFER_SERVICE, theirs)
    nobody = OfferService(service_id=service, receiver_id=uuid4())
    with pytest.raises(NotFound, match="no_such_receiver"):
        giver.call_as(Role.OWNER, OFFER_SERVICE, nobody)


def test_a_service_that_ends_first_is_not_handed_over(
    giver: Subscriber, receiver: Subscriber, service: UUID
) -> None:
    agreed = answer(receiver, ACCEPT_HANDOVER, offer(giver, receiver, service))
    request = inventory.lifecycle.ChangeState(service_id=service)
    giver.operate(inventory.lifecycle.TERMINATE_SERVICE, request)
    giver.settle()

    assert answer(giver, GET_HANDOVER, agreed).state is HandoverState.FAILED
    assert giver.service(service).company_id == giver.company_id


def test_what_the_giver_used_by_then_is_the_givers_to_pay(
    giver: Subscriber, receiver: Subscriber, service: UUID
) -> None:
    """The paid month ends between the agreement and its news."""
    left = giver.paid_through(service) - giver.site.clock.now()
    giver.pass_time(seconds=left.total_seconds() - 1)
    agreed = offer(giver, receiver, service)
    answer(receiver, ACCEPT_HANDOVER, agreed)
    giver.pass_time(days=3)
    receiver.settle()

    receiver.charge()

    assert Decimal(88) < giver.balance < Decimal(90)
    assert receiver.balance == 90
