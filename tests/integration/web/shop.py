"""Where generated customers buy: billing and the web over one real PostgreSQL."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from uuid import UUID

from hypothesis import strategies as st
from sqlalchemy import text

from launcher.databases import SERVICES
from launcher.postgres import PostgresServer
from shared.contracts import identity
from shared.contracts.billing import top_ups
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.billing.exchange_rates import (
    IMPORT_EXCHANGE_RATES,
    ExchangeRate,
    ImportExchangeRates,
)
from shared.contracts.billing.top_ups import GatewayName
from shared.db.database import Database
from shared.errors import Conflict
from shared.money import Money
from shared.principal import load_private_key
from tests.fixtures.databases import fresh_database
from tests.fixtures.installations import (
    BILLING,
    PASSWORD,
    START,
    Installation,
    installation,
)
from tests.fixtures.principals import Principals
from tests.fixtures.sandbox import NOWHERE, SECRET, Sandbox
from tests.integration.billing.customers import (
    PLACES,
    Customer,
    PromptGateway,
    add_rates,
    amount,
    check_vat_id,
    no_limits,
    unit,
    units,
)
from tests.integration.billing.office import Office, money
from tests.integration.billing.till import RETURN_URL, Till
from tests.integration.web.figures import MARKS, OWN_CURRENCY, Figures

EXCHANGE = {"GBP": "0.8731", "JPY": "171.32", "PLN": "4.2315", "USD": "1.0805"}
"""What a euro is worth."""


@dataclass(frozen=True)
class Purchase:
    """One top-up of ``net`` minor units, and the percents of it that are given back.

    Paid by card, or by bank: ``by_bank`` percent of what was asked for. The bank of the
    card takes the whole back if ``is_taken_back``, and nothing was given back before.
    """

    currency: str
    net: int
    by_bank: int | None
    refunds: list[int]
    is_taken_back: bool


purchases = st.builds(
    Purchase,
    currency=st.sampled_from(sorted(PLACES)),
    net=units,
    by_bank=st.sampled_from([100, None, None, None, 0, 97, 113]),
    refunds=st.lists(st.integers(1, 45), max_size=3),
    is_taken_back=st.booleans(),
)


@dataclass
class Shop:
    """One company after the other, each on a day of its own."""

    site: Installation
    till: Till
    owners: dict[str, UUID] = field(default_factory=dict)
    asked: list[top_ups.TopUpQuote] = field(default_factory=list)

    def __post_init__(self) -> None:
        """There is somebody who reads in each of the languages."""
        add_rates(self.till.office)
        for locale in MARKS:
            person = identity.CreateUser(
                email=f"{locale}@example.com",
                name="A Person",
                password=PASSWORD,
                locale=locale,
            )
            made = self.site.operator.call(identity.CREATE_USER, person)
            self.owners[locale] = made.id

    @property
    def today(self) -> date:
        return self.site.clock.now().date()

    def welcome(self, customer: Customer, locale: str) -> UUID:
        """Begin with a new company, whose owner reads in a language."""
        self.site.clock.move(timedelta(days=1))
        self.asked = []
        request = identity.CreateCompany(
            name="A customer",
            address=identity.Address(country=customer.country, postal_code="10000"),
            owner_id=self.owners[locale],
            is_business=customer.is_business,
        )
        company = self.site.operator.call(identity.CREATE_COMPANY, request)
        self.site.services.deliver_events()
        office = self.till.office
        office.company_id = company.id
        check_vat_id(office, company.id, customer)
        for currency in PLACES:
            office.open_wallet(currency)
        rates = [
            ExchangeRate(day=self.today, currency=code, rate=Decimal(rate))
            for code, rate in EXCHANGE.items()
        ]
        published = ImportExchangeRates(rates=rates, source="ECB")
        office.call(IMPORT_EXCHANGE_RATES, published, office.operator())
        return company.id

    def sell(self, wanted: Purchase) -> None:
        net = amount(wanted.currency, wanted.net)
        quote = self.till.quote(f"{net:f}", wanted.currency)
        top_up = self._pay(quote, wanted.by_bank)
        for percent in wanted.refunds:
            part = amount(wanted.currency, max(1, wanted.net * percent // 100))
            # Less may be there, where less was paid than was asked for.
            with suppress(Conflict):
                self.till.refund(top_up, f"{part:f}", wanted.currency)
        if wanted.is_taken_back and wanted.by_bank is None and not wanted.refunds:
            self.till.notify(top_up.payments[0], "charged_back")

    def wants(self, rate_percent: Decimal) -> dict[DocumentKind, list[Figures]]:
        """What the documents of each kind are to say, the oldest first.

        Proformas what was quoted, the others what the ledger says.
        """
        wanted: dict[DocumentKind, list[Figures]] = {kind: [] for kind in DocumentKind}
        for quote in self.asked:
            net, tax, gross = quote.net, quote.tax, quote.gross
            own_tax = _own_tax(tax, before=0 * tax)
            asked = Figures(net, tax, gross, rate_percent, own_tax)
            wanted[DocumentKind.PROFORMA].append(asked)
        for net, tax, gross, tax_before in self.ledger():
            comes = net.amount > 0
            kind = DocumentKind.INVOICE if comes else DocumentKind.CREDIT_NOTE
            own_tax = _own_tax(tax, tax_before)
            moved = Figures(abs(net), abs(tax), abs(gross), rate_percent, own_tax)
            wanted[kind].append(moved)
        return wanted

    def ledger(self) -> list[tuple[Money, ...]]:
        """Each entry in its order: net, tax and gross, positive where money came in.

        And the tax that entries before had left of the same payment.
        """
        company = {"company": self.till.office.company_id}
        with self.till.office.database.system() as db:
            return [
                tuple(money(figure, currency) for figure in figures)
                for currency, *figures in db.execute(text(_LEDGER), company)
            ]

    def _pay(self, quote: top_ups.TopUpQuote, by_bank: int | None) -> top_ups.TopUp:
        gateway = GatewayName.SANDBOX if by_bank is None else GatewayName.BANK_TRANSFER
        office, owner = self.till.office, self.till.owner()
        begin = top_ups.BeginTopUp(net=quote.net, digest=quote.digest, gateway=gateway)
        top_up = office.call(top_ups.BEGIN_TOP_UP, begin, owner)
        if by_bank is None:
            start = top_ups.StartPayment(top_up_id=top_up.id, return_url=RETURN_URL)
            started = office.call(top_ups.START_PAYMENT, start, owner).top_up
            self.till.notify(started.payments[0])
            return started
        self.asked.append(quote)
        smallest = unit(quote.gross.currency.code)
        paid = (quote.gross.amount * by_bank / 100).quantize(smallest)
        if paid:
            credit = top_ups.BankCredit(
                transaction=str(top_up.id),
                amount=money(paid, quote.gross.currency.code),
                text=top_up.reference,
            )
            booking = top_ups.BookBankPayments(credits=[credit])
            office.call(top_ups.BOOK_BANK_PAYMENTS, booking, office.operator())
        return top_up


_LEDGER = """
WITH moved AS (
    SELECT e.id, e.cause, p.currency,
           sum(p.amount) FILTER (WHERE a.kind = 'wallet') AS net,
           coalesce(sum(p.amount) FILTER (WHERE a.kind = 'tax'), 0) AS tax,
           -sum(p.amount) FILTER (WHERE a.kind = 'payments') AS gross
    FROM journal_entries e
    JOIN (SELECT *, coalesce(credit, -debit) AS amount FROM postings) p
         ON p.entry_id = e.id
    JOIN accounts a ON a.id = p.account_id
    WHERE e.company_id = :company
    GROUP BY e.id, p.currency
)
SELECT m.currency, m.net, m.tax, m.gross,
       sum(m.tax) OVER (
           PARTITION BY coalesce('payment:' || r.payment_id, m.cause)
           ORDER BY t.number
       ) - m.tax AS tax_before
FROM moved m
JOIN transactions t ON t.entry_id = m.id
LEFT JOIN refunds r ON m.cause = 'refund:' || r.id
ORDER BY t.number
"""


def _own_tax(tax: Money, before: Money) -> Money | None:
    """In the seller's currency: of all documents on a payment, the sum is rounded."""
    code = tax.currency.code
    if code == OWN_CURRENCY or not tax.amount:
        return None
    rate, cent = Decimal(EXCHANGE[code]), unit(OWN_CURRENCY)
    earlier, by_now = (
        (each.amount / rate).quantize(cent, ROUND_HALF_UP)
        for each in (before, before + tax)
    )
    return money(abs(by_now - earlier), OWN_CURRENCY)


@contextmanager
def open_shop(server: PostgresServer, var: Path) -> Iterator[Shop]:
    """Where anybody may top up any amount, by a card that is charged at once, too."""
    card = PromptGateway("http://page", SECRET, NOWHERE)
    settings = replace(
        BILLING,
        limits=no_limits(),
        gateways={**BILLING.gateways, GatewayName.SANDBOX: card},
    )
    with ExitStack() as stack:
        urls = {
            name: stack.enter_context(fresh_database(server, name)) for name in SERVICES
        }
        site = stack.enter_context(installation(urls, var, billing=settings))
        database = stack.enter_context(closing(Database(urls["billing"])))
        key = load_private_key(var / "keys" / "principal.key")
        office = Office(
            database,
            site.clock,
            Principals(START, key),
            gateways=settings.gateways,
            settings=settings,
        )
        yield Shop(site, Till(office, Sandbox("http://page")))
