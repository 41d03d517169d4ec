"""What a quote says of the money is what charging makes of it."""

import random
from decimal import Decimal
from uuid import UUID

from shared.contracts import billing
from shared.contracts.billing.top_ups import AmountReason
from shared.contracts.identity.memberships import Role
from shared.contracts.inventory.services import Period
from tests.fixtures.billing.tenant import Tenant, euros
from tests.fixtures.installations import Installation
from tests.fixtures.properties import examples

PERIODS = (Period.HOUR, Period.DAY, Period.MONTH, Period.ONCE)
PRICES = ("0.333333333333", "7.77", "10", "29.99", "0")


def quote(tenant: Tenant, net: str | Decimal) -> billing.top_ups.ShownQuote:
    request = billing.top_ups.QuoteTopUp(net=euros(net))
    return tenant._call_as(Role.OWNER, billing.top_ups.QUOTE_TOP_UP, request)


def states(tenant: Tenant, services: list[UUID]) -> dict[UUID, str]:
    return {each: tenant.service(each).state.value for each in services}


def test_immediate_charges_and_the_rest_are_shown_service_by_service(
    tenant: Tenant,
) -> None:
    tenant.allow("5")
    cheap, dear = tenant.order("s", price="6"), tenant.order("m", price="25")
    tenant.charge()
    tenant.pass_time(days=3, hours=1)
    tenant.charge()

    settlement = quote(tenant, "10").settlement

    debts = {each.service_id: each for each in settlement.debts}
    paid, lacking = debts[cheap], debts[dear]
    assert paid.is_suspended
    assert paid.new_period == euros("6")
    assert paid.charged == paid.owed + paid.new_period == settlement.charged
    assert lacking.charged == euros("0")
    assert lacking.lacking == lacking.owed + euros("25")
    assert settlement.left == euros("10") - paid.charged
    assert (settlement.resumed_count, settlement.stopped_count) == (1, 1)
    assert quote(tenant, "50").settlement.stopped_count == 0


def test_charging_does_what_was_foreseen(site: Installation) -> None:
    resumed = [check_a_company(site, seed) for seed in range(examples(3))]

    assert any(resumed)
    assert not all(resumed)


def check_a_company(site: Installation, seed: int) -> int:
    """Compare them for one with debts of all kinds; returns how many resume."""
    chance = random.Random(seed)
    tenant = Tenant(site, f"rent-{seed}@example.com")
    tenant.allow(str(chance.choice((0, 0, 12))))
    tenant.pay_in(str(chance.choice(("1", "20", "33.333333"))))
    services = []
    for _ in range(6):
        period, price = chance.choice(PERIODS), chance.choice(PRICES)
        services.append(tenant.order("s", period, price))
        tenant.pass_time(minutes=chance.choice((1, 90, 1500)))
        tenant.charge()
    tenant.pass_time(hours=chance.choice((5, 96, 96)))
    tenant.charge()
    if chance.random() < 0.5:
        tenant.change_price(services[0], "31.41")
    net = chance.choice(("23.45", "71.20", "400", "900"))
    before = states(tenant, services)
    foreseen = quote(tenant, net).settlement

    tenant.pay_in(net)
    tenant.charge()

    assert tenant.balance == foreseen.left.amount, seed
    after = states(tenant, services)
    resumed = {each for each in services if before[each] != after[each]}
    debts = [debt for debt in foreseen.debts if debt.is_suspended]
    assert resumed == {d.service_id for d in debts if not d.lacking.amount}, seed
    assert len(resumed) == foreseen.resumed_count, seed
    return len(resumed)


def test_what_a_new_price_took_off_used_time_is_never_foreseen_as_money(
    tenant: Tenant,
) -> None:
    # Used in February and moved into March, in which it costs less than what the rise
    # took off.
    tenant.pass_time(days=(-20))
    service = tenant.order("s", Period.MONTH, "1")
    tenant.charge()
    tenant.pass_time(days=3)
    tenant.change_price(service, "3000")
    tenant.suspend(service)
    tenant.pass_time(days=28)
    tenant.resume(service)
    tenant.change_price(service, "1")

    foreseen = quote(tenant, "10").settlement

    assert foreseen.charged == euros("0")
    tenant.pay_in("10")
    tenant.charge()
    assert foreseen.left.amount == tenant.balance


def test_the_amount_that_pays_all_that_waits_is_suggested(tenant: Tenant) -> None:
    for _ in range(2):
        tenant.order("m")
    tenant.charge()
    tenant.pass_time(days=3, hours=1)
    tenant.charge()

    suggested = {each.reason: each for each in quote(tenant, "10").suggested}

    pays = suggested[AmountReason.PAYS_DEBTS]
    settlement = quote(tenant, pays.net.amount).settlement
    assert settlement.stopped_count == settlement.missing.amount == 0
    assert 0 <= settlement.left.amount < Decimal("0.01")
    short = quote(tenant, pays.net.amount - Decimal("0.01")).settlement
    assert short.missing == euros("0.01")
    assert suggested[AmountReason.RECOMMENDED].net > pays.net


def test_a_paid_top_up_says_what_was_charged_and_resumed(tenant: Tenant) -> None:
    service = tenant.order("m")
    tenant.charge()
    tenant.pass_time(days=3, hours=1)
    tenant.charge()
    top_up = tenant.begin_top_up("40")
    ask = billing.settlement.GetTopUpEffects(top_up_id=top_up.id)

    def effects() -> billing.settlement.TopUpEffects | None:
        method = billing.settlement.GET_TOP_UP_EFFECTS
        return tenant._call_as(Role.OWNER, method, ask).effects

    assert effects() is None
    tenant.pay_by_bank(top_up)
    settling = effects()
    assert settling
    assert settling.is_settling
    assert settling.after == settling.credited == euros("40")
    tenant.settle()
    tenant.charge()

    done = effects()

    assert done
    assert not done.is_settling
    assert [each.service_id for each in done.charges] == [service]
    assert done.charges[0].amount == done.charged
    assert done.before + done.credited - done.charged == done.after
    assert done.after.amount == tenant.balance
    assert done.waiting.debt_count == 0
