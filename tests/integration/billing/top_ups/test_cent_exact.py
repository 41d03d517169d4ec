"""Whatever is topped up, wherever: quote, stored figures and ledger agree to the cent.

The expected tax is worked out here once more, in whole minor units and without any of
billing's own arithmetic.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import text

from services.billing.settings import BillingSettings
from shared.contracts import billing, identity
from shared.contracts.billing.payments import GatewayName
from shared.contracts.billing.top_ups import TopUpState
from shared.db.database import Database
from shared.db.events import Envelope
from shared.errors import Conflict
from shared.money import Money
from tests.fixtures.billing.customers import (
    PLACES,
    Customer,
    PromptGateway,
    add_rates,
    amount,
    check_vat_id,
    customers,
    no_limits,
    unit,
    units,
)
from tests.fixtures.billing.harness import START, BillingHarness, money
from tests.fixtures.billing.payer import RETURN_URL, Payer
from tests.fixtures.properties import over_database
from tests.fixtures.sandbox import NOWHERE, SECRET, Sandbox

HALVED = [("EUR", 150), ("PLN", 350), ("JPY", 550), ("USD", 750), ("EUR", 950)]
"""At 19 % their tax ends in half a unit, after an even one."""

nets = st.tuples(st.sampled_from(sorted(PLACES)), units)


@pytest.fixture(scope="module")
def payer(billing_database: Database) -> Payer:
    """Where anybody may top up any amount, and member states have the rates above."""
    harness = BillingHarness(
        billing_database,
        gateways={GatewayName.SANDBOX: PromptGateway("http://page", SECRET, NOWHERE)},
        settings=BillingSettings(limits=no_limits()),
    )
    add_rates(harness)
    return Payer(harness, Sandbox("http://page"))


@pytest.mark.property
@over_database(6)
@given(customer=customers, wanted=st.lists(nets, min_size=5, max_size=5))
@example(customer=Customer("AT", is_business=False, checked=None), wanted=HALVED)
def test_quote_stored_figures_and_ledger_agree_to_the_cent(
    payer: Payer, customer: Customer, wanted: Sequence[tuple[str, int]]
) -> None:
    """Five top-ups an example, so that making its company costs less."""
    _settle_in(payer.harness, customer, sorted({code for code, _ in wanted}))
    for currency, net in wanted:
        _assert_agrees(payer, customer, currency, net)
    _assert_balances(payer.harness, wanted)


@pytest.mark.property
@over_database(4)
@given(
    customer=customers.filter(lambda customer: customer.hundredths > 0),
    wanted=st.tuples(st.sampled_from(sorted(PLACES)), st.integers(3, 5000)),
    percents=st.lists(st.integers(10, 40), min_size=2, max_size=5),
)
def test_partial_refunds_never_exceed_the_payment_and_end_at_zero(
    payer: Payer,
    customer: Customer,
    wanted: tuple[str, int],
    percents: Sequence[int],
) -> None:
    currency, net = wanted
    _settle_in(payer.harness, customer, [currency])
    paid = _pay(payer, payer.quote(f"{amount(currency, net):f}", currency))
    left = net
    for percent in percents:
        part = max(1, net * percent // 100)
        if part >= left:
            break
        left -= part
        _assert_partly_refunded(payer, paid, net, left, part)
    _assert_refunded(payer, paid)


def _assert_agrees(payer: Payer, customer: Customer, currency: str, net: int) -> None:
    owed = (net * customer.hundredths + 5000) // 10_000
    expected = [amount(currency, each) for each in (net, owed, net + owed)]
    quote = payer.quote(f"{expected[0]:f}", currency)
    assert _figures(quote, currency) == expected
    assert [each.rate_percent for each in quote.tax_lines] == [
        Decimal(customer.hundredths) / 100
    ]
    assert sum(each.tax.amount for each in quote.tax_lines) == expected[1]
    assert sum(each.base.amount for each in quote.tax_lines) == expected[0]

    paid = _pay(payer, quote)

    assert paid.state is TopUpState.SUCCEEDED
    assert _figures(paid, currency) == expected
    assert (paid.tax_lines, paid.tax_reason) == (quote.tax_lines, quote.tax_reason)
    (payment,) = paid.payments
    assert payment.amount == quote.gross
    assert _stored(payer.harness, paid.id) == expected * 2
    assert _posted(payer.harness, "payment", payment.id) == _entry(*expected)


def _assert_partly_refunded(
    payer: Payer, paid: billing.top_ups.TopUp, net: int, left: int, part: int
) -> None:
    currency = paid.net.currency.code
    now = payer.refund(paid, f"{amount(currency, part):f}", currency)

    assert now.state is TopUpState.PARTLY_REFUNDED
    assert now.refunded.amount == amount(currency, net - left)
    with pytest.raises(Conflict, match="more_than_unspent"):
        payer.refund(paid, f"{amount(currency, left + 1):f}", currency)
    given_net, given_tax = _refunded(payer.harness, paid.id)
    assert given_net == now.refunded.amount
    # The tax goes back as the net does: to less than one minor unit, at any time.
    exact = paid.tax.amount * given_net / paid.net.amount
    assert abs(given_tax - exact) < unit(currency)
    assert given_tax <= paid.tax.amount


def _assert_refunded(payer: Payer, paid: billing.top_ups.TopUp) -> None:
    whole = payer.refund(paid)

    assert whole.state is TopUpState.REFUNDED
    assert whole.refunded == paid.net
    assert _refunded(payer.harness, paid.id) == (paid.net.amount, paid.tax.amount)
    with pytest.raises(Conflict, match="not_refundable"):
        payer.refund(paid)
    left = _left_in_accounts(payer.harness)
    assert left.keys() >= {"payments", "wallet"}
    assert not any(left.values()), left


def _settle_in(
    harness: BillingHarness, customer: Customer, currencies: Iterable[str]
) -> None:
    """From here on the harness's company is a new one: this customer's."""
    harness.company_id = uuid4()
    company = identity.companies.Company(
        id=harness.company_id,
        name="A customer",
        address=identity.companies.Address(country=customer.country),
        time_zone="UTC",
        is_business=customer.is_business,
    )
    event = identity.companies.COMPANY_CHANGED
    harness.deliver(
        Envelope(
            id=uuid4(),
            source=event.source,
            name=event.name,
            company_id=harness.company_id,
            version=1,
            at=START,
            request_id="test",
            body=company,
        )
    )
    check_vat_id(harness, harness.company_id, customer)
    for currency in currencies:
        harness.open_wallet(currency)


def _pay(payer: Payer, quote: billing.top_ups.TopUpQuote) -> billing.top_ups.TopUp:
    """Begin what was quoted, pay it at the sandbox and take its notice in."""
    top_up = payer.begin_as_quoted(quote)
    start = billing.top_ups.StartPayment(top_up_id=top_up.id, return_url=RETURN_URL)
    started = payer.harness.call(billing.top_ups.START_PAYMENT, start, payer.owner())
    (payment,) = started.top_up.payments
    payer.notify(payment)
    return payer.get(top_up.id)


def _figures(
    shown: billing.top_ups.TopUpQuote | billing.top_ups.TopUp, currency: str
) -> list[Decimal]:
    """Net, tax and gross."""
    figures: list[Money] = [shown.net, shown.tax, shown.gross]
    assert {each.currency.code for each in figures} == {currency}
    return [each.amount for each in figures]


def _stored(harness: BillingHarness, top_up_id: UUID) -> list[Decimal]:
    """Net, tax and gross of the top-up's row, and then of its payment's."""
    query = """SELECT t.net, t.tax, t.gross, p.net, p.tax, p.amount
               FROM top_ups t JOIN payments p ON p.top_up_id = t.id
               WHERE t.id = :id"""
    with harness.database.system() as db:
        return list(db.execute(text(query), {"id": top_up_id}).one())


def _refunded(harness: BillingHarness, top_up_id: UUID) -> tuple[Decimal, Decimal]:
    """Net and tax given back: the top-up's row says what its refunds' net sums to."""
    query = """SELECT t.refunded_net, sum(r.net), sum(r.tax)
               FROM top_ups t JOIN refunds r ON r.top_up_id = t.id
               WHERE t.id = :id GROUP BY t.id"""
    with harness.database.system() as db:
        kept, net, tax = db.execute(text(query), {"id": top_up_id}).one()
    assert kept == net
    return net, tax


def _posted(
    harness: BillingHarness, what: str, cause: UUID
) -> list[tuple[str, Decimal]]:
    """The lines of an entry: the account's kind, and what it was credited."""
    query = """SELECT a.kind, coalesce(p.credit, -p.debit)
               FROM journal_entries e JOIN postings p ON p.entry_id = e.id
                    JOIN accounts a ON a.id = p.account_id
               WHERE e.cause = :cause AND e.company_id = :company ORDER BY p.line"""
    of = {"cause": f"{what}:{cause}", "company": harness.company_id}
    with harness.database.system() as db:
        return [(kind, amount) for kind, amount in db.execute(text(query), of)]


def _entry(net: Decimal, owed: Decimal, gross: Decimal) -> list[tuple[str, Decimal]]:
    lines = [("payments", -gross), ("wallet", net)]
    return [*lines, ("tax", owed)] if owed else lines


def _left_in_accounts(harness: BillingHarness) -> dict[str, Decimal]:
    """What the company's entries leave in each kind of account."""
    query = """SELECT a.kind, sum(coalesce(p.credit, -p.debit))
               FROM journal_entries e JOIN postings p ON p.entry_id = e.id
                    JOIN accounts a ON a.id = p.account_id
               WHERE e.company_id = :company GROUP BY a.kind"""
    with harness.database.system() as db:
        rows = db.execute(text(query), {"company": harness.company_id}).all()
        return {row[0]: row[1] for row in rows}


def _assert_balances(
    harness: BillingHarness, wanted: Sequence[tuple[str, int]]
) -> None:
    shown = {each.currency: each.balance for each in harness.dashboard().wallets}
    assert shown.keys() == {currency for currency, _ in wanted}
    for currency, balance in shown.items():
        paid = sum(net for code, net in wanted if code == currency)
        assert balance == money(amount(currency, paid), currency)
