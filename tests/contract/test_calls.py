"""What a caller may rely on, in the same process and over RabbitMQ alike."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contract import Method, Nothing, Request, ServiceContract
from shared.contracts.identity.memberships import Role
from shared.errors import (
    REFUSALS,
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    RemoteFault,
    Unauthenticated,
    Unavailable,
)
from shared.money import Money
from shared.permissions import Permission
from shared.rpc.client import CallContext
from shared.rpc.readiness import find_missing
from tests.contract.parcel import contract as c
from tests.contract.world import PATIENCE_S, World
from tests.fixtures.properties import over_database

WORKERS = 10
LONG_S = 3.0
"""How long a handler takes that must not be waited for."""

amounts = st.decimals(allow_nan=False, allow_infinity=False, places=12).filter(
    lambda amount: len(str(amount)) <= 40
)
values = st.builds(
    c.Values,
    text=st.text(max_size=200),
    number=st.integers(),
    amount=st.decimals(allow_nan=False, allow_infinity=False),
    money=st.builds(Money, amounts, st.sampled_from(["EUR", "JPY", "BHD"])),
    moment=st.datetimes(timezones=st.just(UTC)),
    identifier=st.uuids(),
    texts=st.lists(st.text(max_size=20), max_size=5).map(tuple),
)


@over_database(20)
@given(sent=values)
def test_every_value_arrives_as_it_was_sent(world: World, sent: c.Values) -> None:
    echoed = world.call(c.ECHO, sent)

    for name in c.Values.__struct_fields__:
        assert getattr(echoed, name) == getattr(sent, name)
    # Equal amounts may differ in their zeros, which are part of an amount, too.
    assert str(echoed.amount) == str(sent.amount)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("0.1", "EUR"), ("12.340000", "EUR"), ("1E+3", "JPY"), ("-0.000001", "PLN")],
)
def test_money_keeps_its_last_decimal_place(
    world: World, amount: str, currency: str
) -> None:
    money = Money(Decimal(amount), currency)

    echoed = world.call(c.ECHO, c.Values(money=money)).money

    assert echoed == money
    assert echoed is not None
    assert f"{echoed.amount:f}" == f"{money.amount:f}"


@pytest.mark.parametrize("refusal", sorted(REFUSALS))
def test_a_refusal_arrives_with_code_detail_and_parameters(
    world: World, refusal: str
) -> None:
    request = c.Refuse(
        refusal=refusal,
        code="not_now",
        detail="because «of» that",
        parameters={"limit": "100.00", "währung": "€"},
    )

    with pytest.raises(REFUSALS[refusal]) as caught:
        world.call(c.REFUSE, request)

    assert caught.value.code == "not_now"
    assert caught.value.detail == "because «of» that"
    assert caught.value.parameters == {"limit": "100.00", "währung": "€"}


def test_a_fault_hides_its_cause_from_the_caller(world: World) -> None:
    with pytest.raises(RemoteFault) as caught:
        world.call(c.FAIL, c.Fail())

    assert "4711" not in str(caught.value)
    assert "RuntimeError" not in str(caught.value)


def test_a_result_that_cannot_be_sent_is_a_fault(world: World) -> None:
    with pytest.raises(RemoteFault):
        world.call(c.TWIST, c.Twist())


def test_an_unknown_method_is_refused(world: World) -> None:
    with pytest.raises(NotFound) as caught:
        world.call(c.UNKNOWN, c.Fail())

    assert caught.value.code == "no_such_method"


class Misnamed(Request, frozen=True, kw_only=True):
    texts: str = ""
    surprise: int = 1


def test_arguments_of_the_wrong_shape_are_refused(world: World) -> None:
    # The same name on the wire, and another idea of its arguments.
    method = Method(c.NAME, "echo", Misnamed, Nothing, Permission.PUBLIC)

    with pytest.raises(InvalidInput) as caught:
        world.call(method, Misnamed(texts="secret"))

    assert caught.value.code == "malformed_message"
    assert "secret" not in caught.value.detail


def test_half_a_surrogate_pair_is_refused_before_it_is_sent(world: World) -> None:
    with pytest.raises(InvalidInput) as caught:
        world.call(c.ECHO, c.Values(text="\ud800"))

    assert caught.value.code == "malformed_message"


def test_the_request_id_arrives(world: World) -> None:
    echoed = world.call(c.ECHO, c.Values(), request_id="click-42")

    assert echoed.request_id == "click-42"


class TestThePrincipal:
    def expect(self, world: World, principal: str | None, code: str) -> None:
        with pytest.raises((Unauthenticated, Forbidden)) as caught:
            world.call(c.LIST_SENT, c.ListSent(), principal=principal)
        assert caught.value.code == code

    def test_is_needed(self, world: World) -> None:
        self.expect(world, None, "principal_missing")

    def test_must_not_have_expired(self, world: World) -> None:
        self.expect(world, world.principals.expired(uuid4()), "principal_expired")

    def test_must_be_signed_by_identity(self, world: World) -> None:
        self.expect(world, world.principals.forged(uuid4()), "principal_forged")

    def test_must_be_a_token_at_all(self, world: World) -> None:
        self.expect(world, "no token", "principal_forged")

    def test_must_hold_the_permission_that_the_method_names(self, world: World) -> None:
        viewer = world.principals.user(Role.VIEWER, uuid4())

        with pytest.raises(Forbidden) as caught:
            world.send("by a viewer", viewer)

        assert caught.value.code == "permission_missing"
        assert caught.value.parameters == {"permission": "services.manage"}

    def test_decides_whose_rows_are_seen(self, world: World) -> None:
        mine, theirs = world.owner(), world.owner()
        world.send("mine", mine)

        seen = world.call(c.LIST_SENT, c.ListSent(), principal=theirs)

        assert seen.labels == []


class TestTheIdempotencyKey:
    def test_is_needed_to_change_something(self, world: World) -> None:
        with pytest.raises(InvalidInput) as caught:
            world.call(c.SEND, c.Send(label="x"), principal=world.owner())

        assert caught.value.code == "idempotency_key_missing"

    def test_makes_a_repeat_return_the_first_result(self, world: World) -> None:
        owner, key, label = world.owner(), str(uuid4()), str(uuid4())

        first = world.send(label, owner, key)
        second = world.send(label, owner, key)

        assert first == second
        assert world.count_sent(label) == 1

    def test_cannot_be_reused_for_other_arguments(self, world: World) -> None:
        owner, key = world.owner(), str(uuid4())
        world.send("one thing", owner, key)

        with pytest.raises(Conflict) as caught:
            world.send("another thing", owner, key)

        assert caught.value.code == "idempotency_key_reused"

    def test_is_the_users_own(self, world: World) -> None:
        company, key, label = uuid4(), str(uuid4()), str(uuid4())
        owners = [world.owner(company) for _ in range(2)]

        sent = [world.send(label, owner, key) for owner in owners]

        assert world.count_sent(label) == 2
        assert [world.send(label, owner, key) for owner in owners] == sent
        assert world.count_sent(label) == 2

    def test_holds_for_calls_that_come_at_once(self, world: World) -> None:
        owner, key, label = world.owner(), str(uuid4()), str(uuid4())
        context = CallContext("test", owner, key, PATIENCE_S)

        calls = [
            world.client.start(c.SEND, c.Send(label=label), context) for _ in range(8)
        ]

        assert len({call.result(PATIENCE_S).id for call in calls}) == 1
        assert world.count_sent(label) == 1


class TestTheDeadline:
    def test_ends_the_wait_for_a_slow_handler(self, world: World) -> None:
        started = time.monotonic()

        with pytest.raises(Unavailable) as caught:
            world.call(c.WAIT, c.Wait(seconds=LONG_S), timeout_s=0.2)

        assert caught.value.code == "deadline_exceeded"
        assert time.monotonic() - started < LONG_S

    def test_keeps_a_call_that_comes_too_late_from_being_executed(
        self, world: World
    ) -> None:
        label = str(uuid4())
        busy = [world.start(c.WAIT, c.Wait(seconds=1)) for _ in range(WORKERS)]

        late = world.start(
            c.SEND,
            c.Send(label=label),
            principal=world.owner(),
            key=label,
            timeout_s=0.2,
        )

        with pytest.raises(Unavailable):
            late.result(PATIENCE_S)
        for call in busy:
            call.result(PATIENCE_S)
        # Answered by a worker that was busy: the late call has had its turn.
        for _ in range(WORKERS):
            world.call(c.ECHO, c.Values())
        assert world.count_sent(label) == 0


def test_a_service_that_is_nowhere_is_unreachable(world: World) -> None:
    nowhere = Method("nowhere", "echo", c.Values, Nothing, Permission.PUBLIC)

    with pytest.raises(Unavailable) as caught:
        world.call(nowhere, c.Values())

    assert caught.value.code == "service_unreachable"
    contracts = (c.CONTRACT, ServiceContract("nowhere", ()))
    reasons = find_missing(world.client, contracts, "test")
    assert reasons == {"nowhere": "service_unreachable"}


def test_sixteen_threads_each_get_their_own_answers(world: World) -> None:
    def call_often(thread: int) -> None:
        for number in range(40):
            text = f"{thread}.{number}"
            assert world.call(c.ECHO, c.Values(text=text)).text == text

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(call_often, range(16)))


def test_computing_holds_up_nobody_else(world: World) -> None:
    computing = world.start(c.COMPUTE, c.Compute(rounds=3_000_000))

    echoes = [world.start(c.ECHO, c.Values(text="quick")) for _ in range(3)]

    assert all(echo.result(PATIENCE_S).text == "quick" for echo in echoes)
    assert not computing.done()
    assert computing.result(PATIENCE_S) == Nothing()


def test_a_call_that_is_given_up_leaves_no_trace(world: World) -> None:
    future = world.start(c.WAIT, c.Wait(seconds=0.2))

    future.cancel()

    assert world.call(c.ECHO, c.Values(text="next")).text == "next"


def test_closing_ends_what_is_pending(world: World) -> None:
    client = world.make_client()
    context = CallContext("test", timeout_s=PATIENCE_S)
    assert client.start(c.ECHO, c.Values(), context).result(PATIENCE_S)
    pending = client.start(c.WAIT, c.Wait(seconds=LONG_S), context)

    client.close()

    for call in (pending, client.start(c.ECHO, c.Values(), context)):
        with pytest.raises(Unavailable):
            call.result(LONG_S / 2)
