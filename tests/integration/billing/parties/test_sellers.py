"""Several sellers: whom a company buys from, and what its documents say of it."""

import random
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from alembic import command
from sqlalchemy import create_engine, delete, select, text

import services.billing
from launcher.servers.local_services import LocalServices
from launcher.servers.postgres import PostgresServer
from services.billing.documents.issuing import issue_ordered
from services.billing.documents.listing import content_of
from services.billing.gateways.bank_transfer import Account, BankTransfer
from services.billing.models.documents import Document
from services.billing.models.tax import TaxId
from services.billing.parties.sellers import DEMO_SELLER, FIRST, Seller, Sellers
from services.billing.settings import BillingSettings
from services.billing.tax.id_checks import PASSED_OVER_FOR
from services.billing.top_ups import quotes
from services.billing.top_ups.beginning import begin as begin_top_up
from services.billing.top_ups.limits import Limits
from shared.clock import ManualClock
from shared.contracts import billing
from shared.contracts.billing.documents import DocumentKind
from shared.contracts.billing.payments import GatewayName
from shared.contracts.billing.tax import TaxIdState
from shared.contracts.identity.memberships import Role
from shared.db.database import Database, normalise_url
from shared.db.migrations import alembic_config, migrate
from shared.errors import Conflict, InvalidInput
from shared.principal import system
from shared.rpc.call import Call
from shared.rpc.change import Change
from shared.runtime import Runtime
from shared.settings import SettingError, read_settings
from tests.fixtures.billing.harness import START, BillingHarness, money
from tests.fixtures.databases import empty_database
from tests.fixtures.sellers import POLISH, SELLERS
from tests.fixtures.threads import all_at_once
from tests.fixtures.vies import FakeVies, fake_vies

PROFORMA, INVOICE, CREDIT_NOTE = DocumentKind

ZONE = "Europe/Berlin"
COUNTED = """
INSERT INTO document_series (code, last_number, last_day) VALUES (:code, :last, :day)
"""
ACCOUNTS = {
    FIRST: Account("Nordlicht Hosting GmbH", "DE89370400440532013000", "", "Bank"),
    "pl": Account("Nordlicht sp. z o.o.", "PL61109010140000071219812874", "", "Bank"),
}

IN_EURO = replace(POLISH, accounting_currency="EUR")
"""Its invoices in euros need no exchange rate."""


def a_harness(
    database: Database,
    country: str,
    *currencies: str,
    sellers: Sellers = SELLERS,
    company_id: UUID | None = None,
    vies_url: str = "",
) -> BillingHarness:
    """Of a business there; with a wallet in each of the currencies."""
    accounts = {each.key: ACCOUNTS.get(each.key, ACCOUNTS["pl"]) for each in sellers}
    harness = BillingHarness(
        database,
        company_id=company_id or uuid4(),
        gateways={GatewayName.BANK_TRANSFER: BankTransfer(accounts)},
        settings=BillingSettings(sellers=sellers, vies_url=vies_url),
    )
    harness.live_in(ZONE, country=country)
    for currency in currencies:
        harness.open_wallet(currency)
    return harness


def owner(harness: BillingHarness) -> str:
    return harness.principals.user(Role.OWNER, harness.company_id)


def quote(
    harness: BillingHarness, net: str, currency: str
) -> billing.top_ups.TopUpQuote:
    request = billing.top_ups.QuoteTopUp(net=money(net, currency))
    return harness.call(billing.top_ups.QUOTE_TOP_UP, request, owner(harness))


def begin(harness: BillingHarness, net: str, currency: str) -> billing.top_ups.TopUp:
    quoted = quote(harness, net, currency)
    request = billing.top_ups.BeginTopUp(
        net=quoted.net, digest=quoted.digest, gateway=GatewayName.BANK_TRANSFER
    )
    return harness.call(billing.top_ups.BEGIN_TOP_UP, request, owner(harness))


def pay(harness: BillingHarness, net: str, currency: str) -> billing.top_ups.TopUp:
    top_up = begin(harness, net, currency)
    credit = billing.payments.BankCredit(
        transaction=str(uuid4()), amount=top_up.gross, text=top_up.reference
    )
    book = billing.payments.BookBankPayments(credits=[credit])
    harness.call(billing.payments.BOOK_BANK_PAYMENTS, book, harness.operator())
    return top_up


def issue(harness: BillingHarness) -> None:
    """Without making files of what is issued."""
    issue_ordered(
        harness.database, harness.service.runtime, harness.service._issuer, ""
    )


def issued(harness: BillingHarness) -> Sequence[billing.documents.DocumentContent]:
    """What the company's documents say, the oldest first."""
    issue(harness)
    its_own = Document.company_id == harness.company_id
    with harness.database.system() as session:
        rows = session.scalars(select(Document).where(its_own).order_by("position"))
        return [content_of(row) for row in rows]


def credit(harness: BillingHarness, number: str) -> None:
    request = billing.documents.CreditInvoice(number=number, reason="As agreed")
    harness.call(billing.documents.CREDIT_INVOICE, request, harness.operator())


def test_two_companies_of_two_sellers_each_have_documents_of_their_own(
    billing_database: Database,
) -> None:
    german = a_harness(billing_database, "DE", "EUR")
    polish = a_harness(billing_database, "PL", "PLN")
    pay(german, "100.00", "EUR")
    pay(polish, "100.00", "PLN")

    for harness, seller, start, rate in (
        (german, DEMO_SELLER, "", 19),
        (polish, POLISH, "PL-", 23),
    ):
        proforma, invoice = issued(harness)
        assert proforma.number.startswith(f"{start}PF-2026-")
        assert invoice.number.startswith(f"{start}INV-2026-")
        for each in (proforma, invoice):
            assert each.seller == billing.documents.Party(
                name=seller.name,
                street=seller.street,
                postal_code=seller.postal_code,
                city=seller.city,
                region="",
                country=seller.country,
                vat_id=seller.vat_id,
            )
            assert each.tax_reason.code == "domestic_business"
            assert each.tax_lines[0].rate_percent == Decimal(rate)
            assert each.accounting_tax is None
        assert proforma.bank is not None
        assert proforma.bank.iban == ACCOUNTS[seller.key].iban


def test_the_customer_sees_the_sellers_account(
    billing_database: Database,
) -> None:
    for country, currency, key in (("DE", "EUR", FIRST), ("CZ", "PLN", "pl")):
        harness = a_harness(billing_database, country, currency)
        begun = begin(harness, "50.00", currency)
        request = billing.top_ups.GetTopUp(top_up_id=begun.id)
        shown = harness.call(billing.top_ups.GET_TOP_UP, request, owner(harness))
        assert shown.bank is not None
        assert shown.bank.iban == ACCOUNTS[key].iban


def test_a_transfer_is_offered_only_to_an_account_of_who_sells(
    billing_database: Database,
) -> None:
    only_german = {GatewayName.BANK_TRANSFER: BankTransfer({FIRST: ACCOUNTS[FIRST]})}
    settings = BillingSettings(sellers=SELLERS)
    for country, offered in (("DE", [GatewayName.BANK_TRANSFER]), ("PL", [])):
        harness = BillingHarness(
            billing_database, gateways=only_german, settings=settings
        )
        harness.live_in(ZONE, country=country)
        harness.open_wallet("EUR")
        assert quote(harness, "50.00", "EUR").gateways == offered


def test_vat_is_said_in_the_currency_that_the_seller_reports_it_in(
    billing_database: Database,
) -> None:
    harness = a_harness(billing_database, "PL", "EUR", "PLN")
    rate = billing.exchange_rates.ExchangeRate(
        day=START.date(), currency="PLN", rate=Decimal("4.25")
    )
    request = billing.exchange_rates.ImportExchangeRates(rates=[rate], source="ECB")
    harness.call(
        billing.exchange_rates.IMPORT_EXCHANGE_RATES, request, harness.operator()
    )
    pay(harness, "100.00", "EUR")
    pay(harness, "100.00", "PLN")

    in_euro, in_zloty = (
        [each.accounting_tax for each in issued(harness) if each.net.currency == code]
        for code in (money("1").currency, money("1", "PLN").currency)
    )

    # 23.00 * 4.25
    assert [each.tax for each in in_euro if each] == [money("97.75", "PLN")] * 2
    assert in_zloty == [None, None]


def test_until_it_buys_a_company_has_the_seller_of_its_country(
    billing_database: Database,
) -> None:
    harness = a_harness(billing_database, "PL", "EUR")
    assert quote(harness, "10.00", "EUR").tax_reason.code == "domestic_business"
    harness.live_in(ZONE, version=2, country="DE")
    assert quote(harness, "10.00", "EUR").tax_reason.code == "domestic_business"

    pay(harness, "10.00", "EUR")

    assert {each.seller.name for each in issued(harness)} == {DEMO_SELLER.name}


def test_a_company_that_moves_keeps_its_seller(billing_database: Database) -> None:
    harness = a_harness(billing_database, "PL", "EUR")
    begin(harness, "10.00", "EUR")
    harness.live_in(ZONE, version=2, country="DE")

    pay(harness, "20.00", "EUR")

    newest = issued(harness)[-1]
    assert newest.seller.name == POLISH.name
    assert newest.number.startswith("PL-INV-")
    # To the Polish seller, Germany is another member state now.
    assert newest.tax_reason.code == "vat_id_missing"
    assert newest.tax_lines[0].rate_percent == Decimal(19)
    profile = harness.call(
        billing.tax.GET_TAX_PROFILE, billing.tax.GetTaxProfile(), owner(harness)
    )
    assert profile.decision is not None
    assert profile.decision.reason.code == "vat_id_missing"


def test_a_top_up_that_ended_unpaid_binds_no_seller(
    billing_database: Database,
) -> None:
    harness = a_harness(billing_database, "PL", "EUR")
    unpaid = begin(harness, "10.00", "EUR")
    harness.live_in(ZONE, version=2, country="DE")
    cancel = billing.top_ups.CancelTopUp(top_up_id=unpaid.id)
    harness.call(billing.top_ups.CANCEL_TOP_UP, cancel, owner(harness))

    pay(harness, "20.00", "EUR")

    assert issued(harness)[-1].seller.name == DEMO_SELLER.name
    # Money that comes for the first one all the same moves nobody.
    credit = billing.payments.BankCredit(
        transaction="late", amount=unpaid.gross, text=unpaid.reference
    )
    book = billing.payments.BookBankPayments(credits=[credit])
    harness.call(billing.payments.BOOK_BANK_PAYMENTS, book, harness.operator())
    assert issued(harness)[-1].seller.name == POLISH.name
    pay(harness, "30.00", "EUR")
    assert issued(harness)[-1].seller.name == DEMO_SELLER.name


def test_another_choice_of_countries_changes_no_companys_seller(
    billing_database: Database,
) -> None:
    before = a_harness(billing_database, "CZ", "EUR")
    pay(before, "10.00", "EUR")
    narrower = replace(POLISH, sells_to=frozenset({"PL"}))
    after = a_harness(
        billing_database,
        "CZ",
        sellers=Sellers(DEMO_SELLER, (narrower,)),
        company_id=before.company_id,
    )
    # Else it would give its first ids anew.
    after.service.runtime.random.seed(1)

    pay(after, "20.00", "EUR")

    assert {each.seller.name for each in issued(after)} == {POLISH.name}


def test_a_credit_note_is_by_the_seller_of_its_invoice(
    billing_database: Database,
) -> None:
    harness = a_harness(billing_database, "PL", "PLN")
    pay(harness, "100.00", "PLN")
    invoice = issued(harness)[-1]
    harness.live_in(ZONE, version=2, country="DE")

    credit(harness, invoice.number)

    note = issued(harness)[-1]
    assert note.kind is CREDIT_NOTE
    assert note.number.startswith("PL-CN-2026-")
    assert note.seller == invoice.seller
    assert note.tax == invoice.tax
    assert note.corrects is not None
    assert note.corrects.number == invoice.number


def test_of_two_top_ups_begun_at_once_the_first_decides_the_seller(
    billing_database: Database,
) -> None:
    """As if the company moved between them."""
    harness = a_harness(billing_database, "PL", "EUR", "PLN")
    wanted = [(POLISH, "PLN"), (DEMO_SELLER, "EUR")]

    began = all_at_once(lambda number: _begins_with(harness, *wanted[number]), 2)

    assert sorted(began) == [False, True]


def _begins_with(harness: BillingHarness, seller: Seller, currency: str) -> bool:
    principal = replace(system("billing"), company_id=harness.company_id)
    call = Call(principal, "", harness.clock.now())
    bank = BankTransfer(ACCOUNTS)
    terms = quotes.Terms(Limits(), seller, {bank.name: bank})
    net = money("50.00", currency)
    with harness.database.company(harness.company_id) as session:
        quoted = quotes.quote(session, terms, call, net)
        request = billing.top_ups.BeginTopUp(
            net=net, digest=quoted.digest, gateway=GatewayName.BANK_TRANSFER
        )
        change = Change(session, harness.service.runtime, call)
        try:
            begin_top_up(change, terms, request)
        except Conflict:
            return False
        return True


def test_each_sellers_numbers_have_no_gap_with_concurrent_issuers(
    billing_database: Database,
) -> None:
    german = a_harness(billing_database, "DE", "EUR")
    polish = a_harness(billing_database, "PL", "PLN")
    for _ in range(4):
        pay(german, "10.00", "EUR")
        pay(polish, "50.00", "PLN")

    all_at_once(lambda _: issue(german), 4)

    with billing_database.system() as session:
        rows = session.execute(
            select(Document.series, Document.number_in_series, Document.number)
        ).all()
    found: dict[str, list[int]] = {}
    for series, number, _ in rows:
        found.setdefault(series, []).append(number)
    for series in ("INV-2026", "PF-2026", "PL-INV-2026", "PL-PF-2026"):
        assert sorted(found[series]) == list(range(1, len(found[series]) + 1))
        assert len(found[series]) >= 4
    assert len({number for _, _, number in rows}) == len(rows)


def test_a_day_and_a_year_are_those_of_the_sellers_zone(
    billing_database: Database,
) -> None:
    lisbon = replace(IN_EURO, key="pt", number_prefix="PT", time_zone="Europe/Lisbon")
    for key, number, day in (
        ("DE", "INV-2027-", date(2027, 1, 1)),
        ("PL", "PT-INV-2026-", date(2026, 12, 31)),
    ):
        harness = a_harness(
            billing_database, key, "EUR", sellers=Sellers(DEMO_SELLER, (lisbon,))
        )
        harness.clock.move_to(START.replace(month=12, day=31, hour=23, minute=30))
        pay(harness, "10.00", "EUR")
        invoice = issued(harness)[-1]
        assert invoice.number.startswith(number)
        assert invoice.issued_on == day


def test_another_prefix_counts_from_the_next_year_on(
    billing_database: Database,
) -> None:
    old = replace(IN_EURO, key="one", number_prefix="OLD")
    harness = a_harness(
        billing_database, "PL", "EUR", sellers=Sellers(DEMO_SELLER, (old,))
    )
    pay(harness, "10.00", "EUR")
    first = issued(harness)[-1]
    renamed = Sellers(DEMO_SELLER, (replace(old, number_prefix="NEW"),))
    harness.service._issuer = replace(harness.service._issuer, sellers=renamed)

    pay(harness, "10.00", "EUR")
    same_year = issued(harness)[-1]
    harness.clock.move_to(START.replace(year=2027))
    pay(harness, "10.00", "EUR")
    next_year = issued(harness)[-1]

    numbers = [first.number, same_year.number, next_year.number]
    assert numbers == [
        "OLD-INV-2026-000001",
        "OLD-INV-2026-000002",
        "NEW-INV-2027-000001",
    ]


def test_a_prefix_that_was_another_sellers_gives_no_number_twice(
    billing_database: Database,
) -> None:
    before = replace(IN_EURO, key="two", number_prefix="TAKEN")
    harness = a_harness(
        billing_database, "PL", "EUR", sellers=Sellers(DEMO_SELLER, (before,))
    )
    pay(harness, "10.00", "EUR")
    assert issued(harness)
    heir = replace(IN_EURO, key="three", number_prefix="TAKEN")
    other = a_harness(
        billing_database, "PL", "EUR", sellers=Sellers(DEMO_SELLER, (heir,))
    )
    pay(other, "10.00", "EUR")

    assert issued(other) == []

    freed = Sellers(DEMO_SELLER, (replace(heir, number_prefix="FREE"),))
    other.service._issuer = replace(other.service._issuer, sellers=freed)
    other.pass_time(timedelta(minutes=2))
    numbers = [each.number for each in issued(other)]
    assert numbers == ["FREE-PF-2026-000001", "FREE-INV-2026-000001"]


def test_customers_open_wallets_in_the_currencies_of_their_seller(
    billing_database: Database,
) -> None:
    harness = a_harness(billing_database, "PL")
    shown = harness.call(
        billing.wallets.LIST_WALLETS, billing.wallets.ListWallets(), owner(harness)
    )
    assert shown.addable == ["PLN", "EUR"]
    with pytest.raises(InvalidInput, match="currency_not_offered"):
        harness.call(
            billing.wallets.ADD_WALLET,
            billing.wallets.AddWallet(currency="GBP"),
            owner(harness),
        )


def test_the_register_is_asked_in_the_name_of_the_companys_seller(
    billing_database: Database,
) -> None:
    with fake_vies() as vies:
        for country, number, requester in (
            ("AT", "ATU13585627", DEMO_SELLER.vat_id),
            ("CZ", "CZ25123891", POLISH.vat_id),
        ):
            harness = a_harness(billing_database, country, vies_url=vies.url)
            request = billing.tax.SetTaxId(number=number)
            harness.call(billing.tax.SET_TAX_ID, request, owner(harness))
            harness.run_job("check_tax_ids")
            asked = vies.questions[-1]
            assert asked["countryCode"] + asked["vatNumber"] == number
            by = asked["requesterMemberStateCode"] + asked["requesterNumber"]
            assert by == requester


def test_a_seller_that_the_register_refuses_does_not_delay_others(
    billing_database: Database,
) -> None:
    with billing_database.system() as session:
        session.execute(delete(TaxId))
    with fake_vies() as vies:
        vies.refused = {POLISH.vat_id}
        czech = [
            asks_about(billing_database, "CZ", number, vies)
            for number in ("CZ25123891", "CZ26168685", "CZ27082440")
        ]
        austrian = asks_about(billing_database, "AT", "ATU13585627", vies)
        austrian.pass_time(timedelta(seconds=1))

        austrian.run_job("check_tax_ids")

        asked_by = [each["requesterMemberStateCode"] for each in vies.questions]
        assert asked_by == ["PL", "DE"]
        assert tax_id_of(austrian).state is TaxIdState.VALID
        states = [tax_id_of(each).state for each in czech]
        assert sorted(state.value for state in states) == [
            "unchecked",
            "unchecked",
            "unreachable",
        ]

        vies.refused = set()
        austrian.pass_time(PASSED_OVER_FOR)
        austrian.run_job("check_tax_ids")

        states = [tax_id_of(each).state for each in czech]
        assert states.count(TaxIdState.VALID) == 2


def asks_about(
    database: Database, country: str, number: str, vies: FakeVies
) -> BillingHarness:
    """A company whose valid VAT ID is still to be asked about."""
    vies.register(number)
    harness = a_harness(database, country, vies_url=vies.url)
    harness.call(
        billing.tax.SET_TAX_ID, billing.tax.SetTaxId(number=number), owner(harness)
    )
    return harness


def tax_id_of(harness: BillingHarness) -> billing.tax.TaxId:
    profile = harness.call(
        billing.tax.GET_TAX_PROFILE, billing.tax.GetTaxProfile(), owner(harness)
    )
    assert profile.tax_id is not None
    return profile.tax_id


def test_an_export_says_who_issued_each_document(billing_database: Database) -> None:
    harnesses = [a_harness(billing_database, code, "EUR") for code in ("DE", "PL")]
    for harness in harnesses:
        pay(harness, "10.00", "EUR")
        issue(harness)
    request = billing.documents.ExportDocuments(
        first_day=date(2026, 1, 1), last_day=date(2026, 12, 31)
    )

    harness = harnesses[0]
    page = harness.call(billing.documents.EXPORT_DOCUMENTS, request, harness.operator())

    sellers = {row.company_id: row.seller for row in page.rows}
    assert [sellers[each.company_id] for each in harnesses] == [
        DEMO_SELLER.name,
        POLISH.name,
    ]


def test_billing_does_not_start_without_one_that_companies_buy_from(
    billing_database_url: str,
) -> None:
    with closing(Database(billing_database_url)) as database:
        begin(a_harness(database, "PL", "EUR"), "10.00", "EUR")

    runtime = Runtime(ManualClock(START), random.Random(1))
    with pytest.raises(SettingError, match=r"^SELLERS lacks .*'pl'"):
        LocalServices({"billing": billing_database_url}, read_settings({}), runtime)


def test_earlier_numbers_continue_as_the_first_sellers(
    postgres_server: PostgresServer,
) -> None:
    migrations = Path(services.billing.__file__).parent / "migrations"
    with empty_database(postgres_server, "sellers") as url:
        engine = create_engine(normalise_url(url))
        with engine.begin() as connection:
            config = alembic_config(migrations)
            config.attributes["connection"] = connection
            command.upgrade(config, "0011")
            for code, last in (("PF-2026", 3), ("INV-2026", 5), ("CN-2026", 1)):
                begun = {"code": code, "last": last, "day": START.date()}
                connection.execute(text(COUNTED), begun)
        engine.dispose()
        migrate(url, migrations)
        with closing(Database(url)) as database:
            harness = a_harness(database, "DE", "EUR")
            pay(harness, "10.00", "EUR")
            credit(harness, issued(harness)[-1].number)

            numbers = [each.number for each in issued(harness)]

    assert numbers == ["PF-2026-000004", "INV-2026-000006", "CN-2026-000002"]
