"""What the dashboard says of wallets, postings and costs."""

from decimal import Decimal
from uuid import uuid4

from sqlalchemy import event

from shared.contracts.inventory.services import Period, ServiceState, SuspensionReason
from tests.fixtures.billing.harness import BillingHarness, a_service, money


def test_a_company_unknown_to_billing_has_empty_lists(harness: BillingHarness) -> None:
    shown = harness.dashboard()

    assert shown.wallets == []
    assert shown.costs == []


def test_a_wallet_without_services_shows_zeros(harness: BillingHarness) -> None:
    harness.open_wallet()

    shown = harness.dashboard()

    (wallet,) = shown.wallets
    assert wallet.is_primary
    assert wallet.balance == wallet.available == money("0")
    assert wallet.recommendation.amount == money("0")
    assert wallet.recent == []
    (costs,) = shown.costs
    assert costs.currency == "EUR"
    assert costs.yearly == money("0")
    assert costs.lines == []


def test_the_primary_wallet_comes_first_and_other_currencies_follow(
    harness: BillingHarness,
) -> None:
    for currency in ("PLN", "EUR"):
        harness.open_wallet(currency)
    for currency in ("USD", "GBP", "EUR"):
        harness.add_service(a_service(harness.company_id, currency=currency))

    shown = harness.dashboard()

    # Whatever is to be paid has a wallet for the money to come to.
    assert [each.currency for each in shown.wallets] == ["PLN", "EUR", "GBP", "USD"]
    assert [each.is_primary for each in shown.wallets] == [True, False, False, False]
    assert [costs.currency for costs in shown.costs] == ["PLN", "EUR", "GBP", "USD"]


def test_recent_postings_are_the_newest_five_each_with_the_balance_it_left(
    harness: BillingHarness,
) -> None:
    harness.open_wallet()
    for amount in ("100", "-0.000001", "20.5", "-30", "7", "-2", "0.1"):
        harness.adjust(amount)

    (wallet,) = harness.dashboard().wallets

    assert [str(each.amount.amount) for each in wallet.recent] == [
        "0.100000",
        "-2.000000",
        "7.000000",
        "-30.000000",
        "20.500000",
    ]
    assert [each.balance.amount for each in wallet.recent] == [
        Decimal("95.599999"),
        Decimal("95.499999"),
        Decimal("97.499999"),
        Decimal("90.499999"),
        Decimal("120.499999"),
    ]
    assert wallet.recent[0].balance == wallet.balance
    assert {each.kind for each in wallet.recent} == {"correction"}


def test_costs_are_normalised_by_family_and_period(harness: BillingHarness) -> None:
    harness.open_wallet()
    harness.add_service(a_service(harness.company_id, "7.3", Period.MONTH))
    harness.add_service(a_service(harness.company_id, "2.7", Period.MONTH))
    harness.add_service(
        a_service(harness.company_id, "0.01", Period.HOUR, family="lxc")
    )
    harness.add_service(a_service(harness.company_id, "99", Period.ONCE))
    harness.add_service(
        a_service(
            harness.company_id,
            "50",
            state=ServiceState.SUSPENDED,
            reason=SuspensionReason.POLICY,
        )
    )
    harness.add_service(
        a_service(harness.company_id, state=ServiceState.PENDING, activated_at=None)
    )

    (costs,) = harness.dashboard().costs

    assert costs.service_count == 3
    assert costs.monthly == money("17.3")
    assert costs.yearly == money("207.6")
    assert costs.hourly == money("0.023699")
    assert [
        (line.family_name, line.period, line.service_count, line.amount, line.monthly)
        for line in costs.lines
    ] == [
        ("LXC", Period.HOUR, 1, money("0.01"), money("7.3")),
        ("VPS", Period.MONTH, 2, money("10"), money("10")),
    ]


def test_the_dashboard_of_one_company_holds_nothing_of_another(
    harness: BillingHarness,
) -> None:
    other = uuid4()
    for company_id in (harness.company_id, other):
        harness.open_wallet(company_id=company_id)
        harness.add_service(a_service(company_id, "10", Period.DAY))
    stranger = harness.dashboard(company_id=uuid4())

    shown = harness.dashboard()

    assert (stranger.wallets, stranger.costs) == ([], [])
    (wallet,), (costs,) = shown.wallets, shown.costs
    assert wallet.recommendation.due == money("300")
    assert costs.daily == money("10")


def test_the_number_of_queries_does_not_follow_the_number_of_services(
    harness: BillingHarness,
) -> None:
    for currency in ("EUR", "PLN", "USD"):
        harness.open_wallet(currency)
        for period in Period:
            for family in ("vps", "lxc", "storage"):
                service = a_service(
                    harness.company_id, "1", period, currency=currency, family=family
                )
                harness.add_service(service)
    statements: list[str] = []
    event.listen(
        harness.database.engine,
        "before_cursor_execute",
        lambda _c, _cur, statement, *_: statements.append(statement),
    )

    harness.dashboard()

    assert len(statements) == 3
