"""What a quote says of the money is what charging makes of it."""

import random
from decimal import Decimal
from uuid import UUID

from shared.contracts import billing
from shared.contracts.billing.top_ups import AmountReason
from shared.contracts.identity.memberships import Role
from shared.contracts.inventory.services import Period
from tests.fixtures.billing.subscriber import Subscriber, euros
from tests.fixtures.installations import Installation
from tests.fixtures.properties import examples

PERIODS = (Period.HOUR, Period.DAY, Period.MONTH, Period.ONCE)
PRICES = ("0.333333333333", "7.77", "10", "29.99", "0")


def quote(subscriber: Subscriber, net: str | Decimal) -> billing.top_ups.ShownQuote:
    request = billing.top_ups.QuoteTopUp(net=euros(net))
    return subscriber.call_as(Role.OWNER, billing.top_ups.QUOTE_TOP_UP, request)


def states(subscriber: Subscriber, services: list[UUID]) -> dict[UUID, str]:
    return {each: subscriber.service(each).state.value for each in services}


def test_immediate_charges_and_the_rest_are_shown_service_by_service(
    subscriber: Subscriber,
) -> None:
    subscriber.allow("5")
    cheap, dear = subscriber.order("s", price="6"), subscriber.order("m", price="25")
    subscriber.charge()
    subscriber.pass_time(days=3, hours=1)
    subscriber.charge()

    settlement = quote(subscriber, "10").settlement

    debts = {each.service_id: each for each in settlement.debts}
    paid, lacking = debts[cheap], debts[dear]
    assert paid.is_suspended
    assert paid.new_period == euros("6")
    assert paid.charged == paid.owed + paid.new_period == settlement.charged
    assert lacking.charged == euros("0")
    assert lacking.lacking == lacking.owed + euros("25")
    assert settlement.left == euros("10") - paid.charged
    assert (settlement.resumed_count, settlement.stopped_count) == (1, 1)
    assert quote(subscriber, "50").settlement.stopped_count == 0


def test_charging_does_what_was_foreseen(site: Installation) -> None:
    resumed = [check_a_company(site, seed) for seed in range(examples(3))]

    assert any(resumed)
    assert not all(resumed)


def check_a_company(site: Installation, seed: int) -> int:
    """Compare them for one with debts of all kinds; returns how many resume."""
    chance = random.Random(seed)
    subscriber = Subscriber(site, f"rent-{seed}@example.com")
    subscriber.allow(str(chance.choice((0, 0, 12))))
    subscriber.pay_in(str(chance.choice(("1", "20", "33.333333"))))
    services = []
    for _ in range(6):
        period, price = chance.choice(PERIODS), chance.choice(PRICES)
        services.append(subscriber.order("s", period, price))
        subscriber.pass_time(minutes=chance.choice((1, 90, 1500)))
        subscriber.charge()
    subscriber.pass_time(hours=chance.choice((5, 96, 96)))
    subscriber.charge()
    if chance.random() < 0.5:
        subscriber.change_price(services[0], "31.41")
    net = chance.choice(("23.45", "71.20", "400", "900"))
    before = states(subscriber, services)
    foreseen = quote(subscriber, net).settlement

    subscriber.pay_in(net)
    subscriber.charge()

    assert subscriber.balance == foreseen.left.amount, seed
    after = states(subscriber, services)
    resumed = {each for each in services if before[each] != after[each]}
    debts = [debt for debt in foreseen.debts if debt.is_suspended]
    assert resumed == {d.service_id for d in debts if not d.lacking.amount}, seed
    assert len(resumed) == foreseen.resumed_count, seed
    return len(resumed)


def test_what_a_new_price_took_off_used_time_is_never_foreseen_as_money(
    subscriber: Subscriber,
) -> None:
    # Used in February and moved into March, in which it costs less than what the rise
    # took off.
    subscriber.pass_time(days=(-20))
    service = subscriber.order("s", Period.MONTH, "1")
    subscriber.charge()
    subscriber.pass_time(days=3)
    subscriber.change_price(service, "3000")
    subscriber.suspend(service)
    subscriber.pass_time(days=28)
    subscriber.resume(service)
    subscriber.change_price(service, "1")

    foreseen = quote(subscriber, "10").settlement

    assert foreseen.charged == euros("0")
    subscriber.pay_in("10")
    subscriber.charge()
    assert foreseen.left.amount == subscriber.balance


def test_the_amount_that_pays_all_that_waits_is_suggested(
    subscriber: Subscriber,
) -> None:
    for _ in range(2):
        subscriber.order("m")
    subscriber.charge()
    subscriber.pass_time(days=3, hours=1)
    subscriber.charge()

    suggested = {each.reason: each for each in quote(subscriber, "10").suggested}

    pays = suggested[AmountReason.PAYS_DEBTS]
    settlement = quote(subscriber, pays.net.amount).settlement
    assert settlement.stopped_count == settlement.missing.amount == 0
    assert 0 <= settlement.left.amount < Decimal("0.01")
    short = quote(subscriber, pays.net.amount - Decimal("0.01")).settlement
    assert short.missing == euros("0.01")
    assert suggested[AmountReason.RECOMMENDED].net > pays.net


def test_a_paid_top_up_says_what_was_charged_and_resumed(
    subscriber: Subscriber,
) -> None:
    service = subscriber.order("m")
    subscriber.charge()
    subscriber.pass_time(days=3, hours=1)
    subscriber.charge()
    top_up = subscriber.begin_top_up("40")
    ask = billing.settlement.GetTopUpEffects(top_up_id=top_up.id)

    def effects() -> billing.settlement.TopUpEffects | None:
        method = billing.settlement.GET_TOP_UP_EFFECTS
        return subscriber.call_as(Role.OWNER, method, ask).effects

    assert effects() is None
    subscriber.pay_by_bank(top_up)
    settling = effects()
    assert settling
    assert settling.is_settling
    assert settling.after == settling.credited == euros("40")
    subscriber.settle()
    subscriber.charge()

    done = effects()

    assert done
    assert not done.is_settling
    assert [each.service_id for each in done.charges] == [service]
    assert done.charges[0].amount == done.charged
    assert done.before + done.credited - done.charged == done.after
    assert done.after.amount == subscriber.balance
    assert done.waiting.debt_count == 0
